"""What a person may do about an incident: one verb, one transaction, one event, and only while it is open."""

import json
import threading

import pytest

from app.engine import (
    Actor,
    ArgumentFixed,
    ArgumentMissing,
    ArgumentUnknown,
    ArgumentWrong,
    ExpressionFailed,
    IncidentGone,
    IncidentUnknown,
    NoJobThere,
    ReasonMissing,
)
from models.base import Problem
from models.process import Incident
from tests.engine import draw
from tests.engine.world import ME, World, incidents, op

OTHER = Actor("fanming")


class NoKey(Problem):
    """What a person must mend."""

    message = "There is no key for %(channel)s."


class Wire:
    """A job that fails until it is mended, and remembers what it was given."""

    def __init__(self) -> None:
        self.is_mended = False
        self.given: list[dict[str, object]] = []

    def __call__(self, **given: object) -> dict[str, object]:
        self.given.append(given)
        if not self.is_mended:
            raise NoKey(channel="sms")
        return {"sent": 7}


def sending(result: str = "") -> bytes:
    """A job, a gateway that asks what came of it, and a person at the end."""
    body = draw.process(
        "p", draw.start(),
        draw.service("send", "x.send", result, campaign_id="campaign_id", channel="channel"),
        draw.exclusive("any", default="any_after"), draw.user("after"), draw.end(), draw.end("none"),
        draw.way("start", "send", "any"), draw.flow("any", "none", "sent == 0"), draw.flow("any", "after"),
        draw.way("after", "end"),
    )  # fmt: skip
    return draw.file(body)


def stuck(world, diagram: bytes = b"", **kinds: str) -> tuple[World, Wire, int]:
    """A process whose job gave up."""
    wire = Wire()
    names = ("campaign_id", "channel")
    w = world(
        op("x.send", wire, *names, kind="job", kinds=kinds or {"campaign_id": "integer", "channel": "text"})
    )
    w.publish("p", diagram or sending())
    p = w.begin("p", campaign_id=17, channel="sms")
    w.run_jobs()
    assert [i.state for i in incidents(w)] == ["open"]
    return w, wire, p


def only(w: World) -> int:
    """The number of the one incident."""
    w.session.rollback()
    (number,) = [found.id for found in incidents(w)]
    w.session.rollback()
    return number


def last(w: World, p: int) -> tuple[str, str, dict]:
    """The latest event a person wrote: by whom, which, and its details."""
    event = next(e for e in reversed(w.history(p)) if e.actor != "system")
    return event.actor, event.verb, json.loads(event.details)


def test_what_failed_is_tried_again_with_all_its_tries(world):
    w, wire, p = stuck(world)
    wire.is_mended = True
    w.engine.retry(only(w), ME, "the key is there now")
    assert (w.jobs()[0].state, w.jobs()[0].attempts) == ("ready", 0)
    assert last(w, p)[:2] == ("zhoulan", "retried")
    w.run_jobs()
    assert w.elements() == ["after"]
    assert wire.given[0] == wire.given[1]
    assert [(i.state, i.repaired_by) for i in incidents(w)] == [("repaired", "zhoulan")]
    w.rows_follow_the_tree(p)


def test_arguments_are_corrected_and_both_values_stay_in_history(world):
    w, wire, p = stuck(world)
    wire.is_mended = True
    w.engine.correct(only(w), ME, {"campaign_id": 17, "channel": "call"}, "the centre is down for a week")
    who, verb, details = last(w, p)
    assert (who, verb, details["reason"]) == ("zhoulan", "corrected", "the centre is down for a week")
    assert (details["before"], details["after"]) == ({"channel": "sms"}, {"channel": "call"})
    w.run_jobs()
    assert wire.given[-1] == {"campaign_id": 17, "channel": "call"}
    assert w.elements() == ["after"]
    assert w.engine.verify(p).broken == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"campaign_id": 17, "channel": "call", "day": 1}, ArgumentUnknown),
        ({"campaign_id": 17}, ArgumentMissing),
        ({"campaign_id": 17, "channel": 5}, ArgumentWrong),
        ({"campaign_id": 17, "channel": None}, ArgumentWrong),
        ({"campaign_id": True, "channel": "sms"}, ArgumentWrong),
        ({"campaign_id": 18, "channel": "sms"}, ArgumentFixed),
    ],
)
def test_what_the_operation_cannot_take_is_refused_and_nothing_changes(world, given, problem):
    w, _, p = stuck(world)
    before = w.verbs(p), w.process(p).revision
    with pytest.raises(problem):
        w.engine.correct(only(w), ME, given, "a try")
    assert (w.verbs(p), w.process(p).revision) == before
    assert (w.jobs()[0].state, w.jobs()[0].arguments) == ("failed", {"campaign_id": 17, "channel": "sms"})


def test_an_argument_of_a_kind_nobody_declared_keeps_the_kind_it_has(world):
    w, _, _ = stuck(world, campaign_id="integer")
    with pytest.raises(ArgumentWrong):
        w.engine.correct(only(w), ME, {"campaign_id": 17, "channel": ["sms"]}, "a try")


def test_a_skipped_job_counts_as_done_with_the_result_typed(world):
    w, wire, p = stuck(world)
    w.engine.skip(only(w), ME, {"sent": 0}, "sent by hand")
    assert w.process(p).outcome == "none"
    assert (w.jobs()[0].state, w.jobs()[0].result) == ("done", {"sent": 0})
    event = next(e for e in w.history(p) if e.verb == "skipped")
    assert json.loads(event.details)["result"] == {"sent": 0}
    assert len(wire.given) == 1


def test_a_result_under_one_name_is_skipped_under_that_name(world):
    w, _, _ = stuck(world, sending(result="report").replace(b"sent == 0", b"report[&apos;sent&apos;] == 0"))
    w.engine.skip(only(w), ME, {"sent": 1}, "sent by hand")
    assert w.open()[0].variables["report"] == {"sent": 1}


def test_a_skip_the_diagram_cannot_go_on_from_changes_nothing(world):
    w, _, p = stuck(world)
    with pytest.raises(ExpressionFailed):
        w.engine.skip(only(w), ME, {}, "let it be")
    assert (w.jobs()[0].state, incidents(w)[0].state) == ("failed", "open")
    assert "skipped" not in w.verbs(p)
    w.rows_follow_the_tree(p)


def test_who_skips_is_told_what_the_steps_after_it_will_miss(world):
    w, _, _ = stuck(world)
    after = w.engine.following(only(w))
    assert after.next_steps == (("any", "any"),)
    assert [(need.variable, need.element) for need in after.needs] == [("sent", "any")]


def test_what_is_known_or_set_on_the_way_is_not_missed(world):
    inner = draw.process("q", draw.start("qs"), draw.end("qe"), draw.way("qs", "qe"), takes="channel total")
    body = draw.process(
        "p", draw.start(), draw.service("send", "x.send", campaign_id="campaign_id", channel="channel"),
        draw.user("ask", result="answer"), draw.exclusive("x", default="x_go"), draw.call("go", "q"),
        draw.catch("rest", draw.timer("pause")), draw.end(),
        draw.way("start", "send", "ask", "x", "go", "rest", "end"),
        draw.flow("x", "end", "answer == 'no' and len(list_of) > 0"),
    )  # fmt: skip
    w, _, _ = stuck(world, draw.file(body, inner))
    found = {need.variable: need.element for need in w.engine.following(only(w)).needs}
    assert found == {"list_of": "x", "total": "go", "pause": "rest"}


def test_stop_ends_the_process_where_no_way_is_drawn_for_it(world):
    w, _, p = stuck(world)
    w.engine.stop_at(only(w), ME, "not wanted any more")
    assert (w.process(p).state, w.jobs()[0].state, incidents(w)[0].state) == (
        "stopped",
        "cancelled",
        "repaired",
    )
    assert last(w, p)[:2] == ("zhoulan", "stopped")
    w.rows_follow_the_tree(p)


def test_stop_takes_the_way_the_diagram_draws_for_it_so_that_it_cleans_up(world):
    inner = draw.process(
        "q", draw.start("qs"), draw.service("send", "x.send", campaign_id="campaign_id", channel="channel"),
        draw.end("qe"), draw.way("qs", "send", "qe"), takes="campaign_id channel",
    )  # fmt: skip
    body = draw.process(
        "p", draw.start(), draw.call("go", "q"),
        draw.border("stop", "go", draw.message("stop"), correlation="campaign_id"), draw.user("tidy_up"),
        draw.end(), draw.end("end_stopped"), draw.way("start", "go", "end"),
        draw.way("stop", "tidy_up", "end_stopped"),
    )  # fmt: skip
    w, _, p = stuck(world, draw.file(draw.messages("stop"), body, inner))
    w.engine.stop_at(only(w), ME, "not wanted any more")
    assert (w.elements(), w.process(p).state, w.jobs()[0].state) == (["tidy_up"], "running", "cancelled")
    w.do("tidy_up")
    assert w.process(p).outcome == "end_stopped"
    assert incidents(w)[0].repaired_by == "zhoulan"


VERBS = {
    "retry": lambda engine, number, who, why: engine.retry(number, who, why),
    "correct": lambda engine, number, who, why: engine.correct(
        number, who, {"campaign_id": 17, "channel": "call"}, why
    ),
    "skip": lambda engine, number, who, why: engine.skip(number, who, {"sent": 1}, why),
    "stop": lambda engine, number, who, why: engine.stop_at(number, who, why),
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_needs_a_reason(world, verb):
    w, _, p = stuck(world)
    before = w.verbs(p)
    with pytest.raises(ReasonMissing):
        VERBS[verb](w.engine, only(w), ME, "  ")
    assert (w.verbs(p), incidents(w)[0].state) == (before, "open")


@pytest.mark.parametrize("first", VERBS)
@pytest.mark.parametrize("second", VERBS)
def test_who_comes_second_is_told_by_whom_and_when(world, first, second):
    w, _, p = stuck(world)
    number = only(w)
    VERBS[first](w.engine, number, ME, "because")
    before = w.verbs(p)
    with pytest.raises(IncidentGone) as gone:
        VERBS[second](w.engine, number, OTHER, "because")
    assert gone.value.fields == {"by": "zhoulan", "at": w.now}
    assert w.verbs(p) == before


def test_there_is_nothing_to_do_about_an_incident_nobody_had(world):
    w, _, _ = stuck(world)
    with pytest.raises(IncidentUnknown):
        w.engine.retry(99, ME, "because")


def test_two_people_at_once_one_wins(world, tmp_path):
    wire = Wire()
    w = world(op("x.send", wire, "campaign_id", "channel", kind="job"), on_disk=tmp_path / "e.sqlite")
    w.publish("p", sending())
    p = w.begin("p", campaign_id=17, channel="sms")
    w.run_jobs()
    number, barrier, said = only(w), threading.Barrier(2), {}

    def act(who: Actor, verb: str) -> None:
        barrier.wait()
        try:
            VERBS[verb](w.engine, number, who, "because")
            said[who.login] = "won"
        except IncidentGone as gone:
            said[who.login] = gone.fields["by"]
        finally:
            w.sessions.remove()

    threads = [threading.Thread(target=act, args=each) for each in ((ME, "retry"), (OTHER, "skip"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = next(who for who, what in said.items() if what == "won")
    assert sorted(said.values()) == sorted(["won", winner])
    assert sum(verb in ("retried", "skipped") for verb in w.verbs(p)) == 1


def test_a_timer_can_only_be_tried_again(world):
    ready: list[bool] = []

    def gate() -> dict[str, bool]:
        if not ready:
            raise NoKey(channel="sms")
        return {}

    w = world(op("x.gate", gate))
    body = draw.process(
        "p", draw.start(), draw.catch("rest", draw.timer("PT1H")), draw.service("next", "x.gate"),
        draw.user("after"), draw.end(), draw.way("start", "rest", "next", "after", "end"),
    )  # fmt: skip
    w.publish("p", draw.file(body))
    p = w.begin("p")
    with pytest.raises(NoKey):
        w.later(hours=1)
    assert w.engine.due_timers(w.now, 9) == []
    for verb in ("skip", "correct"):
        with pytest.raises(NoJobThere):
            VERBS[verb](w.engine, only(w), ME, "because")
    ready.append(True)
    w.engine.retry(only(w), ME, "the key is there now")
    assert w.engine.due_timers(w.now, 9) == [p]
    w.later(seconds=0)
    assert w.elements() == ["after"]
    assert [i.state for i in w.session.query(Incident)] == ["repaired"]
