"""What the trail reads; who may see which process; each page in a fixed number of statements."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, false, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.diagrams.sight import may_see, with_campaign
from app.locale import ZONE
from app.words import STAGES
from models.campaign import Approval, Campaign
from models.feedback import Balance
from models.history import HistoryEvent
from models.organisation import Office, Staff
from models.process import OpenNode, Process, ToDo

#: processes on one page of the search
PAGE = 30

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the search asks: a campaign's number or name, a person who acted, a day something happened."""

    words: str = ""
    person: str = ""
    day: date | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """One process of the search."""

    process: Process
    campaign: Campaign | None
    office: Office | None
    starter: Staff | None
    #: stages of the loop it stands in
    stages: tuple[str, ...]
    events: int
    last_at: datetime | None
    #: the day of a line of the reconciliation; None where the process is about something else
    day: date | None = None


@dataclass(frozen=True, kw_only=True)
class Story:
    """All that happened in one process."""

    process: Process
    campaign: Campaign | None
    events: tuple[HistoryEvent, ...]
    #: by login
    people: dict[str, Staff]
    approvals: tuple[Approval, ...]
    to_dos: tuple[ToDo, ...]


def parse_day(text: str) -> date | None:
    """An ISO date, or nothing."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def chain_of(process_id: int) -> str:
    """The chain the events of a process stand in."""
    return f"process:{process_id}"


def search(session: Session, staff: Staff, filters: Filters, page: int) -> tuple[list[Found], int]:
    """One page of the processes this person may see, newest first, and how many there are in all."""
    columns = (Process, Campaign, Office, Staff, _day_of_line())
    asked = _matching(with_campaign(select(*columns)), staff, filters)
    total = session.scalar(_matching(with_campaign(select(func.count(Process.id))), staff, filters)) or 0
    asked = asked.options(joinedload(Process.version)).order_by(Process.started_at.desc(), Process.id.desc())
    rows = session.execute(asked.limit(PAGE).offset((page - 1) * PAGE)).all()
    ids = [row[0].id for row in rows]
    stages, events = _stages(session, ids), _events(session, ids)
    return [_found(row, stages, events) for row in rows], total


def story(session: Session, staff: Staff, process_id: int) -> Story | None:
    """Everything that happened in a process, if this person may see it."""
    asked = with_campaign(select(Process, Campaign)).where(Process.id == process_id, may_see(staff))
    row = session.execute(asked.options(joinedload(Process.version))).first()
    if row is None:
        return None
    process, campaign = row
    events = tuple(
        session.scalars(
            select(HistoryEvent).where(HistoryEvent.chain == chain_of(process_id)).order_by(HistoryEvent.seq)
        )
    )
    to_dos = tuple(session.scalars(select(ToDo).where(ToDo.process_id == process_id).order_by(ToDo.id)))
    return Story(
        process=process,
        campaign=campaign,
        events=events,
        people=_people(session, events, to_dos),
        approvals=_approvals(session, campaign),
        to_dos=to_dos,
    )


def _matching(query: Select[*tuple[Any, ...]], staff: Staff, filters: Filters) -> Select[*tuple[Any, ...]]:
    query = query.where(may_see(staff))
    if filters.words:
        columns = (Campaign.number, Campaign.name)
        query = query.where(or_(*(column.icontains(filters.words, autoescape=True) for column in columns)))
    if filters.person or filters.day:
        query = query.where(_acted(filters))
    return query


def _acted(filters: Filters) -> ColumnElement[bool]:
    """Something was done in the process, by this person, on this day."""
    events = select(HistoryEvent.id).where(
        HistoryEvent.subject_type == Process.subject_type, HistoryEvent.subject_id == Process.subject_id
    )
    if filters.person:
        named = or_(
            Staff.login == filters.person,
            Staff.name.icontains(filters.person, autoescape=True),
            Staff.name_en.icontains(filters.person, autoescape=True),
        )
        logins = select(Staff.login).where(named).correlate(None)
        either = or_(HistoryEvent.actor.in_(logins), HistoryEvent.on_behalf_of.in_(logins))
        events = events.where(either)
    if filters.day:
        begin = datetime.combine(filters.day, time(), ZONE)
        events = events.where(HistoryEvent.at >= begin, HistoryEvent.at < begin + timedelta(days=1))
    return events.correlate(Process).exists()


def _day_of_line() -> ScalarSelect[date]:
    asked = select(Balance.day).where(Process.subject_type == "balance", Balance.id == Process.subject_id)
    return asked.correlate(Process).scalar_subquery()


def _stages(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    asked = select(OpenNode.process_id, OpenNode.element)
    asked = asked.where(OpenNode.process_id.in_(ids), OpenNode.depth == 0, OpenNode.element.in_(list(STAGES)))
    found: dict[int, tuple[str, ...]] = {}
    for process_id, element in session.execute(asked.order_by(OpenNode.id)):
        found[process_id] = (*found.get(process_id, ()), element)
    return found


def _events(session: Session, ids: Sequence[int]) -> dict[str, tuple[int, datetime]]:
    chains = [chain_of(key) for key in ids]
    asked = (
        select(HistoryEvent.chain, func.max(HistoryEvent.seq), func.max(HistoryEvent.at))
        .where(HistoryEvent.chain.in_(chains) if chains else false())
        .group_by(HistoryEvent.chain)
    )
    return {chain: (count, at) for chain, count, at in session.execute(asked)}


def _found(row: Any, stages: dict[int, tuple[str, ...]], events: dict[str, tuple[int, datetime]]) -> Found:
    process, campaign, office, starter, day = row
    count, last_at = events.get(chain_of(process.id), (0, None))
    return Found(
        process=process,
        campaign=campaign,
        office=office,
        starter=starter,
        stages=stages.get(process.id, ()),
        events=count,
        last_at=last_at,
        day=day,
    )


def _people(session: Session, events: Iterable[HistoryEvent], to_dos: Iterable[ToDo]) -> dict[str, Staff]:
    logins = {event.actor for event in events} | {event.on_behalf_of for event in events}
    for to_do in to_dos:
        logins |= {to_do.assignee, to_do.closed_by, *(one.login for one in to_do.candidates)}
    asked = select(Staff).where(Staff.login.in_(login for login in logins if login))
    asked = asked.options(joinedload(Staff.office), joinedload(Staff.department))
    return {person.login: person for person in session.scalars(asked)}


def _approvals(session: Session, campaign: Campaign | None) -> tuple[Approval, ...]:
    if campaign is None:
        return ()
    asked = select(Approval).where(Approval.campaign_id == campaign.id).order_by(Approval.id)
    return tuple(session.scalars(asked))
