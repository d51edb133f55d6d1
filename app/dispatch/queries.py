"""What the pages of dispatch read; each in a fixed number of statements, however many rows they show."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, lazyload

from app.access import visible_offices
from models.campaign import Campaign
from models.execution import Contact, WorkOrder
from models.feedback import FEEDS, Balance, Feedback
from models.organisation import Office, Staff, StaffRole
from models.process import Candidate, ToDo
from models.sending import Blackout, Link, SendAnswer, SendBatch

#: work orders on one page of the list, people on one page of a send list
PAGE, PEOPLE = 30, 50
#: to-dos shown beside the list
MOST = 3
#: days shown of what was, and of the load to come
RECENT, AHEAD = timedelta(days=14), timedelta(days=13)
#: states in which there is still something to do
UNDER_WAY = ("to_dispatch", "dispatched", "paused")
#: to-dos by which a channel is confirmed or a line of the reconciliation is decided
ELEMENTS = ("confirm_channel", "settle_unknown", "explain_difference")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the address of the list asks for."""

    #: coming | recent
    when: str = "coming"
    channel: str = ""
    mine: bool = False
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of work orders, and how many there are in all."""

    orders: tuple[WorkOrder, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """At least one, so that an empty list has a page to be empty on."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The batches of a work order, as far as they are not settled."""

    #: {state: batches}
    by_state: Mapping[str, int]
    #: when the next one may be sent; None where none waits
    next_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """One line of a send list."""

    contact: Contact
    #: what the SMS centre said last, and to how many parts
    answer: SendAnswer | None = None
    parts: int = 0
    #: what was heard last of the message or call
    heard: Feedback | None = None


def work_orders(session: Session, staff: Staff, filters: Filters, today: date) -> Found:
    """Those of today and later that are not over, soonest first; or those of late, latest first."""
    asked = _in_sight(staff).where(*_wanted(staff, filters, today))
    total = session.scalar(asked.with_only_columns(func.count(WorkOrder.id)).order_by(None)) or 0
    order = (
        (WorkOrder.planned_on, WorkOrder.channel, WorkOrder.id)
        if filters.when == "coming"
        else (WorkOrder.planned_on.desc(), WorkOrder.channel, WorkOrder.id.desc())
    )
    page = max(filters.page, 1)
    rows = session.scalars(asked.order_by(*order).limit(PAGE).offset((page - 1) * PAGE)).unique()
    return Found(orders=tuple(rows), total=total, page=page)


def work_order(session: Session, staff: Staff, number: str) -> WorkOrder | None:
    """The work order with this number, if this person may see its campaign."""
    return session.scalars(_in_sight(staff).where(WorkOrder.number == number)).first()


def standings(session: Session, ids: Sequence[int]) -> dict[int, Standing]:
    """How the batches of each work order stand."""
    waits = func.min(case((SendBatch.state == "ready", SendBatch.due_at)))
    asked = (
        select(SendBatch.work_order_id, SendBatch.state, func.count(), waits)
        .where(SendBatch.work_order_id.in_(ids), SendBatch.state != "settled")
        .group_by(SendBatch.work_order_id, SendBatch.state)
    )
    states: dict[int, dict[str, int]] = defaultdict(dict)
    moments: dict[int, datetime] = {}
    for order_id, state, batches, next_at in session.execute(asked):
        states[order_id][state] = batches
        if next_at is not None:
            moments[order_id] = next_at
    return {key: Standing(by_state=found, next_at=moments.get(key)) for key, found in states.items()}


def batches_of(session: Session, order: WorkOrder) -> Sequence[SendBatch]:
    """Every batch of a work order in its order."""
    asked = select(SendBatch).where(SendBatch.work_order_id == order.id)
    return session.scalars(asked.order_by(SendBatch.number)).all()


def link(session: Session) -> Link | None:
    """How the way to the SMS centre stands."""
    return session.get(Link, "sms")


def blackouts_on(session: Session, now: datetime) -> Sequence[Blackout]:
    """Times without sending that are on now."""
    asked = select(Blackout).where(Blackout.starts_at <= now, Blackout.ends_at > now)
    return session.scalars(asked.order_by(Blackout.ends_at)).all()


def keepers(session: Session) -> dict[str, list[Staff]]:
    """{channel: who answers for it}."""
    asked = (
        select(Staff, StaffRole.scope)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role == "channel_keeper", Staff.is_active)
        .options(lazyload(Staff.roles))
        .order_by(Staff.id)
    )
    found: dict[str, list[Staff]] = defaultdict(list)
    for person, scope in session.execute(asked):
        for channel in scope.split(","):
            found[channel].append(person)
    return found


def people_by_login(session: Session, logins: Collection[str]) -> dict[str, Staff]:
    """The people behind these logins; nobody behind the machine's."""
    asked = select(Staff).where(Staff.login.in_(logins)).options(lazyload(Staff.roles))
    return {person.login: person for person in session.scalars(asked)}


def load_ahead(session: Session, staff: Staff, today: date) -> list[tuple[date, str, int]]:
    """(day, channel, people) of the work orders of the next two weeks that are not over."""
    asked = (
        select(WorkOrder.planned_on, WorkOrder.channel, func.sum(WorkOrder.people))
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Office, Office.id == Campaign.office_id)
        .where(visible_offices(staff), WorkOrder.state.in_(UNDER_WAY))
        .where(WorkOrder.planned_on >= today, WorkOrder.planned_on <= today + AHEAD)
        .group_by(WorkOrder.planned_on, WorkOrder.channel)
        .order_by(WorkOrder.planned_on, WorkOrder.channel)
    )
    return [(day, channel, int(people or 0)) for day, channel, people in session.execute(asked)]


def to_dos_of(session: Session, staff: Staff) -> Sequence[tuple[ToDo, str]]:
    """What waits for this person as a keeper of channels, soonest due first, and the feed it is about."""
    offered = and_(
        ToDo.assignee.is_(None),
        exists().where(Candidate.to_do_id == ToDo.id, Candidate.login == staff.login),
    )
    line = and_(ToDo.subject_type == "balance", Balance.id == ToDo.subject_id, Balance.kind == "feed")
    asked = (
        select(ToDo, Balance.subject_id)
        .outerjoin(Balance, line)
        .where(ToDo.state == "open", ToDo.element.in_(ELEMENTS), or_(ToDo.assignee == staff.login, offered))
        .order_by(ToDo.due_at.is_(None), ToDo.due_at, ToDo.id)
        .limit(MOST)
    )
    return [(to_do, FEEDS[feed - 1] if feed else "") for to_do, feed in session.execute(asked)]


# -- the send list


def states_of(session: Session, order: WorkOrder) -> dict[str, int]:
    """{state: people} of the send list."""
    asked = select(Contact.state, func.count()).where(Contact.work_order_id == order.id)
    return {state: people for state, people in session.execute(asked.group_by(Contact.state))}


def recipients(session: Session, order: WorkOrder, state: str, page: int) -> list[Recipient]:
    """One page of the send list, in the order it was made."""
    asked = select(Contact).where(Contact.work_order_id == order.id)
    if state:
        asked = asked.where(Contact.state == state)
    asked = asked.order_by(Contact.id).limit(PEOPLE).offset((max(page, 1) - 1) * PEOPLE)
    return _with_answers(session, session.scalars(asked).all())


def recipient(session: Session, order: WorkOrder, contact_id: int) -> list[Recipient]:
    """One customer of the send list, or nobody."""
    asked = select(Contact).where(Contact.work_order_id == order.id, Contact.id == contact_id)
    return _with_answers(session, session.scalars(asked).all())


def contact_of(session: Session, order: WorkOrder, sid: int) -> int | None:
    """The place of a customer in a send list."""
    asked = select(Contact.id).where(Contact.work_order_id == order.id, Contact.sid == sid)
    return session.scalars(asked).first()


def _with_answers(session: Session, contacts: Sequence[Contact]) -> list[Recipient]:
    ids, messages = [c.id for c in contacts], [c.message_id for c in contacts]
    said = select(SendAnswer).where(SendAnswer.contact_id.in_(ids)).order_by(SendAnswer.id)
    answers: dict[int, list[SendAnswer]] = defaultdict(list)
    for answer in session.scalars(said):
        answers[answer.contact_id].append(answer)
    told = (
        select(Feedback).where(Feedback.message_id.in_(messages)).order_by(Feedback.occurred_at, Feedback.id)
    )
    heard = {row.message_id: row for row in session.scalars(told)}
    return [
        Recipient(
            contact=contact,
            answer=answers[contact.id][-1] if contact.id in answers else None,
            parts=len({answer.part for answer in answers[contact.id]}) if contact.id in answers else 0,
            heard=heard.get(contact.message_id),
        )
        for contact in contacts
    ]


def _in_sight(staff: Staff) -> Select[Any]:
    return (
        select(WorkOrder)
        .join(WorkOrder.campaign)
        .join(Campaign.office)
        .where(visible_offices(staff))
        .options(
            contains_eager(WorkOrder.campaign).options(
                contains_eager(Campaign.office),
                lazyload(Campaign.channels),
                lazyload(Campaign.products),
            )
        )
    )


def _wanted(staff: Staff, filters: Filters, today: date) -> list[ColumnElement[bool]]:
    """What was planned for earlier and still goes on is of today too."""
    goes_on = and_(WorkOrder.planned_on < today, WorkOrder.state.in_(UNDER_WAY))
    wanted = [or_(WorkOrder.planned_on >= today, goes_on)]
    if filters.when == "recent":
        wanted = [WorkOrder.planned_on <= today, WorkOrder.planned_on >= today - RECENT]
    if filters.channel:
        wanted.append(WorkOrder.channel == filters.channel)
    if filters.mine:
        wanted.append(_is_mine(staff))
    return wanted


def _is_mine(staff: Staff) -> ColumnElement[bool]:
    """Of a channel this person keeps, or of the office this person plans for."""
    scopes = [role.scope for role in staff.roles if role.role == "channel_keeper"]
    kept = [channel for scope in scopes for channel in scope.split(",")]
    planned = Campaign.office_id == staff.office_id if staff.has_role("planner") else None
    mine = [WorkOrder.channel.in_(kept), *([planned] if planned is not None else [])]
    return or_(*mine)
