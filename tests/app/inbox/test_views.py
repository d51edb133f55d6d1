"""The inbox as a browser meets it: picking, claiming, deciding, and what happens when others were faster."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from models.base import Problem
from models.process import ToDo
from tests.app.inbox.office import PART, signed_in
from tests.app.inbox.world import NOW, TEXT, new_campaign, new_to_do, submit


def review(session: Session, serial: int = 1, **changed: Any) -> int:
    to_do = new_to_do(
        session,
        new_campaign(session, serial),
        "prefecture_review",
        **{"assignee": "gaoyang", "candidates": ["gaoyang"]} | changed,
    )
    session.commit()
    return to_do.id


def again(session: Session, to_do_id: int) -> ToDo:
    session.rollback()
    return session.get_one(ToDo, to_do_id, populate_existing=True)


def test_the_list_opens_with_its_first_to_do_beside_it(app: Flask, session: Session) -> None:
    review(session)
    page = signed_in(app, "gaoyang").get("/to-dos").text
    assert "学林校园迎新飞信推广1" in page
    assert "Due today" in page
    assert 'id="decide-1"' not in page.split('class="det"')[0]
    assert "Pass, on to Chen Liqun" in page
    assert 'class="inbox"' in page


def test_a_to_do_with_an_address_stands_alone_on_a_phone(app: Flask, session: Session) -> None:
    page = signed_in(app, "gaoyang").get(f"/to-dos/{review(session)}").text
    assert 'class="inbox has-detail"' in page


def test_a_picked_row_answers_list_and_detail_without_the_frame(app: Flask, session: Session) -> None:
    answer = signed_in(app, "gaoyang").get(f"/to-dos/{review(session)}", headers=PART)
    assert answer.text.lstrip().startswith('<div class="inbox')
    assert "<html" not in answer.text


def test_a_review_shows_people_cost_text_and_audience(app: Flask, session: Session) -> None:
    page = signed_in(app, "gaoyang").get(f"/to-dos/{review(session)}").text
    for told in ("30 of them control group", "121.50", "budget 300 yuan", TEXT, "can be met", "−17"):
        assert told in page
    assert "has ordered already" not in page
    assert "chance to prove its effect is about 66 %" in page


def test_a_second_submission_shows_what_changed_since_i_returned_it(app: Flask, session: Session) -> None:
    campaign = new_campaign(session)
    new_to_do(
        session, campaign, "prefecture_review", state="done", outcome="adjust", opinion="请写明资费",
        closed_by="gaoyang", created_at=NOW - timedelta(days=3), closed_at=NOW - timedelta(days=2),
    )  # fmt: skip
    channels = {"sms": {"content": TEXT, "hours": "12:00-13:30"}}
    submit(session, campaign, 2, NOW - timedelta(hours=2), channels=channels, remark="已避开上课时间")
    to_do = new_to_do(session, campaign, "prefecture_review", assignee="gaoyang")
    session.commit()
    page = signed_in(app, "gaoyang").get(f"/to-dos/{to_do.id}").text
    assert "1 change since you returned it on 28 Feb" in page
    assert '<del><span class="unseen">before: </span>09:00-20:00</del>' in page
    assert '<ins><span class="unseen">now: </span>12:00-13:30</ins>' in page
    assert "已避开上课时间" in page
    assert "请写明资费" in page


def test_a_pass_closes_the_to_do_and_opens_the_next_by_itself(app: Flask, session: Session) -> None:
    first, second = review(session, 1), review(session, 2)
    answer = signed_in(app, "gaoyang").post(f"/to-dos/{first}/decide", data={"outcome": "pass"}, headers=PART)
    assert answer.status_code == 200
    assert answer.headers["HX-Push-Url"] == f"/to-dos/{second}?tab=mine"
    assert f'id="decide-{second}"' in answer.text
    assert "Pass: 学林校园迎新飞信推广1" in answer.text
    assert again(session, first).outcome == "pass"


def test_the_last_decision_leaves_an_empty_desk(app: Flask, session: Session) -> None:
    answer = signed_in(app, "gaoyang").post(
        f"/to-dos/{review(session)}/decide", data={"outcome": "pass"}, headers=PART
    )
    assert "Nothing to do. 1 done today." in answer.text
    assert answer.headers["HX-Push-Url"] == "/to-dos?tab=mine"


def test_without_htmx_a_decision_leads_to_the_next_page(app: Flask, session: Session) -> None:
    first, second = review(session, 1), review(session, 2)
    answer = signed_in(app, "gaoyang").post(f"/to-dos/{first}/decide", data={"outcome": "pass"})
    assert (answer.status_code, answer.location) == (303, f"/to-dos/{second}?tab=mine")


def test_adjust_without_an_opinion_is_refused_beside_the_field(app: Flask, session: Session) -> None:
    to_do_id = review(session)
    answer = signed_in(app, "gaoyang").post(
        f"/to-dos/{to_do_id}/decide", data={"outcome": "adjust", "opinion": " "}, headers=PART
    )
    assert answer.status_code == 422
    assert "An opinion is needed for “Adjust”." in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert again(session, to_do_id).state == "open"


def confirmation(session: Session) -> int:
    to_do = new_to_do(
        session,
        new_campaign(session),
        "confirm_channel",
        path="confirm/confirm_channel",
        properties={"outcomes": "confirm,adjust", "opinion_required": "adjust"},
        variables={"channel": "sms"},
        assignee="huangzhiyong",
    )
    session.commit()
    return to_do.id


def test_a_keeper_starts_from_what_was_approved(app: Flask, session: Session) -> None:
    page = signed_in(app, "huangzhiyong").get(f"/to-dos/{confirmation(session)}").text
    assert 'value="270"' in page
    assert 'value="2026-03-05"' in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"people": "271"}, "270"),
        ({"people": "0"}, "1"),
        ({"people": "many"}, "Customers"),
        ({"from_day": "2026-03-01"}, "the days that were approved"),
        ({"from_day": "2026-03-20", "to_day": "2026-03-10"}, "must not lie before"),
    ],
)
def test_a_confirmation_beyond_the_approval_is_refused_beside_its_field(
    app: Flask, session: Session, changed: dict[str, str], said: str
) -> None:
    data = {"outcome": "confirm", "people": "200", "from_day": "2026-03-06", "to_day": "2026-03-10"} | changed
    to_do_id = confirmation(session)
    answer = signed_in(app, "huangzhiyong").post(f"/to-dos/{to_do_id}/decide", data=data, headers=PART)
    assert answer.status_code == 422
    assert 'class="err"' in answer.text
    assert said in answer.text
    assert again(session, to_do_id).state == "open"


def test_a_confirmation_inside_the_approval_is_handed_in_plain(app: Flask, session: Session) -> None:
    data = {"outcome": "confirm", "people": "200", "from_day": "2026-03-06", "to_day": "2026-03-10"}
    to_do_id = confirmation(session)
    signed_in(app, "huangzhiyong").post(f"/to-dos/{to_do_id}/decide", data=data)
    answer = {"people": 200, "from_day": "2026-03-06", "to_day": "2026-03-10"}
    assert again(session, to_do_id).answer == answer


def test_sending_back_needs_no_field_of_the_form(app: Flask, session: Session) -> None:
    data = {"outcome": "adjust", "opinion": "那几天通道满", "people": "", "from_day": "", "to_day": ""}
    to_do_id = confirmation(session)
    signed_in(app, "huangzhiyong").post(f"/to-dos/{to_do_id}/decide", data=data)
    assert (again(session, to_do_id).outcome, again(session, to_do_id).answer) == ("adjust", {})


def test_a_to_do_that_has_gone_says_who_and_when_and_keeps_the_text(app: Flask, session: Session) -> None:
    to_do_id = review(session, assignee=None, candidates=["gaoyang", "chenliqun"])
    to_do = again(session, to_do_id)
    to_do.state, to_do.outcome, to_do.closed_by = "cancelled", None, "chenliqun"
    to_do.closed_at = NOW - timedelta(minutes=1)
    session.commit()
    answer = signed_in(app, "gaoyang").post(
        f"/to-dos/{to_do_id}/decide", data={"outcome": "adjust", "opinion": "名单请缩小"}, headers=PART
    )
    assert answer.status_code == 409
    assert "Chen Liqun dealt with this at today 10:41." in answer.text
    assert "名单请缩小" in answer.text
    assert 'name="outcome"' not in answer.text


def test_a_refusal_of_the_process_is_told_and_recorded(app: Flask, session: Session) -> None:
    class TooFew(Problem):
        message = "Nobody is left to meet."

    app.extensions["engine"].trouble = TooFew()
    to_do_id = review(session)
    client = signed_in(app, "gaoyang")
    answer = client.post(f"/to-dos/{to_do_id}/decide", data={"outcome": "pass"}, headers=PART)
    assert answer.status_code == 422
    assert "Nobody is left to meet." in answer.text
    assert app.extensions["engine"].refused == [("process:1", "complete", "gaoyang")]


def test_a_person_without_the_to_do_cannot_decide_it_and_the_attempt_is_recorded(
    app: Flask, session: Session
) -> None:
    to_do_id = review(session)
    answer = signed_in(app, "caimin").post(f"/to-dos/{to_do_id}/decide", data={"outcome": "pass"})
    assert answer.status_code == 403
    assert app.extensions["engine"].refused == [("process:1", "complete", "caimin")]
    assert again(session, to_do_id).state == "open"


def test_a_planner_reads_the_to_do_that_waits_for_others(app: Flask, session: Session) -> None:
    page = signed_in(app, "yefang").get(f"/to-dos/{review(session)}?tab=started").text
    assert "Waiting for Gao Yang." in page
    assert 'name="outcome"' not in page


def test_another_office_does_not_see_it(app: Flask, session: Session) -> None:
    assert signed_in(app, "caimin").get(f"/to-dos/{review(session)}").status_code == 403
    assert signed_in(app, "shilei").get("/to-dos/1").status_code == 200
    assert signed_in(app, "shilei").get("/to-dos/999").status_code == 404


def test_claiming_moves_it_to_my_list_and_putting_back_to_the_other(app: Flask, session: Session) -> None:
    to_do_id = review(session, assignee=None, candidates=["gaoyang", "chenliqun"])
    client = signed_in(app, "gaoyang")
    taken = client.post(f"/to-dos/{to_do_id}/claim", headers=PART)
    assert taken.headers["HX-Push-Url"] == f"/to-dos/{to_do_id}?tab=mine"
    assert "Put back" in taken.text
    assert again(session, to_do_id).assignee == "gaoyang"
    client.post(f"/to-dos/{to_do_id}/unclaim")
    assert again(session, to_do_id).assignee is None


def test_what_was_typed_is_kept_and_shown_again(app: Flask, session: Session) -> None:
    client, to_do_id = signed_in(app, "gaoyang"), review(session)
    assert client.post(f"/to-dos/{to_do_id}/draft", data={"opinion": "再看一下"}).status_code == 204
    assert "再看一下" in client.get(f"/to-dos/{to_do_id}").text
    client.post(f"/to-dos/{to_do_id}/decide", data={"outcome": "pass"})
    assert client.post(f"/to-dos/{to_do_id}/draft", data={"opinion": "太晚了"}).status_code == 409


def test_a_returned_draft_says_what_was_asked_and_leads_to_the_wizard(app: Flask, session: Session) -> None:
    campaign = new_campaign(session)
    new_to_do(
        session, campaign, "prefecture_review", state="done", outcome="adjust", opinion="短信请写明资费",
        closed_by="gaoyang", closed_at=NOW - timedelta(days=2),
    )  # fmt: skip
    to_do = new_to_do(
        session, campaign, "draft_campaign", path="plan/draft_campaign", assignee="yefang",
        properties={"outcomes": "submit,abandon"}, due_at=None,
    )  # fmt: skip
    session.commit()
    page = signed_in(app, "yefang").get(f"/to-dos/{to_do.id}").text
    assert "One thing was asked for" in page
    assert "短信请写明资费" in page
    assert f'href="/campaigns/{campaign.number}/plan"' in page


def test_an_unknown_task_gets_the_generic_page_from_its_form(app: Flask, session: Session) -> None:
    to_do = new_to_do(
        session, new_campaign(session), "look_again", form="summarise", assignee="gaoyang",
        properties={"outcomes": "done"},
    )  # fmt: skip
    session.commit()
    page = signed_in(app, "gaoyang").get(f"/to-dos/{to_do.id}").text
    assert "What we learned" in page


def test_opportunities_are_chosen_from_what_the_process_offers(app: Flask, session: Session) -> None:
    offers = [{"value": "CRBT", "label": "彩铃", "label_en": "Ring tone: 900 best customers"}]
    to_do = new_to_do(
        session, new_campaign(session), "choose_opportunity", path="analyse/choose_opportunity",
        assignee="yefang", properties={"outcomes": "choose,skip"}, variables={"opportunities": offers},
    )  # fmt: skip
    session.commit()
    client = signed_in(app, "yefang")
    assert "Ring tone: 900 best customers" in client.get(f"/to-dos/{to_do.id}").text
    bad = client.post(f"/to-dos/{to_do.id}/decide", data={"outcome": "choose", "opportunity": "XX"})
    assert bad.status_code == 422
    client.post(f"/to-dos/{to_do.id}/decide", data={"outcome": "choose", "opportunity": "CRBT"})
    assert again(session, to_do.id).answer == {"opportunity": "CRBT"}


@pytest.mark.parametrize("tab", ["mine", "claim", "done", "started", "nonsense"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_tab_opens_in_both_languages(app: Flask, session: Session, tab: str, language: str) -> None:
    review(session)
    assert signed_in(app, "yefang", language).get(f"/to-dos?tab={tab}").status_code == 200


def test_a_page_costs_the_same_statements_however_long_the_list(app: Flask, session: Session) -> None:
    to_do_id, client = review(session), signed_in(app, "gaoyang")
    seen: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: seen.append(given[2]))
    client.get(f"/to-dos/{to_do_id}")
    short = len(seen)
    for serial in range(2, 25):
        review(session, serial)
    seen.clear()
    client.get(f"/to-dos/{to_do_id}")
    assert len(seen) == short <= 30
