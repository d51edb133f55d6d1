"""SQLite takes texts of any length and numbers of any size; PostgreSQL holds every column to its room."""

import hashlib
import json

import pytest
from sqlalchemy import select

from models.campaign import Campaign
from models.feedback import Feedback, FeedbackFile
from tests.postgresql.installation import Installation
from tests.postgresql.journey import DRAFT

pytestmark = pytest.mark.postgresql

LINES = (
    "order_id,number,product,ordered_at,via",
    "A1,13800000000,CRBT,2026-03-02T08:00:00+08:00,sms",
    f"{'A' * 61},13800000000,CRBT,2026-03-02T08:00:00+08:00,sms",
    f"A2,13800000000,{'C' * 21},2026-03-02T08:00:00+08:00,sms",
    f"A3,13800000000,CRBT,2026-03-02T08:00:00+08:00,{'s' * 21}",
    "A4,13800000000,CRBT,2026-03-02T08:00:00+08:00,",
)


def put_orders(office: Installation) -> None:
    """A file of orders and, last, its manifest."""
    folder = office.folder / "in"
    folder.mkdir()
    raw = "\n".join(LINES).encode()
    (folder / "orders-20260302-1.csv").write_bytes(raw)
    manifest = {
        "file": "orders-20260302-1.csv",
        "rows": len(LINES) - 1,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "day": "2026-03-02",
    }
    (folder / "orders-20260302-1.manifest.json").write_text(json.dumps(manifest))


def test_the_largest_budget_a_draft_may_name_has_room(office: Installation) -> None:
    office.begin("yefang", "彩铃")
    office.decide("yefang", "draft_campaign", "submit", {**DRAFT, "budget_yuan": "100000000"})
    assert office.session.scalars(select(Campaign.budget_fen)).one() == 10_000_000_000


def test_an_order_that_does_not_fit_is_refused_and_the_others_are_kept(
    office: Installation,
) -> None:
    put_orders(office)
    office.work()
    file = office.session.scalars(select(FeedbackFile)).one()
    assert [refused["line"] for refused in file.refused] == [3, 4, 5]
    assert office.session.scalars(select(Feedback.key).order_by(Feedback.key)).all() == ["A1", "A4"]
