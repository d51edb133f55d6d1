"""What the list of campaigns reads: a page of rows in a fixed number of statements, however many rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, lazyload

from app.access import visible_offices
from app.campaigns.stages import ENDED, ITS_TIME, Standing, standing
from app.preview.drafts import ELEMENT
from app.progress import has_left
from app.words import STAGES
from models.audience import Audience
from models.campaign import Campaign
from models.execution import Contact, WorkOrder
from models.organisation import Office, Staff
from models.process import OpenNode, Process

PAGE = 30


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the address of the list asks for."""

    q: str = ""
    stage: str = ""
    office: str = ""
    mine: bool = False
    page: int = 1

    @property
    def are_set(self) -> bool:
        """Something narrows the list: an empty result is then no empty house."""
        return bool(self.q or self.stage or self.office or self.mine)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One campaign of the list."""

    number: str
    name: str
    campaign_type: str
    office: Office
    planner: Staff
    standing: Standing
    #: treated people of the frozen list; None before there is one
    reach: int | None
    #: people sent to, and those who ordered
    sent: int
    successes: int
    end_on: date | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of the list, and how many there are in all."""

    lines: tuple[Line, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """At least one, so that an empty list has a page to be empty on."""
        return max(1, -(-self.total // PAGE))


def list_campaigns(session: Session, staff: Staff, filters: Filters) -> Page:
    """Newest first; five statements whatever the number of rows."""
    found = _narrow(select(Campaign.id).join(Office, Campaign.office_id == Office.id), staff, filters)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    ids = list(
        session.scalars(
            found.order_by(Campaign.created_at.desc(), Campaign.id.desc())
            .limit(PAGE)
            .offset((max(filters.page, 1) - 1) * PAGE)
        )
    )
    return Page(lines=_lines(session, ids), total=total, number=max(filters.page, 1))


def offices_in_sight(session: Session, staff: Staff) -> Sequence[Office]:
    """The offices that have campaigns this person may see, in the order of their codes."""
    having = select(Campaign.office_id).distinct()
    return session.scalars(
        select(Office).where(visible_offices(staff), Office.id.in_(having)).order_by(Office.code)
    ).all()


def _narrow(found: Select[int], staff: Staff, filters: Filters) -> Select[int]:
    found = found.where(visible_offices(staff))
    if filters.q:
        words = filters.q.strip()
        found = found.where(
            or_(
                Campaign.name.icontains(words, autoescape=True),
                Campaign.number.icontains(words, autoescape=True),
            )
        )
    if filters.office:
        found = found.where(
            or_(Office.code == filters.office, Office.code.startswith(filters.office, autoescape=True))
            if filters.office != "00"
            else Office.code == "00"
        )
    if filters.mine:
        found = found.where(Campaign.planner_id == staff.id)
    if filters.stage in STAGES:
        standing_there = select(OpenNode.process_id).where(
            OpenNode.element == filters.stage, OpenNode.depth == 0
        )
        found = found.where(Campaign.process_id.in_(standing_there))
    if filters.stage == ENDED:
        ended = select(Process.id).where(Process.state != "running")
        found = found.where(Campaign.process_id.in_(ended))
    return found


def _lines(session: Session, ids: Sequence[int]) -> tuple[Line, ...]:
    rows = session.execute(
        select(Campaign, Office, Staff, Process.state, Process.outcome, Audience.frozen, Audience.control)
        .options(*_bare())
        .join(Office, Campaign.office_id == Office.id)
        .join(Staff, Campaign.planner_id == Staff.id)
        .outerjoin(Process, Campaign.process_id == Process.id)
        .outerjoin(Audience, Campaign.audience_id == Audience.id)
        .where(Campaign.id.in_(ids))
    ).all()
    open_stages = stages_of(session, [row.Campaign.process_id for row in rows if row.Campaign.process_id])
    answers = _answers(session, ids)
    by_id = {row.Campaign.id: _line(row, open_stages, answers) for row in rows}
    return tuple(by_id[i] for i in ids)


def _bare() -> tuple[Any, ...]:
    """A row of the list needs neither texts nor products nor roles."""
    return (lazyload(Campaign.channels), lazyload(Campaign.products), lazyload(Staff.roles))


def _line(row: Any, open_stages: dict[int, list[str]], answers: dict[int, tuple[int, int]]) -> Line:
    campaign: Campaign = row.Campaign
    sent, successes = answers.get(campaign.id, (0, 0))
    return Line(
        number=campaign.number,
        name=campaign.name,
        campaign_type=campaign.campaign_type,
        office=row.Office,
        planner=row.Staff,
        standing=standing(
            open_stages.get(campaign.process_id or 0, []),
            row.state or "running",
            row.outcome,
            campaign.submissions,
        ),
        reach=None if row.frozen is None else row.frozen - row.control,
        sent=sent,
        successes=successes,
        end_on=campaign.end_on,
        created_at=campaign.created_at,
    )


def stages_of(session: Session, process_ids: Sequence[int]) -> dict[int, list[str]]:
    """The open elements at the top of each process, its draft, and its time while nothing was sent."""
    found: dict[int, list[str]] = defaultdict(list)
    begun = (
        select(WorkOrder.id)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .where(Campaign.process_id == OpenNode.process_id, WorkOrder.state != "to_dispatch")
        .correlate(OpenNode)
    )
    is_ahead = and_(OpenNode.element == ITS_TIME, ~begun.exists())
    rows = session.execute(
        select(OpenNode.process_id, OpenNode.element).where(
            OpenNode.process_id.in_(process_ids),
            or_(OpenNode.depth == 0, OpenNode.element == ELEMENT, is_ahead),
        )
    )
    for process_id, element in rows:
        found[process_id].append(element)
    return found


def _answers(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """People sent to and people who ordered, per campaign; a person met twice counts once."""
    rows = session.execute(
        select(
            Contact.campaign_id,
            func.count(Contact.sid.distinct()),
            func.count(Contact.sid.distinct()).filter(Contact.outcome == "success"),
        )
        .where(Contact.campaign_id.in_(ids), has_left())
        .group_by(Contact.campaign_id)
    )
    return {campaign_id: (sent, successes) for campaign_id, sent, successes in rows}
