"""Each bug of SpiffWorkflow 3.2.0 that is met in one named place is gone."""

from datetime import timedelta
from itertools import pairwise

import pytest

from app.engine import EndlessLoop
from tests.engine import draw
from tests.engine.world import ME, World, op


def round_and_round(border: bool = False, boxes: int = 60) -> bytes:
    """A loop with one to-do, and so many boxes that do nothing to make it deep."""
    beside = (
        draw.border("late", "u", draw.timer("P9D")) + draw.end("e2") + draw.way("late", "e2")
        if border
        else ""
    )
    row = [f"box{n}" for n in range(boxes)]
    return draw.file(
        draw.process(
            "p",
            draw.start(),
            draw.exclusive("in"),
            draw.user("u", outcomes="again,over"),
            *[draw.box(key) for key in row],
            draw.exclusive("over", "over_in"),
            draw.end(),
            beside,
            draw.way("start", "in", "u", *row, "over"),
            draw.flow("over", "end", "outcome == 'over'"),
            draw.flow("over", "in", key="over_in"),
        )
    )


@pytest.mark.parametrize("border", [False, True])
def test_a_loop_goes_on_below_depth_1000(world, border):
    """3.2.0 lost the task at depth 1001 and called the process complete, or died of recursion."""
    w = world(live=4)
    w.publish("p", round_and_round(border))
    p = w.begin("p")
    for _ in range(20):
        w.do("u", "again")
    assert w.process(p).state == "running"
    w.rows_follow_the_tree(p)
    w.do("u", "over")
    assert w.process(p).state == "done"


def test_branches_meet_below_depth_1000(world):
    row = [f"box{n}" for n in range(40)]
    w = world(live=4)
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.exclusive("in"),
                *[draw.box(key) for key in row],
                draw.parallel("f"),
                draw.user("a"),
                draw.user("b"),
                draw.parallel("j"),
                draw.end(),
                draw.exclusive("over", "over_in"),
                draw.way("start", "in", *row, "f", "a", "j", "over"),
                draw.way("f", "b", "j"),
                draw.flow("over", "end", "outcome == 'never'"),
                draw.flow("over", "in", key="over_in"),
            )
        ),
    )
    p = w.begin("p")
    for _ in range(26):
        w.do("a")
        w.do("b")
    assert w.elements() == ["a", "b"]
    w.rows_follow_the_tree(p)


def test_equal_values_stay_equal_values(world):
    """3.2.0 merged lists as if they were sets."""
    w = world(op("x.a", lambda: {"votes": ["pass", "pass"]}))
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.user("u"),
                draw.service("a", "x.a"),
                draw.user("v"),
                draw.end(),
                draw.border("b", "v", draw.timer("P1D"), interrupting=False),
                draw.end("e2"),
                draw.way("start", "u", "a", "v", "end"),
                draw.way("b", "e2"),
            )
        ),
    )
    p = w.begin("p", votes=["pass"])
    w.do("u")
    w.do("v")
    assert w.data(p)["votes"] == ["pass", "pass"]


def branches(second: str) -> bytes:
    return draw.file(
        draw.process(
            "p",
            draw.start(),
            draw.exclusive("in"),
            draw.parallel("f"),
            draw.user("a", result="a", outcomes="x,y"),
            draw.user("b", result="b", outcomes="x,y"),
            draw.parallel("j"),
            draw.user("u", outcomes="again,over"),
            draw.exclusive("over", "over_in"),
            draw.end(),
            draw.way("start", "in", "f", "a", "j", "u", "over"),
            draw.way("f", "b", "j"),
            draw.flow("over", "end", "outcome == 'over'"),
            draw.flow("over", "in", key="over_in"),
        )
    )


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_join_keeps_what_each_branch_changed_in_every_pass(world, order):
    """3.2.0 let the branch that arrives last overwrite what it never touched."""
    w = world()
    w.publish("p", branches("b"))
    w.begin("p", a="old", b="old")
    for a, b in (("x", "y"), ("y", "x"), ("x", "x")):
        for element in order:
            w.do(element, {"a": a, "b": b}[element])
        given = w.open()[0].variables
        assert (given["a"], given["b"]) == (a, b)
        w.do("u", "again")


def test_two_ends_at_once_the_second_is_not_run(world):
    """3.2.0 ran what a terminate event had cancelled in the same round."""
    ran = []
    w = world(op("x.a", lambda: ran.append(1) or {}))
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.parallel("f"),
                draw.end("stop", draw.TERMINATE),
                draw.service("a", "x.a"),
                draw.user("u"),
                draw.end(),
                draw.way("start", "f", "stop"),
                draw.way("f", "a", "u", "end"),
            )
        ),
    )
    p = w.begin("p")
    assert ran == []
    assert w.process(p).outcome == "stop"


def test_an_endless_loop_is_stopped_and_undone(world):
    w = world(op("x.a", lambda: {"n": 1}))
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.user("u"),
                draw.exclusive("in"),
                draw.service("a", "x.a"),
                draw.exclusive("over", "over_in"),
                draw.end(),
                draw.way("start", "u", "in", "a", "over"),
                draw.flow("over", "end", "n > 1"),
                draw.flow("over", "in", key="over_in"),
            )
        ),
    )
    p = w.begin("p")
    with pytest.raises(EndlessLoop):
        w.do("u")
    assert w.elements() == ["u"]
    w.rows_follow_the_tree(p)


def test_what_is_waited_for_inside_a_removed_task_is_forgotten(world):
    """3.2.0 kept events of removed tasks and died on them at the next refresh."""
    inner = draw.process(
        "inner",
        draw.start("i"),
        draw.catch("rest", draw.timer("P1D")),
        draw.end("ie"),
        draw.way("i", "rest", "ie"),
        takes="x",
        gives="y",
    )
    outer = draw.process(
        "p",
        draw.start(),
        draw.call("go", "inner", draw.many("xs", "x", "ys", "y")),
        draw.border("stop", "go", draw.message("stop")),
        draw.catch("more", draw.timer("P9D")),
        draw.end(),
        draw.end("e2"),
        draw.way("start", "go", "end"),
        draw.way("stop", "more", "e2"),
    )
    w = world(live=4)
    w.publish("p", draw.file(draw.messages("stop"), outer, inner))
    p = w.begin("p", xs=[1, 2, 3])
    w.engine.deliver("stop", "", {}, ME)
    w.rows_follow_the_tree(p)
    w.later(days=1)
    w.later(days=9)
    assert w.process(p).outcome == "e2"


def test_tasks_carry_the_moments_of_the_host(world):
    w = world()
    w.publish("p", round_and_round())
    p = w.begin("p")
    w.now += timedelta(days=400)
    w.do("u", "again")
    stamps = [t.last_state_change for t in w.load(p).tasks.values() if t._state == 64]
    assert min(stamps) < w.now.timestamp() - 300 * 86400
    assert max(stamps) < w.now.timestamp() + 1
    assert all(a != b for a, b in pairwise(sorted(stamps)))


def work_of(w: World, p: int) -> int:
    return len(w.load(p).tasks)


def test_a_finished_called_process_stays_packed(world):
    """The same step costs the same in an old process: what is over is not unpacked."""
    inner = draw.process(
        "inner", draw.start("i"), draw.user("ask"), draw.end("ie"), draw.way("i", "ask", "ie"), gives="n"
    )
    outer = draw.process(
        "p",
        draw.start(),
        draw.exclusive("in"),
        draw.call("go", "inner"),
        draw.user("u", outcomes="again,over"),
        draw.exclusive("over", "over_in"),
        draw.end(),
        draw.way("start", "in", "go", "u", "over"),
        draw.flow("over", "end", "outcome == 'over'"),
        draw.flow("over", "in", key="over_in"),
    )
    w = world()
    w.publish("p", draw.file(outer, inner))
    p = w.begin("p")
    for _ in range(20):
        w.do("ask")
        w.do("u", "again")
    flow = w.load(p)
    packed = [f for f in flow.subprocesses.values() if f.is_frozen]
    assert len(packed) >= 12
    assert len(w.engine.path(p).nodes) == 9
    w.do("ask")
    w.do("u", "over")
    assert w.process(p).state == "done"
