"""The list of incidents and the page of one: cause in words, what was tried, four verbs with a reason."""

import json
import re
from datetime import time, timedelta

import pytest
from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select

from app import runs
from app.regular import Regular
from models.base import db
from models.history import HistoryEvent
from models.process import Incident
from models.schedule import ScheduledRun
from tests.app.incidents.world import NOW, NoKey, World

TAG = re.compile(r"<[^>]+>")


def words(html: str) -> str:
    return " ".join(TAG.sub(" ", html).split())


def main(html: str) -> str:
    """What stands on the sheet, without the frame."""
    return words(html[html.index('<main class="main"') :])


# -- the list


def test_the_list_shows_campaign_step_and_cause_in_the_readers_language(desk: World) -> None:
    number = desk.stuck()
    english = desk.browser("shilei").get("/incidents")
    assert english.status_code == 200
    shown = main(english.text)
    for text in (
        "彩铃潜在用户推荐",
        "HD-00-2026-001",
        "Hand over",
        "dispatch.send",
        "no key for the channel sms",
    ):
        assert text in shown
    assert f'href="/incidents/{number}"' in english.text
    chinese = main(desk.browser("shilei", "zh").get("/incidents").text)
    assert "交给渠道" in chinese


def test_open_ones_come_first_by_campaign_and_the_repaired_are_asked_for(desk: World) -> None:
    later, first = desk.stuck(2), desk.stuck(1)
    desk.wire.is_mended = True
    browser = desk.browser("admin")
    listed = browser.get("/incidents").text
    assert listed.index(f"/incidents/{first}") < listed.index(f"/incidents/{later}")
    desk.retry(first, "admin", "mended")
    assert f'/incidents/{first}"' not in browser.get("/incidents").text
    assert f'/incidents/{first}"' in browser.get("/incidents?state=repaired").text
    both = browser.get("/incidents?state=all").text
    assert both.index(f"/incidents/{later}") < both.index(f"/incidents/{first}")
    assert "Nothing found." in main(browser.get("/incidents?q=nowhere").text)
    assert "飞信迎新" in main(browser.get("/incidents?q=飞信").text)


def test_the_menu_counts_what_waits_for_who_may_look(desk: World) -> None:
    desk.stuck()
    assert re.search(r'id="count-incidents">1<', desk.browser("admin").get("/to-dos").text)
    assert "count-incidents" not in desk.browser("zhoulan").get("/to-dos").text


def slow(**given: object) -> None:
    """What passes by itself."""
    raise OSError("the disk is slow")


def test_what_is_tried_again_by_itself_is_shown_with_its_next_try(desk: World) -> None:
    desk.stuck()
    object.__setattr__(desk.operation, "function", slow)
    desk.begin(2)
    shown = main(desk.browser("admin").get("/incidents").text)
    assert "Tried again by itself" in shown
    assert "the disk is slow" in shown


def test_an_empty_list_says_so(desk: World) -> None:
    assert "Nothing is stuck." in main(desk.browser("admin").get("/incidents").text)


# -- one incident


def test_the_page_tells_the_cause_what_was_tried_and_what_the_job_was_given(desk: World) -> None:
    number = desk.stuck()
    desk.later(hours=1)
    desk.retry(number, "fanming", "centre restarted")
    desk.work()
    (second,) = desk.ask(select(Incident.id).where(Incident.state == "open"))
    shown = main(desk.browser("admin").get(f"/incidents/{second}").text)
    assert shown.count("There is no key for the channel sms.") == 3, "the cause, and both tries"
    assert "Fan Ming tried again centre restarted" in shown
    assert "campaign_id" in shown
    assert "[1, 2]" in shown


def test_an_auditor_looks_and_cannot_act(desk: World) -> None:
    number = desk.stuck()
    browser = desk.browser("shilei")
    page = browser.get(f"/incidents/{number}")
    assert page.status_code == 200
    assert f"/incidents/{number}/retry" not in page.text
    for verb in ("retry", "correct", "skip", "stop"):
        assert browser.post(f"/incidents/{number}/{verb}", data={"reason": "x"}).status_code == 403
    assert browser.post("/incidents/regular-work/1/retry", data={"reason": "x"}).status_code == 403


def test_a_planner_does_not_even_look(desk: World) -> None:
    number = desk.stuck()
    assert desk.browser("zhoulan").get(f"/incidents/{number}").status_code == 403


def test_there_is_no_page_for_an_incident_nobody_had(desk: World) -> None:
    browser = desk.browser("admin")
    assert browser.get("/incidents/99").status_code == 404
    assert browser.post("/incidents/99/retry", data={"reason": "x"}).status_code == 404
    assert browser.post("/incidents/regular-work/99/retry", data={"reason": "x"}).status_code == 404


def test_tried_again_it_goes_on(desk: World) -> None:
    number = desk.stuck()
    desk.wire.is_mended = True
    after = desk.browser("admin").post(f"/incidents/{number}/retry", data={"reason": "key put there"})
    assert (after.status_code, after.headers["Location"]) == (303, f"/incidents/{number}")
    desk.work()
    assert desk.job().state == "done"
    shown = main(desk.browser("admin").get(f"/incidents/{number}").text)
    assert "Administrator dealt with this at" in shown
    assert "key put there" in shown


@pytest.mark.parametrize("verb", ["retry", "correct", "skip", "stop"])
def test_without_a_reason_nothing_is_done_and_what_was_typed_stays(desk: World, verb: str) -> None:
    number = desk.stuck()
    typed = {
        "reason": " ",
        "result": '{"sent": 3}',
        "argument-channel": "call",
        "argument-urgent": "yes",
        "argument-days": "[]",
    }
    answer = desk.browser("admin").post(f"/incidents/{number}/{verb}", data=typed)
    assert answer.status_code == 422
    assert "Please give a reason." in words(answer.text)
    assert desk.job().state == "failed"
    if verb == "skip":
        assert "{&#34;sent&#34;: 3}" in answer.text
    if verb == "correct":
        assert 'value="call"' in answer.text


def test_what_it_was_given_is_corrected_field_by_field(desk: World) -> None:
    number = desk.stuck()
    browser = desk.browser("fanming")
    page = browser.get(f"/incidents/{number}").text
    assert re.search(r'<input class="short num" id="argument-campaign_id" value="\d+" disabled>', page)
    assert 'id="argument-channel" name="argument-channel" value="sms"' in page
    desk.wire.is_mended = True
    typed = {
        "argument-channel": "call",
        "argument-urgent": "yes",
        "argument-days": "[3]",
        "reason": "centre down",
    }
    assert browser.post(f"/incidents/{number}/correct", data=typed).status_code == 303
    desk.work()
    assert desk.wire.given[-1] == {**desk.wire.given[0], "channel": "call", "urgent": True, "days": [3]}
    shown = main(browser.get(f"/incidents/{number}").text)
    assert "Fan Ming corrected centre down" in shown
    assert "channel before: sms now: call" in shown


@pytest.mark.parametrize(
    ("field", "text"),
    [("channel", ""), ("urgent", "perhaps"), ("days", "[3"), ("days", '{"a": 1}')],
)
def test_a_value_of_the_wrong_kind_is_told_beside_its_field(desk: World, field: str, text: str) -> None:
    number = desk.stuck()
    right = {"argument-channel": "call", "argument-urgent": "no", "argument-days": "[]"}
    typed = {**right, f"argument-{field}": text, "reason": "x"}
    answer = desk.browser("admin").post(f"/incidents/{number}/correct", data=typed)
    if field == "channel":
        assert answer.status_code == 303, "an empty text is a text"
        return
    assert answer.status_code == 422
    assert f"“{field}” is not of the kind the operation takes." in words(answer.text)
    assert desk.job().state == "failed"


def test_who_skips_is_warned_and_gives_a_result(desk: World) -> None:
    number = desk.stuck()
    browser = desk.browser("admin")
    page = browser.get(f"/incidents/{number}")
    assert "“Hand over” will not have happened." in words(page.text)
    assert "{&#34;sent&#34;: null}" in page.text
    assert browser.post(f"/incidents/{number}/skip", data={"result": "0", "reason": "x"}).status_code == 422
    assert browser.post(f"/incidents/{number}/skip", data={"result": "{", "reason": "x"}).status_code == 422
    stuck = browser.post(f"/incidents/{number}/skip", data={"result": "", "reason": "x"})
    assert stuck.status_code == 422, "the diagram cannot go on without it"
    assert "sent == 0" in words(stuck.text)
    done = browser.post(f"/incidents/{number}/skip", data={"result": '{"sent": 0}', "reason": "sent by hand"})
    assert done.status_code == 303
    assert (desk.job().state, desk.job().result) == ("done", {"sent": 0})
    assert desk.process().outcome == "none"


def test_the_process_is_stopped(desk: World) -> None:
    number = desk.stuck()
    answer = desk.browser("admin").post(f"/incidents/{number}/stop", data={"reason": "not wanted"})
    assert answer.status_code == 303
    assert desk.process().state == "stopped"


def test_who_comes_second_is_told_by_whom_and_when_and_the_attempt_is_kept(desk: World) -> None:
    number = desk.stuck()
    process = desk.process().id
    first, second = desk.browser("admin"), desk.browser("fanming")
    assert first.post(f"/incidents/{number}/retry", data={"reason": "key put there"}).status_code == 303
    desk.later(minutes=5)
    late = second.post(f"/incidents/{number}/skip", data={"result": '{"sent": 1}', "reason": "let it be"})
    assert late.status_code == 409
    assert "Administrator dealt with this at today 10:42. Nothing of what you typed was done." in words(
        late.text
    )
    assert "What you had written: let it be" in words(late.text)
    assert desk.verbs(process)[-2:] == [("admin", "retried"), ("fanming", "refused")]
    story = main(desk.browser("shilei").get(f"/trail/{process}").text)
    assert "tried to skip" in story


def test_a_timer_can_only_be_tried_again(desk: World) -> None:
    desk.stuck()
    row = {"process_id": desk.process().id, "job_id": None, "element": "timer", "state": "open"}
    told = {"message": "Not yet: %(why)s", "fields": {"why": "no list"}, "created_at": NOW}
    with desk.app.app_context():
        number = db.session.scalar(insert(Incident).values(row | told).returning(Incident.id))
        db.session.commit()
    page = desk.browser("admin").get(f"/incidents/{number}").text
    assert "Not yet: no list" in words(page)
    assert f"/incidents/{number}/retry" in page
    assert f"/incidents/{number}/skip" not in page
    assert f"/incidents/{number}/correct" not in page


# -- regular work


def nothing(moment: object, now: object) -> None:
    """Do nothing."""


def failed_run(desk: World) -> int:
    """Regular work that gave up."""
    work = [Regular(name="nightly", title=_l("Check the chains of history"), do=nothing, at=time(2, 30))]
    desk.app.extensions["schedule"] = work
    with desk.app.app_context():
        runs.announce(db.session(), work, NOW)
        (taken,) = runs.take(db.session(), work, NOW, 9)
        runs.failed(db.session(), taken, NoKey(channel="sms"), NOW, NOW)
        db.session.commit()
    return taken.run_id


def test_regular_work_shows_its_last_run_its_next_moment_and_what_gave_up(desk: World) -> None:
    failed_run(desk)
    shown = main(desk.browser("shilei").get("/incidents").text)
    assert "Check the chains of history daily at 02:30 today 02:30 failed tomorrow 02:30" in shown
    assert "The run of today 02:30 gave up. There is no key for the channel sms." in shown
    assert re.search(r'id="count-incidents">1<', desk.browser("admin").get("/to-dos").text)


def test_a_run_is_tried_again_with_a_reason_once(desk: World) -> None:
    number = failed_run(desk)
    first, second = desk.browser("admin"), desk.browser("fanming")
    address = f"/incidents/regular-work/{number}/retry"
    refused = first.post(address, data={"reason": ""}, follow_redirects=True)
    assert "Please give a reason." in main(refused.text)
    done = first.post(address, data={"reason": "key put there"}, follow_redirects=True)
    assert "It is tried again now." in main(done.text)
    assert desk.ask(select(ScheduledRun.state)) == ["ready"]
    (event,) = desk.ask(select(HistoryEvent).where(HistoryEvent.chain == f"scheduled_run:{number}"))
    assert (event.actor, event.verb, json.loads(event.details)["reason"]) == (
        "admin",
        "retried",
        "key put there",
    )
    desk.later(minutes=1)
    late = second.post(address, data={"reason": "me too"}, follow_redirects=True)
    assert "Administrator dealt with this incident at today 10:42." in main(late.text)
    with desk.app.app_context():
        assert desk.engine.verify().broken == []


def test_every_minute_is_said_as_people_say_it(desk: World) -> None:
    desk.app.extensions["schedule"] = [
        Regular(name="a", title=_l("x"), do=nothing, every=timedelta(minutes=15)),
        Regular(name="b", title=_l("x"), do=nothing, every=timedelta(minutes=1)),
    ]
    shown = main(desk.browser("admin").get("/incidents").text)
    assert "every 15 minutes" in shown
    assert "every minute" in shown
