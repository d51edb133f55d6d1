"""Numbers people read, such as HD-00-2026-002: counted up per prefix, office and year."""

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.campaign import Serial


def next_number(session: Session, prefix: str, office_code: str, year: int, digits: int = 3) -> str:
    """Give the next number; it counts when the caller commits, so none is lost or given twice."""
    last = _count_on(session, prefix, office_code, year)
    if last is None:
        _begin(session, prefix, office_code, year)
        last = _count_on(session, prefix, office_code, year)
    return f"{prefix}-{office_code}-{year}-{last:0{digits}d}"


def _count_on(session: Session, prefix: str, office_code: str, year: int) -> int | None:
    mine = (Serial.prefix == prefix, Serial.office_code == office_code, Serial.year == year)
    counted = update(Serial).where(*mine).values(last=Serial.last + 1).returning(Serial.last)
    return session.scalar(counted, execution_options={"synchronize_session": False})


def _begin(session: Session, prefix: str, office_code: str, year: int) -> None:
    """Two transactions may both find no row: the second one finds the first one's instead of failing."""
    try:
        with session.begin_nested():
            session.add(Serial(prefix=prefix, office_code=office_code, year=year, last=0))
    except IntegrityError:
        session.expire_all()
