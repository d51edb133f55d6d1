"""What every stage finds at its place: the warehouse, the folders and the decision tables in force."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from handlers.warehouse import Warehouse

#: where the working day is reckoned
LOCAL = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Handed to operations by create_app; nothing in it changes while the product runs."""

    warehouse: Warehouse
    #: the product's own folder: audiences/, out/, in/, keys/
    folder: Path
    #: decide(decision id, inputs) by the version in force
    decide: Callable[[str, Mapping[str, Any]], Any]
    #: digest of the version in force, for evidence
    decision_digest: Callable[[str], str]
    #: what customers see as the sender
    sender: str = "10086"
    signature: str = field(default="【东屿移动】")
    #: channels whose lists leave as encrypted files, for a gateway or call centre of somebody else
    by_file: frozenset[str] = frozenset()
    #: feeds of which a file must come every day
    daily_files: frozenset[str] = frozenset()

    @property
    def audiences(self) -> Path:
        """Frozen lists, one folder a campaign."""
        return self.folder / "audiences"

    @property
    def out(self) -> Path:
        """Lists on their way to the channels."""
        return self.folder / "out"

    @property
    def keys(self) -> Path:
        """Keys of this installation."""
        return self.folder / "keys"


def local_day(moment: datetime) -> date:
    """The calendar day a moment falls on where the company works."""
    return moment.astimezone(LOCAL).date()


def at_local(day: date, hour: int, minute: int = 0) -> datetime:
    """The moment of an hour on a calendar day where the company works."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL)
