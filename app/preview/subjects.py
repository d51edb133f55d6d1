"""What a condition may be about: tags, model scores and the fourteen groups, named for a planner."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.locale import language, twin
from handlers.audience import GROUPS, SCORES, TAGS, Tag
from models.organisation import Office

#: level of the offices a place tag chooses from
_PLACES = {"pref": "prefecture", "county": "county"}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Something a condition may be about."""

    #: "tag:<name>", "score:<topic>" or "group"
    key: str
    label: str
    #: number | choice | yesno | score | group
    kind: str
    #: heading it stands under in the list
    heading: str = ""
    #: what it means and where it comes from
    about: str = ""
    unit: str = ""
    #: (code, label) of the values to choose from; for yesno ("yes", ..) and ("no", ..)
    values: tuple[tuple[str, str], ...] = ()
    #: stored value = typed value times this; money is typed in yuan and stored in fen
    scale: int = 1


#: operators by kind of subject, as the tree writes them
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "number": (">=", "<=", "=", ">", "<", "!=", "between", "blank", "given"),
    "choice": ("in", "not_in", "blank", "given"),
    "yesno": ("yes", "no"),
    "score": ("top", ">=", "<="),
    "group": ("in",),
}


def subjects_by_key(session: Session) -> dict[str, Subject]:
    """All subjects in the order of the list, in the page's language; one statement for the places."""
    offices = session.scalars(select(Office).where(Office.level != "province").order_by(Office.code)).all()
    return {subject.key: subject for subject in (*_tags(offices), *_scores(), _group())}


def _tags(offices: Iterable[Office]) -> Iterator[Subject]:
    here = language()
    offices = list(offices)
    for tag in TAGS.values():
        yield Subject(
            key=f"tag:{tag.name}",
            label=tag.words.of(here),
            kind="choice" if tag.type == "place" else tag.type,
            heading=tag.source.of(here),
            about=tag.description.of(here),
            unit=tag.unit.of(here),
            values=_values(tag, here, offices),
            scale=tag.scale,
        )


def _values(tag: Tag, here: str, offices: Iterable[Office]) -> tuple[tuple[str, str], ...]:
    if tag.type == "yesno":
        return (("yes", tag.yes.of(here)), ("no", tag.no.of(here)))
    if tag.type == "place":
        return tuple((o.code, twin(o)) for o in offices if o.level == _PLACES.get(tag.name))
    return tuple((code, words.of(here)) for code, words in tag.values.items())


def _scores() -> Iterator[Subject]:
    for topic, words in SCORES.items():
        yield Subject(
            key=f"score:{topic}", label=words.of(language()), kind="score", heading=_("Model scores")
        )


def _group() -> Subject:
    values = tuple((name, words.of(language())) for name, words in GROUPS.items())
    return Subject(
        key="group", label=_("One of the 14 groups"), kind="group", heading=_("Groups"), values=values
    )
