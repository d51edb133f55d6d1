"""What stands beside a decision, in words: what changed, what was said, what the list can prove."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.inbox.case import Case
from app.inbox.changes import Change, changes
from app.locale import day, language, num, twin, yuan
from handlers.audience import Places, parse, sentence
from models.campaign import Approval
from models.organisation import Staff
from models.process import ToDo

#: below this chance to prove the lift an approver is warned, in basis points (notes: 80 % is usual)
ENOUGH_POWER = 8000

#: outcomes that say something even without a word
DECISIONS = frozenset({"pass", "adjust", "reject", "confirm"})

#: what a submission's fields are called on the page
FIELDS: Mapping[str, LazyString] = {
    "name": _l("Name"),
    "products": _l("Products"),
    "definition": _l("Audience"),
    "exclusion_set": _l("Exclusion rules"),
    "hold_out_percent": _l("Control group"),
    "content": _l("Message text"),
    "hours": _l("Sending hours"),
    "people": _l("People to contact"),
    "budget_yuan": _l("Budget"),
    "target_percent": _l("Target success rate"),
    "start_on": _l("First day"),
    "end_on": _l("Last day"),
}


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one person handed in at one step, with the submission it was about."""

    person: Staff | None
    #: pass | adjust | reject | confirm | submit
    outcome: str
    text: str
    at: datetime
    submission: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What changed between the last two submissions."""

    #: when I sent it back; None where somebody else did
    returned_by_me: datetime | None
    changes: tuple[Change, ...]


def difference(case: Case, login: str) -> Difference | None:
    """What changed since the submission before this one; None at the first."""
    if len(case.approvals) < 2:
        return None
    before, after = (_worded(case, approval) for approval in case.approvals[-2:])
    mine = [
        step.closed_at
        for step in case.steps
        if step.closed_by == login and step.outcome == "adjust" and step.closed_at
    ]
    return Difference(
        returned_by_me=mine[-1] if mine else None,
        changes=changes(before, after, lambda name, value: said(name, value, _products(case))),
    )


def opinions(case: Case) -> tuple[Opinion, ...]:
    """Everything people said about any submission, newest first; a silent submission says nothing."""
    found = [_opinion(case, step) for step in reversed(case.steps) if step.state == "done"]
    heard = [one for one in found if one and (one.text or one.outcome in DECISIONS)]
    return tuple(sorted(heard, key=lambda one: one.at, reverse=True))


def asked_for(case: Case) -> tuple[Opinion, ...]:
    """The opinions that sent the campaign back after it was last handed in, oldest first."""
    done = [step for step in case.steps if step.state == "done"]
    last = max((step.id for step in done if step.element == "draft_campaign"), default=0)
    back = [_opinion(case, step) for step in done if step.id > last and step.outcome == "adjust"]
    return tuple(one for one in back if one)


def dealt_with(case: Case) -> ToDo | None:
    """The to-do by which somebody else settled this one: itself, or the like one that made it needless."""
    to_do = case.to_do
    if to_do.state == "open":
        return None
    if to_do.state == "done":
        return to_do
    mine = case.submission_of(to_do)
    done = [s for s in case.steps if s.state == "done" and case.submission_of(s) == mine]
    like = [s for s in done if s.element == to_do.element]
    later = [s for s in done if s.id > to_do.id]
    return max(like or later, key=lambda s: (s.closed_at, s.id), default=None)


def is_small(case: Case) -> bool:
    """True where the control group is too small to prove the lift aimed at."""
    power = case.audience.power_basis_points if case.audience else None
    return power is not None and power < ENOUGH_POWER


def audience_sentence(definition: Mapping[str, Any] | None, places: Places) -> str:
    """The conditions of a list as one sentence."""
    return sentence(parse(definition), language(), places) if definition else ""


def said(name: str, value: Any, products: Mapping[str, str]) -> str:
    """The value of a submission's field as the page writes it."""
    match name:
        case "products":
            return ("、" if language() == "zh" else ", ").join(products.get(code, code) for code in value)
        case "budget_yuan":
            return str(gettext("%(sum)s yuan", sum=yuan(int(Decimal(value) * 100))))
        case "target_percent" | "hold_out_percent":
            return f"{num(value, places=None)} %"
        case "people":
            return num(value)
        case "start_on" | "end_on":
            return day(date.fromisoformat(value)) if value else ""
    return str(value)


def _worded(case: Case, approval: Approval) -> dict[str, Any]:
    """What was bound, with the conditions in words where the draft still tells them."""
    fields = dict(approval.bound["fields"])
    drafts = [
        step.answer["definition"]
        for step in case.steps
        if step.element == "draft_campaign"
        and step.outcome == "submit"
        and step.answer
        and case.submission_of(step) <= approval.submission
        and step.answer.get("definition")
    ]
    if drafts:
        fields["definition"] = audience_sentence(drafts[-1], case.places)
    return fields


def _opinion(case: Case, step: ToDo) -> Opinion | None:
    if step.closed_at is None:
        return None
    remark = (step.answer or {}).get("remark", "") if step.element == "draft_campaign" else ""
    return Opinion(
        person=case.people.get(step.closed_by or ""),
        outcome=step.outcome or "",
        text=step.opinion or remark,
        at=step.closed_at,
        submission=case.submission_of(step),
    )


def _products(case: Case) -> dict[str, str]:
    return {row.product_code: twin(row.product) for row in case.campaign.products} if case.campaign else {}
