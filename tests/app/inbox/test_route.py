"""The way of a submission: who had it, who has it, who comes next."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.inbox.case import Case, case
from app.inbox.evidence import opinions
from app.inbox.route import following, way
from models.campaign import Campaign
from models.process import ToDo
from tests.app.inbox.world import NOW, new_campaign, new_to_do, submit


def read(session: Session, to_do: ToDo) -> Case:
    session.commit()
    found = case(session, to_do.id)
    assert found is not None
    return found


def told(found: Case) -> list[tuple[str, str, str, list[str]]]:
    return [(s.kind, s.word, s.state, [p.name for p in s.people]) for s in way(found)]


def returned(session: Session, campaign: Campaign) -> None:
    new_to_do(
        session,
        campaign,
        "prefecture_review",
        state="done",
        outcome="adjust",
        opinion="短信请写明资费",
        closed_by="gaoyang",
        created_at=NOW - timedelta(days=2, hours=5),
        closed_at=NOW - timedelta(days=2),
    )


def test_a_first_review_waits_for_the_prefecture_then_the_province_then_the_channel(session: Session) -> None:
    to_do = new_to_do(session, new_campaign(session), "prefecture_review", candidates=["gaoyang"])
    assert told(read(session, to_do)) == [
        ("submit", "submit", "done", ["叶芳"]),
        ("review", "prefecture", "now", ["高扬"]),
        ("review", "province", "future", ["陈立群"]),
        ("confirm", "sms", "future", ["黄志勇"]),
    ]


def test_a_pass_leads_to_the_next_stop(session: Session) -> None:
    to_do = new_to_do(session, new_campaign(session), "prefecture_review", candidates=["gaoyang"])
    stop = following(way(read(session, to_do)))
    assert stop is not None
    assert [person.login for person in stop.people] == ["chenliqun"]


def test_where_all_must_sign_a_pass_leads_nowhere_yet(session: Session) -> None:
    campaign = new_campaign(session)
    approval = submit(session, campaign, 2, NOW - timedelta(hours=2))
    approval.route = [dict(approval.route[0], mode="all")]
    to_do = new_to_do(session, campaign, "prefecture_review", candidates=["gaoyang"])
    assert following(way(read(session, to_do))) is None


def test_a_returned_submission_shows_who_sent_it_back(session: Session) -> None:
    campaign = new_campaign(session)
    returned(session, campaign)
    to_do = new_to_do(session, campaign, "draft_campaign", assignee="yefang", path="plan/draft_campaign")
    stop = way(read(session, to_do))[1]
    assert (stop.state, stop.outcome, stop.at) == ("back", "adjust", NOW - timedelta(days=2))


def test_a_new_submission_begins_its_own_way(session: Session) -> None:
    campaign = new_campaign(session)
    returned(session, campaign)
    submit(session, campaign, 2, NOW - timedelta(hours=2))
    to_do = new_to_do(session, campaign, "prefecture_review", candidates=["gaoyang"])
    assert [stop.state for stop in way(read(session, to_do))] == ["done", "now", "future", "future"]


def test_while_the_clock_stands_still_each_submission_keeps_its_own_reviews(session: Session) -> None:
    campaign = new_campaign(session)
    at_once = {"state": "done", "closed_by": "gaoyang", "created_at": NOW, "closed_at": NOW}
    submit(session, campaign, 2, NOW)
    new_to_do(session, campaign, "prefecture_review", outcome="adjust", opinion="写明资费", **at_once)
    submit(session, campaign, 3, NOW)
    new_to_do(session, campaign, "prefecture_review", outcome="pass", opinion="同意", **at_once)
    to_do = new_to_do(session, campaign, "province_review", candidates=["chenliqun"])
    found = read(session, to_do)
    assert [(stop.state, stop.outcome) for stop in way(found)[1:3]] == [("done", "pass"), ("now", "")]
    assert [(one.outcome, one.submission) for one in opinions(found)] == [("pass", 3), ("adjust", 2)]
