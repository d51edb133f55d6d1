"""Timers on the host's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.engine import draw
from tests.engine.world import START, op


def wait(text: str, kind: str = "timeDuration") -> bytes:
    return draw.file(
        draw.process(
            "p",
            draw.start(),
            draw.catch("rest", draw.timer(text, kind)),
            draw.user("after"),
            draw.end(),
            draw.way("start", "rest", "after", "end"),
        )
    )


@pytest.mark.parametrize(
    ("text", "kind", "due"),
    [
        ("PT1H", "timeDuration", START + timedelta(hours=1)),
        ('"PT1H"', "timeDuration", START + timedelta(hours=1)),
        ("how_long", "timeDuration", START + timedelta(days=2)),
        ("get(limits, 'rest')", "timeDuration", START + timedelta(minutes=90)),
        ("2026-03-02T17:30:00+08:00", "timeDate", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-03T09:00:00", "timeDate", datetime(2026, 3, 3, 1, tzinfo=UTC)),
        ("day", "timeDate", datetime(2026, 3, 4, 16, tzinfo=UTC)),
    ],
)
def test_a_timer_is_found_by_its_due_time_and_fires_then(world, text, kind, due):
    w = world()
    w.publish("p", wait(text, kind))
    p = w.begin("p", how_long="P2D", limits={"rest": "PT1H30M"}, day="2026-03-05")
    assert w.process(p).next_due == due
    w.rows_follow_the_tree(p)
    w.now = due - timedelta(seconds=1)
    assert w.engine.due_timers(w.now, 10) == []
    assert w.later(seconds=1) == [p]
    assert w.elements() == ["after"]
    assert w.process(p).next_due is None
    assert "timer" in w.verbs(p)


def test_a_moment_that_is_past_does_not_wait(world):
    w = world()
    w.publish("p", wait("2020-01-01", "timeDate"))
    w.begin("p")
    assert w.elements() == ["after"]


def test_waking_too_early_changes_nothing(world):
    w = world()
    w.publish("p", wait("PT1H"))
    p = w.begin("p")
    before = w.process(p).revision
    assert w.engine.wake(p) is False
    assert w.process(p).revision == before


def bordered(text: str, kind: str = "timeDuration", interrupting: bool = True) -> bytes:
    return draw.file(
        draw.process(
            "p",
            draw.start(),
            draw.user("ask"),
            draw.border("late", "ask", draw.timer(text, kind), interrupting),
            draw.user("remind"),
            draw.end(),
            draw.end("end2"),
            draw.way("start", "ask", "end"),
            draw.way("late", "remind", "end2"),
        )
    )


def test_an_interrupting_timer_takes_the_to_do_away(world):
    w = world()
    w.publish("p", bordered("P1D"))
    p = w.begin("p")
    w.later(days=1)
    assert w.elements() == ["remind"]
    w.rows_follow_the_tree(p)
    w.do("remind")
    assert w.process(p).outcome == "end2"


def test_done_in_time_there_is_nothing_left_to_fire(world):
    w = world()
    w.publish("p", bordered("P1D"))
    p = w.begin("p")
    w.do("ask")
    assert (w.process(p).state, w.process(p).next_due) == ("done", None)


def test_a_timer_beside_leaves_the_to_do(world):
    w = world()
    w.publish("p", bordered("P1D", interrupting=False))
    p = w.begin("p")
    w.later(days=1)
    assert w.elements() == ["ask", "remind"]
    w.rows_follow_the_tree(p)
    w.do("ask")
    assert w.process(p).state == "running"
    w.do("remind")
    assert w.process(p).state == "done"


def test_a_cycle_fires_as_often_as_it_says_once_a_wake_up(world):
    w = world()
    w.publish("p", bordered("R2/PT1H", "timeCycle", interrupting=False))
    p = w.begin("p")
    for hours, reminders in ((1, 1), (1, 2), (5, 2)):
        w.later(hours=hours)
        assert w.elements().count("remind") == reminders
        w.rows_follow_the_tree(p)
    assert w.process(p).next_due is None


def test_a_late_wake_up_catches_up_one_by_one(world):
    w = world()
    w.publish("p", bordered("R/PT1H", "timeCycle", interrupting=False))
    p = w.begin("p")
    w.later(hours=3)
    assert w.elements().count("remind") == 1
    assert w.engine.due_timers(w.now, 9) == [p]
    w.later(seconds=0)
    w.later(seconds=0)
    assert w.elements().count("remind") == 3
    assert w.engine.due_timers(w.now, 9) == []


def test_reminders_of_a_cycle_stay_when_the_activity_is_done(world):
    w = world()
    w.publish("p", bordered("R3/PT1H", "timeCycle", interrupting=False))
    p = w.begin("p")
    w.later(hours=1)
    w.do("ask")
    assert w.elements() == ["remind"]
    w.rows_follow_the_tree(p)
    w.do("remind")
    assert w.process(p).state == "done"


def first_of(*texts: str) -> bytes:
    ways = "".join(
        draw.catch(f"t{n}", draw.timer(text))
        + draw.user(f"after{n}")
        + draw.end(f"end{n}")
        + draw.way("wait", f"t{n}", f"after{n}", f"end{n}")
        for n, text in enumerate(texts)
    )
    return draw.file(draw.process("p", draw.start(), draw.first_of("wait"), ways, draw.way("start", "wait")))


@pytest.mark.parametrize(("texts", "winner"), [(("PT9H", "PT1H"), "after1"), (("PT1H", "PT9H"), "after0")])
def test_of_two_timers_behind_a_gateway_the_earlier_one_fires(world, texts, winner):
    w = world()
    w.publish("p", first_of(*texts))
    p = w.begin("p")
    assert w.process(p).next_due == START + timedelta(hours=1)
    w.rows_follow_the_tree(p)
    w.later(hours=1)
    assert w.elements() == [winner]
    assert w.process(p).next_due is None


def test_a_gateway_in_a_loop_waits_anew_each_time(world):
    rounds = []
    w = world(op("x.count", lambda: rounds.append(1) or {"over": len(rounds) == 3}))
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.exclusive("in"),
                draw.first_of("wait"),
                draw.catch("day", draw.timer("P1D")),
                draw.service("count", "x.count"),
                draw.exclusive("over", default="over_in"),
                draw.end(),
                draw.way("start", "in", "wait", "day", "count", "over"),
                draw.flow("over", "end", "over"),
                draw.flow("over", "in", key="over_in"),
            )
        ),
    )
    p = w.begin("p")
    for day in (1, 2, 3):
        assert w.process(p).next_due == START + timedelta(days=day)
        w.later(days=1)
    assert w.process(p).state == "done"


def test_a_wake_up_that_fails_is_undone_and_tried_later(world):
    left = [1]

    def fragile():
        if left.pop() if left else 0:
            raise RuntimeError("not yet")
        return {}

    w = world(op("x.a", fragile))
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.catch("rest", draw.timer("PT1H")),
                draw.service("a", "x.a"),
                draw.end(),
                draw.way("start", "rest", "a", "end"),
            )
        ),
    )
    p = w.begin("p")
    with pytest.raises(RuntimeError):
        w.later(hours=1)
    assert w.engine.due_timers(w.now, 9) == []
    assert w.later(minutes=6) == [p]
    assert w.process(p).state == "done"


def test_questions_hold_no_lock(world):
    w = world()
    w.publish("p", wait("PT1H"))
    p = w.begin("p")
    w.session.rollback()
    for ask in (
        lambda: w.engine.path(p),
        lambda: w.engine.verify(),
        lambda: w.engine.due_jobs(w.now, 1),
        lambda: w.engine.stage_times(p),
        lambda: w.engine.source(1, "0.bpmn"),
    ):
        ask()
        assert not w.session.in_transaction()
