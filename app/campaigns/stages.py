"""The seven stages as screens name them, and the word for where one campaign stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

STAGES = ("analyse", "plan", "approve", "confirm", "dispatch", "feedback", "evaluate")
#: filter value for campaigns whose process has ended
ENDED = "ended"

NAMES: dict[str, LazyString] = {
    "analyse": _("Analyse"),
    "plan": _("Plan"),
    "approve": _("Approve"),
    "confirm": _("Confirm"),
    "dispatch": _("Dispatch"),
    "feedback": _("Feedback"),
    "evaluate": _("Evaluate"),
}
#: what a campaign is called while it is in a stage
STATES: dict[str, LazyString] = {
    "analyse": _("drafting"),
    "plan": _("drafting"),
    "approve": _("in approval"),
    "confirm": _("being confirmed"),
    "dispatch": _("executing"),
    "feedback": _("executing"),
    "evaluate": _("to evaluate"),
}
OUTCOMES: dict[str, LazyString] = {
    "end_evaluated": _("evaluated"),
    "end_rejected": _("rejected"),
    "end_stopped": _("stopped"),
    "end_abandoned": _("abandoned"),
}
#: the last stage a campaign with this outcome had come to, for the ring
_REACHED = {
    "end_evaluated": None,
    "end_rejected": "approve",
    "end_stopped": "dispatch",
    "end_abandoned": "plan",
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a campaign stands: its open stage, or the outcome it ended with."""

    #: id of the open call activity; None once the process has ended
    stage: str | None
    outcome: str | None
    #: the word beside the ring
    name: LazyString
    #: the state of the campaign in the words of its staff
    state: LazyString
    #: ok | bad | warn | acc | "" for the little label
    tone: str

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
    def last_stage(self) -> str | None:
        """For the ring of an ended campaign: the stage it ended in; None where it went all the way."""
        return self.stage or _REACHED.get(self.outcome or "")


def standing(
    open_stages: Sequence[str], process_state: str, outcome: str | None, submissions: int
) -> Standing:
    """Read the standing from the open top elements; between two stages the last known one is the plan."""
    if process_state != "running":
        state = OUTCOMES.get(outcome or "", OUTCOMES["end_stopped"])
        tone = {"end_evaluated": "ok", "end_rejected": "bad", "end_stopped": "bad"}.get(outcome or "", "")
        return Standing(stage=None, outcome=outcome or "end_stopped", name=state, state=state, tone=tone)
    stage = next((name for name in reversed(STAGES) if name in open_stages), "plan")
    if stage == "plan" and submissions:
        return Standing(stage=stage, outcome=None, name=NAMES[stage], state=_("to be adjusted"), tone="warn")
    tone = "acc" if stage in ("dispatch", "feedback") else ""
    return Standing(stage=stage, outcome=None, name=NAMES[stage], state=STATES[stage], tone=tone)
