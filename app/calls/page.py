"""What the outbound desk shows: the call in hand, or the day between two calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from app.calls.customer import Customer, look_up
from app.locale import ZONE, now
from handlers.channels import calls
from handlers.channels.calls import CallCentre, Card, Held, Outcome, Piece, Progress, Promise, Slot, Waiting
from models.base import db
from models.call import CallAttempt
from models.organisation import Staff

#: the answer a script gives to each outcome, by the label it usually has
ANSWERS = {"考虑": "consider", "拒绝": "refuse", "成功": "success"}
#: the gap in a script that the picked time goes into
TIME_GAP = "时间"
WEEKDAYS = "一二三四五六日"
NOON, EVENING = 12, 18


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer of the script, its gaps filled; with the outcome it belongs to, if any."""

    label: str
    pieces: tuple[Piece, ...]
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A call in hand with all that stands around it."""

    card: Card
    customer: Customer
    opening: tuple[Piece, ...]
    answers: tuple[Said, ...]
    tries: tuple[CallAttempt, ...]
    #: each of the days with its times
    days: tuple[tuple[date, tuple[Slot, ...]], ...]
    reasons: Mapping[Outcome, tuple[str, ...]]
    progress: Progress
    waiting: tuple[Waiting, ...]
    promises: tuple[Promise, ...]


@dataclass(frozen=True, kw_only=True)
class Between:
    """The day so far, and when something is due next."""

    progress: Progress
    next_at: datetime | None
    is_due: bool
    waiting: tuple[Waiting, ...]
    promises: tuple[Promise, ...]


def at_desk(centre: CallCentre, staff: Staff, held: Held, moment: datetime) -> Desk:
    """Everything for one call."""
    login, name = staff.login, staff.name
    session = db.session()
    card = calls.card_of(session, centre, held)
    values = calls.gaps(login, name, card.ends_on)
    slots = calls.free_slots(session, moment, card.hours, card.ends_on)
    return Desk(
        card=card,
        customer=look_up(session, centre, held, moment),
        opening=calls.fill(card.script.opening, values),
        answers=tuple(
            Said(
                label=branch.label,
                pieces=calls.fill(branch.words, values),
                outcome=ANSWERS.get(branch.label, ""),
            )
            for branch in card.script.branches
        ),
        tries=tuple(calls.tries_of(session, held.call_id)),
        days=tuple((day, tuple(times)) for day, times in groupby(slots, _day)),
        reasons=calls.REASONS,
        progress=calls.progress(session, centre, login, moment),
        waiting=tuple(calls.questions_by(session, centre, login, moment)),
        promises=tuple(calls.promises_of(session, centre, login)),
    )


def between(centre: CallCentre, staff: Staff, moment: datetime) -> Between:
    """Everything while no call is in hand."""
    login, session = staff.login, db.session()
    next_at = calls.next_due(session, centre, login, moment)
    return Between(
        progress=calls.progress(session, centre, login, moment),
        next_at=next_at,
        is_due=next_at is not None and next_at <= moment,
        waiting=tuple(calls.questions_by(session, centre, login, moment)),
        promises=tuple(calls.promises_of(session, centre, login)),
    )


def said_at(at: datetime | None) -> str:
    """A time as one says it to a customer, in the language of the scripts: 周四上午10点."""
    if at is None:
        return TIME_GAP
    local = at.astimezone(ZONE)
    is_today = local.date() == now().astimezone(ZONE).date()
    day = "今天" if is_today else f"周{WEEKDAYS[local.weekday()]}"
    part = "上午" if local.hour < NOON else "下午" if local.hour < EVENING else "晚上"
    hour = local.hour if local.hour <= NOON else local.hour - NOON
    minute = {0: "", 30: "半"}.get(local.minute, f"{local.minute}分")
    return f"{day}{part}{hour}点{minute}"


def _day(slot: Slot) -> date:
    return slot.at.astimezone(ZONE).date()
