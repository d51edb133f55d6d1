"""The trail: who may read which process, what each event says, and that a broken chain shows."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.engine.history import Happening, append
from app.engine.values import Actor, Broken
from models.campaign import Campaign
from models.history import HistoryEvent
from tests.app.inbox.office import signed_in
from tests.app.inbox.world import NOW, TEXT, new_campaign, new_to_do, submit

PART = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#trail"}


def happen(
    session: Session, campaign: Campaign, login: str, act: str, element: str | None = None, **details: Any
) -> None:
    when, for_whom = details.pop("at", NOW - timedelta(hours=3)), details.pop("for_whom", None)
    append(
        session,
        f"process:{campaign.process_id}",
        [Happening(verb=act, element=element, details=details)],
        actor=Actor(login, for_whom),
        now=when,
        subject=("campaign", campaign.id),
    )
    session.commit()


@pytest.fixture
def campaign(session: Session) -> Campaign:
    campaign = new_campaign(session)
    happen(session, campaign, "yefang", "started", key="loop", version=1)
    happen(session, campaign, "yefang", "entered", "plan")
    happen(session, campaign, "yefang", "completed", "draft_campaign", outcome="submit", opinion="")
    said = {"outcome": "adjust", "opinion": "请写明资费"}
    happen(session, campaign, "gaoyang", "completed", "prefecture_review", **said)
    why = {"message": "This to-do is not offered to %(login)s.", "fields": {"login": "chenliqun"}}
    happen(session, campaign, "chenliqun", "refused", verb="complete", task="prefecture_review", **why)
    return campaign


def test_every_act_of_a_person_is_a_line_and_the_machine_is_left_out(app: Flask, campaign: Campaign) -> None:
    page = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}").text
    assert "5 events, 4 shown" in page
    assert "prefecture_review: Adjust" in page
    assert "请写明资费" in page
    assert "came to plan" not in page


def test_all_events_are_shown_where_asked_for(app: Flask, campaign: Campaign) -> None:
    page = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}?show=all").text
    assert "came to plan" in page


def test_a_refused_attempt_is_red_and_says_why(app: Flask, campaign: Campaign) -> None:
    page = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}").text
    assert '<li class="refused' in page
    assert "tried to decide" in page
    assert "This to-do is not offered to chenliqun." in page


def test_the_chain_is_verified_on_the_page(app: Flask, campaign: Campaign) -> None:
    page = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}").text
    assert "The chain is whole" in page
    assert "5 records" in page


def test_a_broken_chain_names_the_first_bad_record(app: Flask, campaign: Campaign) -> None:
    chain = f"process:{campaign.process_id}"
    app.extensions["engine"].broken = [
        Broken(chain=chain, process_id=campaign.process_id, seq=4, reason="digest")
    ]
    page = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}").text
    assert "The first record that does not hold is number 4" in page
    assert "The chain is whole" not in page


def test_a_picked_event_tells_its_details_in_a_part_of_the_page(app: Flask, campaign: Campaign) -> None:
    answer = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}?event=4", headers=PART)
    assert answer.text.lstrip().startswith('<div class="trail"')
    assert "record 4" in answer.text


def test_a_second_submission_shows_what_it_changed(app: Flask, session: Session, campaign: Campaign) -> None:
    channels = {"sms": {"content": TEXT, "hours": "12:00-13:30"}}
    at = NOW - timedelta(hours=2)
    submit(session, campaign, 2, at, channels=channels)
    happen(session, campaign, "yefang", "completed", "draft_campaign", outcome="submit", at=at)
    page = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}?event=6").text
    assert "What this submission changed" in page
    assert "12:00-13:30" in page


def test_acting_for_another_names_both(app: Flask, session: Session, campaign: Campaign) -> None:
    happen(session, campaign, "chenliqun", "completed", "leader_review", outcome="pass", for_whom="gaoyang")
    page = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}").text
    assert "<b>Chen Liqun</b> on behalf of Gao Yang" in page


def test_an_auditor_sees_all_others_only_what_their_office_covers(app: Flask, campaign: Campaign) -> None:
    url = f"/trail/{campaign.process_id}"
    seen = {
        login: signed_in(app, login).get(url).status_code
        for login in ("shilei", "yefang", "gaoyang", "chenliqun", "caimin")
    }
    assert seen == {"shilei": 200, "yefang": 200, "gaoyang": 200, "chenliqun": 200, "caimin": 404}


def test_whoever_decided_in_a_process_may_read_its_trail(
    app: Flask, session: Session, campaign: Campaign
) -> None:
    new_to_do(session, campaign, "prefecture_review", state="done", closed_by="caimin", closed_at=NOW)
    session.commit()
    assert signed_in(app, "caimin").get(f"/trail/{campaign.process_id}").status_code == 200
    assert campaign.number in signed_in(app, "caimin").get("/trail").text


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("", True),
        ("q=HD-0101-2026-001", True),
        ("q=hd-0101", True),
        ("q=迎新", True),
        ("q=HD-09", False),
        ("person=高扬", True),
        ("person=Gao", True),
        ("person=gAO", True),
        ("person=huangzhiyong", False),
        (f"day={date(2026, 3, 2).isoformat()}", True),
        ("day=2026-03-01", False),
        ("person=高扬&day=2026-03-02&q=飞信", True),
        ("day=tomorrow", True),
        ("page=7", False),
    ],
)
def test_the_search_finds_by_campaign_person_and_day(
    app: Flask, campaign: Campaign, query: str, is_found: bool
) -> None:
    page = signed_in(app, "shilei").get(f"/trail?{query}").text
    assert (f"/trail/{campaign.process_id}" in page) is is_found


def test_the_search_finds_nothing_of_another_office(app: Flask, campaign: Campaign) -> None:
    assert "Nothing found." in signed_in(app, "caimin").get("/trail").text


def test_a_longer_search_and_a_longer_story_cost_no_more_statements(app: Flask, session: Session) -> None:
    first, client = new_campaign(session, 1), signed_in(app, "shilei")
    happen(session, first, "yefang", "started")
    seen: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: seen.append(given[2]))

    def cost(url: str) -> int:
        seen.clear()
        assert client.get(url).status_code == 200
        return len(seen)

    urls = ("/trail", f"/trail/{first.process_id}?show=all")
    before = [cost(url) for url in urls]
    for serial in range(2, 12):
        happen(session, new_campaign(session, serial), "yefang", "started")
    for _ in range(30):
        happen(session, first, "gaoyang", "entered", "plan")
    assert [cost(url) for url in urls] == before


def test_only_the_picked_process_is_read(app: Flask, session: Session, campaign: Campaign) -> None:
    other = new_campaign(session, 2)
    happen(session, other, "gaoyang", "completed", "prefecture_review", outcome="reject", opinion="费用不足")
    page = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}").text
    assert "费用不足" not in page
    assert session.query(HistoryEvent).count() == 6


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_pages_open_in_both_languages(app: Flask, campaign: Campaign, language: str) -> None:
    client = signed_in(app, "shilei", language)
    for url in ("/trail", f"/trail/{campaign.process_id}?show=all"):
        assert client.get(url).status_code == 200


def test_what_a_decision_table_was_asked_and_said_is_shown(
    app: Flask, session: Session, campaign: Campaign
) -> None:
    happen(
        session, campaign, "system", "decided", "approval_route",
        decision="approval_route", inputs={"people": 300}, result=[{"step": "prefecture"}],
    )  # fmt: skip
    page = signed_in(app, "shilei").get(f"/trail/{campaign.process_id}?show=all&event=6").text
    assert "asked the decision table of approval_route" in page
    assert "{&#34;people&#34;: 300}" in page
    assert "[{&#34;step&#34;: &#34;prefecture&#34;}]" in page
