"""What a condition may be about: tags, model scores and the fourteen groups, named for a planner."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Something a condition may be about."""

    #: "tag:<name>", "score:<topic>" or "group"
    key: str
    label: str
    #: number | text | choice | yesno | score | group
    kind: str
    #: heading it stands under in the list
    heading: str = ""
    unit: str = ""
    #: (code, label) of the values to choose from
    values: tuple[tuple[str, str], ...] = ()
    #: stored value = typed value times this; money is typed in yuan and stored in fen
    scale: int = 1


#: operators by kind of subject, as the tree writes them
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "number": (">=", "<=", "=", ">", "<", "!=", "between", "blank", "given"),
    "text": ("=", "!=", "blank", "given"),
    "choice": ("in", "not_in", "blank", "given"),
    "yesno": ("yes", "no"),
    "score": ("top", ">=", "<="),
    "group": ("in",),
}
