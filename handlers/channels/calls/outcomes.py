"""How a talk can end, why it did not work out, and what follows for the next try."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from handlers.channels.calls.problems import AppointmentUnfit, NoteMissing, ReasonMissing, ReasonUnfit

Outcome = Literal["success", "consider", "refuse", "not_reached"]

#: tries at most; an appointment the customer makes is one more
MOST_TRIES = 3
#: between a try nobody answered and the next
PAUSE = timedelta(hours=4)

NO_MORE_CALLS = "no_more_calls"
OTHER = "other"
_HESITATION = (
    "not_needed",
    "price",
    "cannot_use",
    "has_similar",
    "worried_about_charge",
    "no_time",
)
#: outcome → its reasons by code; an outcome with reasons needs one of them
REASONS: Mapping[Outcome, tuple[str, ...]] = {
    "success": (),
    "consider": (*_HESITATION, OTHER),
    "refuse": (*_HESITATION, NO_MORE_CALLS, OTHER),
    "not_reached": ("no_answer", "busy", "switched_off", "hung_up", "wrong_number", "out_of_service"),
}
#: another try would reach nobody
HOPELESS = frozenset({"wrong_number", "out_of_service"})

#: reasons the contact bears while and after the customer was asked to confirm an order
TO_CONFIRM, NOT_CONFIRMED = "to_confirm", "not_confirmed"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a call agent says of a try."""

    #: the sender's own; the same again is a repeat
    key: str
    outcome: Outcome
    reason: str = ""
    note: str = ""
    #: a time the customer chose
    call_back_at: datetime | None = None

    def check(self) -> None:
        """Refuse a result without the reason its outcome needs, or with what does not belong to it."""
        reasons = REASONS[self.outcome]
        if reasons and not self.reason:
            raise ReasonMissing()
        if self.reason and self.reason not in reasons:
            raise ReasonUnfit(reason=self.reason)
        if self.reason == OTHER and not self.note.strip():
            raise NoteMissing()
        if self.call_back_at is not None and self.outcome != "consider":
            raise AppointmentUnfit()
