"""Answers and the reconciliation on PostgreSQL: of two who bring the same at once, one is kept."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from app.engine import Actor
from app.intake.files import read_waiting_files
from app.intake.link import take_deliveries
from app.reconciliation import reconcile_yesterday
from handlers.channels.wire import Incoming, Receipt
from handlers.desk.balance import reckon
from models.campaign import Campaign
from models.clock import DemoClock
from models.execution import Contact, DoNotDisturb, WorkOrder
from models.feedback import Balance, Feedback, FeedbackFile
from models.process import ToDo
from tests.postgresql.installation import Installation, staff
from tests.postgresql.test_races import at_once

pytestmark = pytest.mark.postgresql

NINE = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
NEXT = NINE + timedelta(days=1)


def written(office: Installation, key: str) -> dict[str, object]:
    """An answer somebody else is just writing."""
    now = office.app.extensions["clock"]()
    office.session.rollback()
    texts = dict.fromkeys(("message_id", "centre_id", "token", "product", "channel"), "")
    moments = {"occurred_at": now, "received_at": now}
    return {**texts, **moments, "feed": "receipt", "key": key, "body": {}, "repeats": 0, "state": "new"}


def test_the_same_receipts_over_two_links_at_once_are_kept_once(office: Installation) -> None:
    warehouse = office.app.extensions["warehouse"]
    lot = [
        Receipt(centre_id=str(place), status="DELIVRD", at=NINE, number="13900000000", text="")
        for place in range(3)
    ]
    key = f"1:DELIVRD:{warehouse.token('13900000000')[:8]}"

    def take() -> tuple[int, int]:
        taken = take_deliveries(lot, warehouse, NINE)
        return taken.received, taken.repeated

    said = at_once(office, [take, take], insert(Feedback).values(written(office, key)))
    assert sorted(said) == [(0, 3), (3, 0)]
    assert office.session.scalars(select(Feedback.repeats)).all() == [1, 1, 1]


def test_a_customer_who_refuses_over_two_links_at_once_refuses_once(office: Installation) -> None:
    warehouse = office.app.extensions["warehouse"]
    number = warehouse.numbers([7])[0]
    lots = [[Incoming(number=number, text=text, destination="10086")] for text in ("TD", "退订")]
    held = insert(DoNotDisturb).values(sid=7, channel="sms", since=NINE, source="reply")
    at_once(office, [lambda lot=lot: take_deliveries(lot, warehouse, NINE).received for lot in lots], held)
    assert office.session.scalar(select(func.count()).where(DoNotDisturb.sid == 7)) == 1
    assert office.session.scalars(select(Feedback.feed)).all() == ["opt_out", "opt_out"]


def put(folder: Path, rows: int) -> str:
    """A file of receipts with its manifest; the digest of it."""
    folder.mkdir()
    lines = [f"R-{place},M-{place},DELIVRD,2026-03-01T09:00:00+08:00\n" for place in range(rows)]
    raw = ("key,message_id,status,at\n" + "".join(lines)).encode()
    (folder / "receipts-1.csv").write_bytes(raw)
    manifest = {"file": "receipts-1.csv", "rows": rows, "day": "2026-03-01"}
    digest = hashlib.sha256(raw).hexdigest()
    (folder / "receipts-1.manifest.json").write_text(json.dumps(manifest | {"sha256": digest}))
    return digest


def test_a_file_two_machines_read_at_once_is_read_once(office: Installation, tmp_path: Path) -> None:
    """Each has the file in a folder of its own; the row says how far it is read, and one of them stops."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        digest = put(folder, 50)
    office.session.add(
        FeedbackFile(
            feed="receipt", name="receipts-1.csv", digest=digest, day=NINE.date(), promised=50,
            state="reading", received_at=NINE,
        )
    )  # fmt: skip
    office.session.commit()
    held = insert(Feedback).values(written(office, "R-7"))
    said = at_once(office, [lambda f=f: read_waiting_files(f) for f in folders], held)
    assert sorted(said) == [0, 1]
    (file,) = office.session.scalars(select(FeedbackFile))
    assert (file.state, file.lines, file.accepted, file.repeated) == ("read", 50, 50, 0)
    assert office.session.scalar(select(func.max(Feedback.repeats))) == 0


def sent(office: Installation, **states: int) -> WorkOrder:
    """So many messages in each state, sent on Sunday at nine."""
    planner = staff("zhoulan")
    campaign = Campaign(
        number="HD-00-2026-900", name="彩铃", office_id=planner.office_id, planner_id=planner.id,
        campaign_type="precision", created_at=NINE,
    )  # fmt: skip
    office.session.add(campaign)
    office.session.flush()
    order = WorkOrder(
        number="RW-00-2026-0900", campaign_id=campaign.id, submission=1, channel="sms",
        planned_on=NINE.date(), planned_at=NINE, people=sum(states.values()), state="dispatched",
        handed_over_at=NINE,
    )  # fmt: skip
    office.session.add(order)
    office.session.flush()
    every = [state for state, people in states.items() for _ in range(people)]
    office.session.add_all(
        Contact(
            campaign_id=campaign.id, work_order_id=order.id, sid=sid, channel="sms", state=state,
            message_id=f"{order.number}-{sid}", contacted_at=NINE,
        )
        for sid, state in enumerate(every)
    )  # fmt: skip
    office.session.commit()
    return order


def test_lines_are_of_the_local_day(office: Installation) -> None:
    order = sent(office, delivered=2)
    late = office.session.scalars(select(Contact).where(Contact.work_order_id == order.id)).first()
    assert late is not None
    late.contacted_at = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    office.session.commit()
    found = reckon(office.session, NEXT + timedelta(days=1))
    days = [(row.day, row.sent) for row in found if row.kind == "work_order"]
    office.session.rollback()
    assert days == [(date(2026, 3, 1), 1), (date(2026, 3, 2), 1)]


def test_the_keeper_is_asked_and_what_is_decided_is_done(office: Installation) -> None:
    sent(office, delivered=40, unknown=3)
    office.session.scalars(select(DemoClock)).one().now = NEXT
    office.session.commit()
    assert [reconcile_yesterday(NEXT, NEXT) for _ in range(2)] == [1, 0]
    to_do = office.session.scalars(select(ToDo).where(ToDo.subject_type == "balance")).one()
    office.engine.complete(to_do.id, Actor("huangzhiyong"), "write_off", {}, "查不到")
    line = office.session.scalars(select(Balance)).one()
    assert (line.sent, line.accepted, line.rejected, line.pending, line.state) == (43, 40, 3, 0, "balanced")


def test_the_pages_of_dispatch_stand(office: Installation) -> None:
    sent(office, delivered=40, failed=2, unknown=3, planned=5)
    reconcile_yesterday(NEXT, NEXT)
    office.session.rollback()
    visitor = office.browser("huangzhiyong")
    for path in (
        "",
        "?when=recent&mine=1",
        "/rows",
        "/RW-00-2026-0900",
        "/balance?kind=work_order",
        "/blackouts",
    ):
        assert visitor.get(f"/dispatch{path}").status_code == 200, path
    campaign = visitor.get("/campaigns/HD-00-2026-900?tab=dispatch")
    assert "RW-00-2026-0900" in campaign.text
