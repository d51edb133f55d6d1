"""What the evaluation pages read: the latest evaluation of each campaign, and the names used with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, lazyload
from sqlalchemy.sql.elements import ColumnElement

from models.campaign import Campaign
from models.evaluation import Evaluation
from models.organisation import Office, Staff
from models.process import ToDo

PAGE = 30


@dataclass(frozen=True, kw_only=True)
class Line:
    """One evaluated campaign of the list."""

    campaign: Campaign
    office: Office
    evaluation: Evaluation


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of the list, and how many there are in all."""

    lines: tuple[Line, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """At least one."""
        return max(1, -(-self.total // PAGE))


def list_evaluations(session: Session, seen: ColumnElement[bool], q: str, verdict: str, page: int) -> Page:
    """The latest evaluation of every campaign in sight, newest first; two statements."""
    latest = select(func.max(Evaluation.id)).group_by(Evaluation.campaign_id)
    found = (
        select(Campaign, Office, Evaluation)
        .options(lazyload(Campaign.channels), lazyload(Campaign.products))
        .join(Office, Campaign.office_id == Office.id)
        .join(Evaluation, Evaluation.campaign_id == Campaign.id)
        .where(seen, Evaluation.id.in_(latest))
    )
    if q.strip():
        words = q.strip()
        found = found.where(
            or_(
                Campaign.name.icontains(words, autoescape=True),
                Campaign.number.icontains(words, autoescape=True),
            )
        )
    if verdict == "open":
        found = found.where(Evaluation.verdict == "")
    elif verdict:
        found = found.where(Evaluation.verdict == verdict)
    total = session.scalar(found.with_only_columns(func.count())) or 0
    rows = session.execute(
        found.order_by(Evaluation.computed_at.desc(), Evaluation.id.desc())
        .limit(PAGE)
        .offset((max(page, 1) - 1) * PAGE)
    )
    lines = tuple(Line(campaign=c, office=o, evaluation=e) for c, o, e in rows)
    return Page(lines=lines, total=total, number=max(page, 1))


def campaign_in_sight(session: Session, seen: ColumnElement[bool], number: str) -> Campaign | None:
    """The campaign with this number, if this person may see it."""
    return session.scalar(
        select(Campaign).join(Office, Campaign.office_id == Office.id).where(Campaign.number == number, seen)
    )


def latest_evaluation(session: Session, campaign_id: int) -> Evaluation | None:
    """The evaluation computed last."""
    return session.scalar(
        select(Evaluation)
        .where(Evaluation.campaign_id == campaign_id)
        .order_by(Evaluation.computed_at.desc(), Evaluation.id.desc())
        .limit(1)
    )


def open_summary(session: Session, staff: Staff, process_id: int | None) -> ToDo | None:
    """The to-do in which this person may write the conclusion, if it waits for them."""
    to_dos = session.scalars(
        select(ToDo).where(ToDo.process_id == process_id, ToDo.state == "open", ToDo.element == "summarise")
    )
    return next((to_do for to_do in to_dos if to_do.may_be_decided_by(staff.login)), None)


def name_of(session: Session, login: str | None) -> Staff | None:
    """The person behind a login."""
    return session.scalar(select(Staff).where(Staff.login == login)) if login else None


def offices_by_code(session: Session, codes: Sequence[str]) -> dict[str, Office]:
    """The counties named in the figures, and their prefectures."""
    wanted = set(codes) | {code[:2] for code in codes}
    return {office.code: office for office in session.scalars(select(Office).where(Office.code.in_(wanted)))}
