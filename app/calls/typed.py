"""What a call agent has chosen and typed, kept while something is still missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self, cast

from handlers.channels.calls import REASONS, Outcome, OutcomeMissing, Result


@dataclass(frozen=True, kw_only=True)
class Typed:
    """The desk's form as it was sent; empty before."""

    fence: int = 0
    key: str = ""
    outcome: str = ""
    reason: str = ""
    note: str = ""
    call_back_at: str = ""

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Self:
        """From the fields of the form."""
        fence = form.get("fence", "")
        return cls(
            fence=int(fence) if fence.isdecimal() else 0,
            key=form.get("key", "")[:60],
            outcome=form.get("outcome", ""),
            reason=form.get("reason", "")[:40],
            note=form.get("note", "")[:500],
            call_back_at=form.get("call_back_at", ""),
        )

    def result(self) -> Result:
        """As it is recorded; OutcomeMissing where none was chosen."""
        if self.outcome not in REASONS:
            raise OutcomeMissing()
        return Result(
            key=self.key,
            outcome=cast(Outcome, self.outcome),
            reason=self.reason,
            note=self.note,
            call_back_at=moment_of(self.call_back_at),
        )


def moment_of(words: str) -> datetime | None:
    """An aware moment as forms carry it; None where there is none."""
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
