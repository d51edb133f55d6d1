"""A to-do about a line of the reconciliation: who gets it, how the list names it, what stands beside it."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.appointments import Appointments, NobodyAppointed
from app.inbox import queries
from models.campaign import Campaign
from models.execution import Contact, WorkOrder
from models.feedback import FEEDS, Balance, Feedback, FeedbackFile
from models.organisation import Office
from models.process import Process, ProcessVersion, ToDo
from tests.app.inbox.office import signed_in
from tests.app.inbox.test_queries import cost
from tests.app.inbox.world import NOW, new_campaign

SUNDAY = date(2026, 3, 1)


def line(session: Session, kind: str, subject_id: int, **differences: int) -> Balance:
    row = Balance(
        kind=kind, subject_id=subject_id, day=SUNDAY, sent=40, accepted=30, rejected=4, pending=6,
        differences=differences, state="open", computed_at=NOW,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def sent(session: Session, campaign: Campaign) -> WorkOrder:
    """Forty messages of which thirty arrived, four failed and six were never answered."""
    order = WorkOrder(
        number="RW-0101-2026-0007", campaign_id=campaign.id, submission=1, channel="sms", planned_on=SUNDAY,
        planned_at=NOW, people=40, state="dispatched", handed_over_at=NOW - timedelta(days=1),
    )  # fmt: skip
    session.add(order)
    session.flush()
    for sid in range(40):
        state, cause = (
            ("delivered", "") if sid < 30 else ("failed", "EXPIRED") if sid < 34 else ("unknown", "")
        )
        session.add(
            Contact(
                campaign_id=campaign.id, work_order_id=order.id, sid=sid, channel="sms",
                message_id=f"{order.number}-{sid}", state=state, cause=cause,
                contacted_at=NOW - timedelta(days=1),
            )
        )  # fmt: skip
    session.flush()
    return order


def asked(session: Session, row: Balance, element: str = "explain_difference", channel: str = "sms") -> ToDo:
    """The to-do of a line, as the engine opens it, with its people found."""
    version = session.query(ProcessVersion).filter_by(key="reconcile").first() or ProcessVersion(
        key="reconcile", number=1, digest="1" * 64, name="对账", name_en="Reconciliation", sources=b"",
        specification=b"", decisions={}, published_at=NOW, published_by="system",
    )  # fmt: skip
    process = Process(
        version=version, subject_type="balance", subject_id=row.id, started_at=NOW, started_by="system"
    )
    session.add(process)
    session.flush()
    outcomes = (
        "explain,ask_again" if element == "explain_difference" else "count_as_sent,send_again,write_off"
    )
    to_do = ToDo(
        process_id=process.id, token="t", element=element, path=element, name="说明差异",
        name_en="Explain the difference", form="", subject_type="balance", subject_id=row.id,
        properties={"role": "channel_keeper", "outcomes": outcomes, "opinion_required": "explain"},
        variables={"balance_id": row.id, "channel": channel}, created_at=NOW, due_at=NOW + timedelta(days=2),
    )  # fmt: skip
    session.add(to_do)
    session.flush()
    Appointments().to_do_opened(session, to_do, to_do.variables)
    session.commit()
    return to_do


@pytest.fixture
def order_line(session: Session) -> Balance:
    return line(session, "work_order", sent(session, new_campaign(session)).id, unknown=6)


# -- who gets it


def test_the_keeper_of_the_channel_has_it(session: Session, order_line: Balance) -> None:
    to_do = asked(session, order_line)
    assert (to_do.assignee, to_do.title) == ("huangzhiyong", "学林校园迎新飞信推广1 · RW-0101-2026-0007")
    assert session.get_one(Office, to_do.office_id).code == "0101"
    assert order_line.process_id == to_do.process_id


def test_a_campaign_keeps_its_own_process(session: Session, order_line: Balance) -> None:
    campaign = session.query(Campaign).one()
    before = campaign.process_id
    asked(session, order_line)
    assert campaign.process_id == before


def test_what_is_of_no_channel_is_any_keepers_of_the_province(session: Session) -> None:
    file = FeedbackFile(
        feed="order", name="orders-20260301-1.csv", digest="", day=SUNDAY, state="refused", promised=40,
        received_at=NOW,
    )  # fmt: skip
    session.add(file)
    session.flush()
    to_do = asked(session, line(session, "file", file.id, file_refused=1), channel="")
    assert (to_do.assignee, to_do.title) == ("huangzhiyong", "orders-20260301-1.csv")
    assert session.get_one(Office, to_do.office_id).code == "00"


def test_a_channel_nobody_keeps_is_said(session: Session, order_line: Balance) -> None:
    with pytest.raises(NobodyAppointed):
        asked(session, order_line, channel="call")


# -- the list


def test_the_list_names_the_work_order_and_the_day(app: Flask, session: Session, order_line: Balance) -> None:
    asked(session, order_line)
    page = signed_in(app, "huangzhiyong").get("/to-dos").text
    assert "学林校园迎新飞信推广1 · RW-0101-2026-0007" in page
    assert "reconciliation of 1 Mar" in page


def test_a_feed_is_named_in_the_readers_language(app: Flask, session: Session) -> None:
    asked(session, line(session, "feed", FEEDS.index("receipt") + 1, nobodys=6))
    assert "Receipts" in signed_in(app, "huangzhiyong").get("/to-dos").text
    assert "回执" in signed_in(app, "huangzhiyong", "zh").get("/to-dos").text


def test_the_list_is_one_statement_with_lines_in_it_too(session: Session) -> None:
    asked(session, line(session, "feed", 1, nobodys=6))
    assert cost(session, lambda: queries.rows(session, "mine", "huangzhiyong")) == 1


# -- the page


def test_the_page_shows_what_left_what_came_and_what_differs(
    app: Flask, session: Session, order_line: Balance
) -> None:
    to_do = asked(session, order_line, "settle_unknown")
    page = signed_in(app, "huangzhiyong").get(f"/to-dos/{to_do.id}").text
    assert "40 = 30 + 4 + 6" in page
    for told in (
        "Did 6 customers get the message or not?",
        "<b>4</b> expired before it was delivered",
        "nobody knows",
        "/dispatch/RW-0101-2026-0007",
        "Count as sent",
        "Send again",
        "Write off",
    ):
        assert told in page, told


def test_an_explanation_needs_a_word(app: Flask, session: Session, order_line: Balance) -> None:
    to_do = asked(session, order_line)
    client = signed_in(app, "huangzhiyong")
    refused = client.post(f"/to-dos/{to_do.id}/decide", data={"outcome": "explain"})
    assert refused.status_code == 422
    assert "An opinion is needed for “Keep the explanation”." in refused.text
    done = client.post(f"/to-dos/{to_do.id}/decide", data={"outcome": "explain", "opinion": "短信中心丢失"})
    assert done.status_code == 303


def test_a_file_is_shown_with_its_bad_lines_in_words(app: Flask, session: Session) -> None:
    bad = {
        "line": 3,
        "message": "Line %(line)s: %(column)s is empty.",
        "fields": {"line": 3, "column": "number"},
    }
    file = FeedbackFile(
        feed="order", name="orders-20260301-1.csv", digest="", day=SUNDAY, promised=40, accepted=36,
        rejected=4, refused=[bad], received_at=NOW, again=2,
    )  # fmt: skip
    session.add(file)
    session.flush()
    to_do = asked(session, line(session, "file", file.id, refused_lines=4), channel="")
    page = signed_in(app, "huangzhiyong").get(f"/to-dos/{to_do.id}").text
    assert "Line 3: number is empty." in page
    assert "the whole file came 2 more times" in page
    assert "the first 1" in page


def test_answers_for_nobody_are_shown_with_the_senders_keys(app: Flask, session: Session) -> None:
    at = NOW - timedelta(days=1)
    session.add(
        Feedback(
            feed="receipt", key="99:DELIVRD", centre_id="99", body={"status": "DELIVRD"}, occurred_at=at,
            received_at=at, state="unmatched",
        )
    )  # fmt: skip
    to_do = asked(session, line(session, "feed", 1, nobodys=1, missing_file=1))
    page = signed_in(app, "huangzhiyong").get(f"/to-dos/{to_do.id}").text
    for told in ("99:DELIVRD", "the file of the day did not come", "ask who sends it"):
        assert told in page


def test_the_planner_of_the_campaign_may_read_it_and_a_stranger_may_not(
    app: Flask, session: Session, order_line: Balance
) -> None:
    to_do = asked(session, order_line)
    assert signed_in(app, "yefang").get(f"/to-dos/{to_do.id}").status_code == 200
    assert signed_in(app, "caimin").get(f"/to-dos/{to_do.id}").status_code == 403
    assert signed_in(app, "yefang").get(f"/trail/{to_do.process_id}").status_code == 200
    assert signed_in(app, "caimin").get(f"/trail/{to_do.process_id}").status_code == 404


def test_the_trail_finds_it_under_the_campaign(app: Flask, session: Session, order_line: Balance) -> None:
    asked(session, order_line)
    page = signed_in(app, "shilei").get("/trail?q=RW").text
    assert "Nothing found." in page
    page = signed_in(app, "shilei").get("/trail?q=学林").text
    assert page.count("data-item") == 2
    assert "Reconciliation" in page
