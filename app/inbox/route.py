"""Who has seen a submission, who has it and who comes next: the way of one submission in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.inbox.case import Case
from models.campaign import Approval
from models.organisation import Staff
from models.process import ToDo

State = Literal["done", "back", "now", "future"]

#: outcomes that send a campaign back or end it
BACK = frozenset({"adjust", "reject"})


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One station of the way: the submission, a review, or a channel's confirmation."""

    #: submit | review | confirm
    kind: str
    #: the step of the route, or the channel
    word: str
    people: tuple[Staff, ...]
    state: State
    outcome: str = ""
    at: datetime | None = None
    #: any | all | ratio
    mode: str = "any"


def way(case: Case) -> tuple[Stop, ...]:
    """The stops of the submission now in question, with the reviews its route asks for."""
    approval, campaign = case.approval, case.campaign
    if approval is None or campaign is None:
        return ()
    stops = [_submitted(case, approval)]
    stops += [_review(case, approval, step) for step in approval.route]
    stops += [_confirmation(case, approval, row.channel) for row in campaign.channels]
    return tuple(stops)


def following(stops: Sequence[Stop]) -> Stop | None:
    """The stop a pass leads to; None while others still have to vote, or where nothing follows."""
    at = next((i for i, stop in enumerate(stops) if stop.state == "now"), None)
    if at is None or at + 1 >= len(stops) or stops[at].mode != "any":
        return None
    return stops[at + 1]


def _submitted(case: Case, approval: Approval) -> Stop:
    handed_in = [s for s in _of(case, "draft_campaign", approval) if s.outcome == "submit"]
    login = handed_in[-1].closed_by if handed_in else None
    return Stop(
        kind="submit",
        word="submit",
        people=_known(case, [login] if login else []),
        state="done",
        at=approval.created_at,
    )


def _review(case: Case, approval: Approval, step: dict[str, Any]) -> Stop:
    votes = _of(case, f"{step['step']}_review", approval)
    return _stop(case, votes, "review", step["step"], step.get("people", ()), step.get("mode", "any"))


def _confirmation(case: Case, approval: Approval, channel: str) -> Stop:
    asked = [s for s in _of(case, "confirm_channel", approval) if s.variables.get("channel") == channel]
    keepers = [person.login for person in case.keepers.get(channel, [])]
    return _stop(case, asked, "confirm", channel, keepers, "any")


def _stop(
    case: Case, asked: Sequence[ToDo], kind: str, word: str, expected: Sequence[str], mode: str
) -> Stop:
    done = [step for step in asked if step.state == "done"]
    waiting = [step for step in asked if step.state == "open"]
    if waiting:
        logins = [login for step in waiting for login in _holders(step)]
        return Stop(kind=kind, word=word, people=_known(case, logins), state="now", mode=mode)
    if not done:
        return Stop(kind=kind, word=word, people=_known(case, expected), state="future", mode=mode)
    sent_back = [step for step in done if step.outcome in BACK]
    telling = sent_back or done
    return Stop(
        kind=kind,
        word=word,
        people=_known(case, [step.closed_by or "" for step in telling]),
        state="back" if sent_back else "done",
        outcome=telling[-1].outcome or "",
        at=telling[-1].closed_at,
        mode=mode,
    )


def _holders(step: ToDo) -> list[str]:
    return [step.assignee] if step.assignee else [candidate.login for candidate in step.candidates]


def _of(case: Case, element: str, approval: Approval) -> list[ToDo]:
    """The to-dos of an element that belong to this submission."""
    mine = (step for step in case.steps if step.element == element)
    return [step for step in mine if case.submission_of(step) == approval.submission]


def _known(case: Case, logins: Sequence[str]) -> tuple[Staff, ...]:
    return tuple(case.people[login] for login in dict.fromkeys(logins) if login in case.people)
