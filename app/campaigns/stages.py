"""Where a campaign stands: read from what is open in its process, never from a column of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.preview.drafts import ELEMENT
from app.words import STAGES, tone, word

#: filter value for campaigns whose process has ended
ENDED = "ended"
#: the timer a work order waits at
ITS_TIME = "planned_time"

_STATES = {
    "analyse": "drafting",
    "plan": "drafting",
    "approve": "in_approval",
    "confirm": "confirming",
    "dispatch": "executing",
    "feedback": "executing",
    "evaluate": "to_evaluate",
}
_OUTCOMES = {
    "end_evaluated": "evaluated",
    "end_rejected": "rejected",
    "end_stopped": "stopped",
    "end_abandoned": "abandoned",
}
#: the last stage a campaign with this outcome had come to; one evaluated went all the way
_ENDED_IN = {"end_rejected": "approve", "end_stopped": "dispatch", "end_abandoned": "plan"}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a campaign stands: its open stage, or the outcome it ended with."""

    #: id of the open call activity; None once the process has ended
    stage: str | None
    #: the end event reached; None while it runs
    outcome: str | None
    #: code of the state, as `word(code, "state")` tells it
    state: str

    @property
    def is_open(self) -> bool:
        """The campaign is still on its way round."""
        return self.stage is not None

    @property
    def may_be_recalled(self) -> bool:
        """The submitting office may take it back while others decide."""
        return self.stage in ("approve", "confirm")

    @property
    def may_be_stopped(self) -> bool:
        """Only what is being carried out can be stopped."""
        return self.stage in ("dispatch", "feedback")

    @property
    def ring(self) -> str | None:
        """The arc of the ring that is now; None where all seven are done."""
        return self.stage or _ENDED_IN.get(self.outcome or "")

    @property
    def name(self) -> str:
        """The word beside the ring: the stage, or what it ended as."""
        return word(self.stage, "stage") if self.stage else word(self.state, "state")

    @property
    def tone(self) -> str:
        """The colour of the label."""
        return tone(self.state)


def standing(
    open_stages: Sequence[str], process_state: str, outcome: str | None, submissions: int
) -> Standing:
    """Read the standing from the open top elements; before the first one opens it is being planned.

    It is to be adjusted once its draft is open again, not while what was handed in is being worked on;
    it is to dispatch while the first of its work orders waits for its time.
    """
    if process_state != "running":
        ended = outcome if outcome in _OUTCOMES else "end_stopped"
        return Standing(stage=None, outcome=ended, state=_OUTCOMES[ended])
    stage = next((name for name in reversed(list(STAGES)) if name in open_stages), "plan")
    is_back = stage == "plan" and submissions > 0 and ELEMENT in open_stages
    is_waiting = stage == "dispatch" and ITS_TIME in open_stages
    state = "to_adjust" if is_back else "to_dispatch" if is_waiting else _STATES[stage]
    return Standing(stage=stage, outcome=None, state=state)
