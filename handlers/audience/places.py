"""Names of prefectures and counties, from the offices, for sentences and portraits."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from handlers.audience.words import Places, Words
from models.organisation import Office


def places_of(session: Session | scoped_session[Any]) -> Places:
    """Every office's name by its code, in both languages."""
    rows = session.execute(select(Office.code, Office.name, Office.name_en))
    return {code: Words(name, name_en) for code, name, name_en in rows}
