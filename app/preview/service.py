"""Joins the counting to the running product: its warehouse, rules, clock and pool."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
from flask import current_app

from app.locale import language, now
from app.preview.count import Counted, Question, Shelf, count
from app.preview.pool import Pool
from models.base import db, read_only
from models.campaign import Campaign

_POOL = "preview_pool"


def pool() -> Pool:
    """The one pool of this process."""
    found: Pool = current_app.extensions.setdefault(_POOL, Pool())
    return found


def shelf() -> Shelf:
    """Where this product keeps its customers and rules."""
    extensions = current_app.extensions
    return Shelf(
        warehouse=extensions["warehouse"],
        scores=extensions["scores"],
        decide=extensions["decisions"],
        session=db.session(),
    )


def ask(question: Question, person: str) -> Counted:
    """The answer, from the pool; raises StillCounting while it takes longer than a page should wait.

    The caller's transaction ends first: nobody else may wait for the database while this page waits.
    """
    app, moment = current_app._get_current_object(), now()  # type: ignore[attr-defined]
    db.session.rollback()

    def work() -> Counted:
        with app.app_context(), read_only():
            return count(question, shelf(), moment)

    generation = current_app.extensions["warehouse"].current().id
    return pool().ask(person, (question, generation, moment.replace(minute=0, second=0, microsecond=0)), work)


def question_of(
    campaign: Campaign, draft: Mapping[str, Any], seed: int = 0, alone: tuple[str, ...] = ()
) -> Question:
    """The question a draft puts; a number that cannot be read counts as none."""
    return Question(
        number=campaign.number,
        campaign_id=campaign.id,
        definition=orjson.dumps(draft.get("definition") or {"version": 1, "all": []}).decode(),
        campaign_type=campaign.campaign_type,
        purpose=str(draft.get("purpose") or campaign.purpose),
        product_codes=tuple(draft.get("product_codes") or ()),
        channels=tuple(row["channel"] for row in draft.get("channels") or ()),
        hold_out_basis_points=_basis_points(draft.get("hold_out_percent"), most=50),
        people_cap=_whole(draft.get("people_cap")),
        target_basis_points=_basis_points(draft.get("target_percent"), most=100),
        start_on=_day(draft.get("start_on")),
        locale=language(),
        seed=seed,
        alone=alone,
    )


def _basis_points(percent: object, most: int) -> int:
    try:
        points = round(float(str(percent)) * 100)
    except (ValueError, OverflowError):
        return 0
    return points if 0 <= points <= most * 100 else 0


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
