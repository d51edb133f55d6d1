"""Messages by name and correlation."""

import pytest
from sqlalchemy import select

from app.engine import Actor, NobodyWaits
from models.process import MessageWait
from tests.engine import draw
from tests.engine.world import ME, op


def catching(correlation: str = "campaign_id") -> bytes:
    return draw.file(
        draw.messages("answers_in"),
        draw.process(
            "p",
            draw.start(),
            draw.catch("ans", draw.message("answers_in", "got"), correlation=correlation),
            draw.user("after"),
            draw.end(),
            draw.way("start", "ans", "after", "end"),
        ),
    )


def test_only_the_process_it_is_meant_for_gets_it(world):
    w = world()
    w.publish("p", catching())
    first, second = w.begin("p", campaign_id=1), w.begin("p", campaign_id=2)
    w.rows_follow_the_tree(first)
    assert w.engine.deliver("answers_in", 2, {"n": 5}, ME) == 1
    assert [t.process_id for t in w.open()] == [second]
    assert w.open()[0].variables == {"campaign_id": 2, "got": {"n": 5}}
    assert "message" in w.verbs(second)
    assert "message" not in w.verbs(first)
    w.rows_follow_the_tree(second)


def test_without_correlation_every_waiting_process_gets_it(world):
    w = world()
    w.publish("p", catching(""))
    w.begin("p", campaign_id=1), w.begin("p", campaign_id=2)
    assert w.engine.deliver("answers_in", "whatever", None, ME) == 2
    assert len(w.open()) == 2


def test_when_nobody_waits_it_is_said(world):
    w = world()
    w.publish("p", catching())
    w.begin("p", campaign_id=1)
    with pytest.raises(NobodyWaits) as caught:
        w.engine.deliver("answers_in", 3, None, ME)
    assert caught.value.fields == {"name": "answers_in", "correlation": "3"}
    assert w.engine.deliver("answers_in", 3, None, ME, allow_none=True) == 0


def recall(interrupting: bool = True) -> bytes:
    inner = draw.process(
        "inner",
        draw.start("i"),
        draw.parallel("f"),
        draw.user("ask", draw.many("people", "person"), candidates="person"),
        draw.service("work", "x.work"),
        draw.catch("never", draw.message("never")),
        draw.parallel("j"),
        draw.end("ie"),
        draw.way("i", "f", "ask", "j", "ie"),
        draw.way("f", "work", "j"),
        draw.way("f", "never", "j"),
        takes="people",
        gives="result",
    )
    outer = draw.process(
        "p",
        draw.start(),
        draw.call("approve", "inner"),
        draw.border("recall", "approve", draw.message("recall"), interrupting, correlation="campaign_id"),
        draw.user("again"),
        draw.end(),
        draw.end("end2"),
        draw.way("start", "approve", "end"),
        draw.way("recall", "again", "end2"),
    )
    return draw.file(draw.messages("recall", "never"), outer, inner)


def test_a_recall_closes_everything_inside(world):
    w = world(op("x.work", lambda: {}, kind="job"))
    w.publish("p", recall())
    p = w.begin("p", campaign_id=1, people=["a", "b"])
    assert w.elements() == ["ask", "ask"]
    w.rows_follow_the_tree(p)
    w.engine.deliver("recall", 1, {}, Actor("yefang"))
    assert w.elements() == ["again"]
    assert [j.state for j in w.jobs()] == ["cancelled"]
    assert list(w.session.scalars(select(MessageWait))) == []
    w.rows_follow_the_tree(p)
    w.do("again")
    assert w.process(p).outcome == "end2"


def test_a_message_beside_lets_the_inside_go_on(world):
    w = world(op("x.work", lambda: {}, kind="job"))
    w.publish("p", recall(interrupting=False))
    p = w.begin("p", campaign_id=1, people=["a"])
    w.engine.deliver("recall", 1, {}, ME)
    assert w.elements() == ["again", "ask"]
    w.rows_follow_the_tree(p)


def many_calls() -> bytes:
    inner = draw.process(
        "inner",
        draw.start("i"),
        draw.user("ask", candidates="person"),
        draw.end("ie"),
        draw.way("i", "ask", "ie"),
        takes="person",
        gives="vote",
    )
    outer = draw.process(
        "p",
        draw.start(),
        draw.call("approve", "inner", draw.many("people", "person", "votes", "vote")),
        draw.border("recall", "approve", draw.message("recall"), correlation="campaign_id"),
        draw.user("again"),
        draw.end(),
        draw.end("end2"),
        draw.way("start", "approve", "end"),
        draw.way("recall", "again", "end2"),
    )
    return draw.file(draw.messages("recall"), outer, inner)


def test_a_recall_of_many_calls_leaves_no_orphan(world):
    w = world()
    w.publish("p", many_calls())
    p = w.begin("p", campaign_id=1, people=["a", "b", "c"])
    w.do("ask")
    w.engine.deliver("recall", 1, {}, ME)
    assert w.elements() == ["again"]
    w.rows_follow_the_tree(p)
    w.do("again")
    assert w.process(p).state == "done"


def gateway() -> bytes:
    return draw.file(
        draw.messages("answers_in", "stop"),
        draw.process(
            "p",
            draw.start(),
            draw.first_of("wait"),
            draw.catch("ans", draw.message("answers_in", "got"), correlation="campaign_id"),
            draw.catch("halt", draw.message("stop"), correlation="campaign_id"),
            draw.catch("day", draw.timer("P1D")),
            draw.user("a"),
            draw.user("b"),
            draw.user("c"),
            draw.end("ea"),
            draw.end("eb"),
            draw.end("ec"),
            draw.way("start", "wait", "ans", "a", "ea"),
            draw.way("wait", "halt", "b", "eb"),
            draw.way("wait", "day", "c", "ec"),
        ),
    )


@pytest.mark.parametrize(("name", "winner"), [("answers_in", "a"), ("stop", "b"), (None, "c")])
def test_what_comes_first_goes_on_and_nothing_else(world, name, winner):
    w = world()
    w.publish("p", gateway())
    p = w.begin("p", campaign_id=4)
    w.rows_follow_the_tree(p)
    if name:
        w.engine.deliver(name, 4, {"n": 1}, ME)
    else:
        w.later(days=1)
    assert w.elements() == [winner]
    assert w.process(p).next_due is None
    w.rows_follow_the_tree(p)
    assert w.open()[0].variables.get("got") == ({"n": 1} if winner == "a" else None)


def test_a_message_at_the_very_moment_of_the_timer_takes_one_way(world):
    from datetime import timedelta

    w = world()
    w.publish("p", gateway())
    w.begin("p", campaign_id=4)
    w.now += timedelta(days=1)
    w.engine.deliver("answers_in", 4, {}, ME)
    assert w.elements() == ["a"]
    assert w.later(seconds=1) == []


def by_event(interrupting: str) -> bytes:
    esp = draw.sub(
        "recalled",
        draw.start("es", draw.message("recall", "why"), interrupting),
        draw.user("clean"),
        draw.end("ee"),
        draw.way("es", "clean", "ee"),
        by_event=True,
    )
    return draw.file(
        draw.messages("recall"),
        draw.process("p", draw.start(), draw.user("ask"), draw.end(), draw.way("start", "ask", "end"), esp),
    )


def test_an_event_sub_process_ends_what_it_interrupts_and_no_other_process(world):
    w = world()
    w.publish("p", by_event("true"))
    p, other = w.begin("p"), w.begin("p")
    w.rows_follow_the_tree(p)
    assert w.engine.deliver("recall", "", {"n": 1}, ME) == 2
    later = w.begin("p")
    assert [(t.process_id, t.element) for t in w.open()] == [(p, "clean"), (other, "clean"), (later, "ask")]
    assert w.open(p)[0].variables == {"why": {"n": 1}}
    w.rows_follow_the_tree(p)
    w.do("clean")
    assert w.process(p).state == "done"


def test_an_event_sub_process_beside_may_start_twice(world):
    w = world()
    w.publish("p", by_event("false"))
    p = w.begin("p")
    w.engine.deliver("recall", "", {}, ME)
    w.engine.deliver("recall", "", {}, ME)
    assert w.elements() == ["ask", "clean", "clean"]
    w.rows_follow_the_tree(p)
    for element in ("ask", "clean", "clean"):
        assert w.process(p).state == "running"
        w.do(element)
    assert w.process(p).state == "done"
