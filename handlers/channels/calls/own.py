"""What a call agent still has to do with: questions waiting for a yes, call-backs promised, earlier tries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select

from handlers.channels.calls.asking import Question
from handlers.channels.calls.centre import CallCentre
from handlers.contacts import AnySession
from models.call import Call, CallAttempt, OrderRequest

#: questions older than this are no longer shown
SHOWN_FOR = timedelta(hours=48)
#: rows of each kind
MOST = 8


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A question this call agent put to a customer."""

    question: Question
    #: masked
    number: str


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A call-back this call agent promised."""

    at: datetime
    number: str


def questions_by(session: AnySession, centre: CallCentre, login: str, now: datetime) -> list[Waiting]:
    """The latest questions of a call agent, newest first, and what became of them."""
    asked = (
        select(OrderRequest)
        .where(OrderRequest.asked_by == login, OrderRequest.asked_at > now - SHOWN_FOR)
        .order_by(OrderRequest.asked_at.desc(), OrderRequest.id.desc())
        .limit(MOST)
    )
    found = session.scalars(asked).all()
    numbers = _masked(centre, [row.sid for row in found])
    return [
        Waiting(question=Question.of(row), number=number) for row, number in zip(found, numbers, strict=True)
    ]


def promises_of(session: AnySession, centre: CallCentre, login: str) -> list[Promise]:
    """The next call-backs a call agent promised."""
    asked = (
        select(Call.due_at, Call.sid)
        .where(Call.taken_by == login, Call.state == "waiting", Call.is_appointed.is_(True))
        .order_by(Call.due_at)
        .limit(MOST)
    )
    found = session.execute(asked).all()
    numbers = _masked(centre, [row.sid for row in found])
    return [Promise(at=row.due_at, number=number) for row, number in zip(found, numbers, strict=True)]


def tries_of(session: AnySession, call_id: int) -> list[CallAttempt]:
    """What came of the tries so far, newest first."""
    asked = select(CallAttempt).where(CallAttempt.call_id == call_id).order_by(CallAttempt.number.desc())
    return list(session.scalars(asked))


def _masked(centre: CallCentre, sids: Sequence[int]) -> list[str]:
    if not sids:
        return []
    numbers = centre.warehouse.numbers(np.array(sids, dtype=np.int64))
    return [centre.warehouse.mask(number) for number in numbers]
