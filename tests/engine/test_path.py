"""The way a process took, for drawing."""

from datetime import timedelta

from tests.engine import draw
from tests.engine.world import ME, START


def loop() -> bytes:
    inner = draw.process(
        "inner",
        draw.start("i"),
        draw.user("ask", draw.many("people", "person", "votes", "vote"), result="vote"),
        draw.end("ie"),
        draw.way("i", "ask", "ie"),
        takes="people",
        gives="votes",
    )
    outer = draw.process(
        "p",
        draw.start(),
        draw.exclusive("to_plan"),
        draw.user("plan", name="策划"),
        draw.call("approve", "inner"),
        draw.border("recall", "approve", draw.message("recall")),
        draw.exclusive("ok", "ok_end"),
        draw.user("never"),
        draw.end(),
        draw.end("end2"),
        draw.way("start", "to_plan", "plan", "approve", "ok"),
        draw.flow("ok", "to_plan", "len(votes) < 2"),
        draw.flow("ok", "end", key="ok_end"),
        draw.way("recall", "never", "end2"),
    )
    return draw.file(draw.messages("recall"), outer, inner)


def states(w, p):
    return {n.path: (n.state, n.visits) for n in w.engine.path(p).nodes}


def test_where_it_has_been_and_is(world):
    w = world()
    w.publish("p", loop())
    p = w.begin("p", people=["a"])
    w.now += timedelta(hours=1)
    w.do("plan")
    assert states(w, p) == {
        "start": ("done", 1),
        "to_plan": ("done", 1),
        "plan": ("done", 1),
        "approve": ("now", 1),
        "approve/i": ("done", 1),
        "approve/ask": ("now", 1),
        "approve/ie": ("future", 0),
        "recall": ("now", 1),
        "ok": ("future", 0),
        "never": ("future", 0),
        "end": ("future", 0),
        "end2": ("future", 0),
    }
    assert w.engine.path(p).flows == {"start_to_plan", "to_plan_plan", "plan_approve", "approve/i_ask"}
    w.now += timedelta(hours=1)
    w.do("ask")
    after = states(w, p)
    assert (after["plan"], after["approve"], after["approve/ask"]) == (("now", 2), ("done", 1), ("done", 1))
    assert "ok_to_plan" in w.engine.path(p).flows
    assert "approve_ok" in w.engine.path(p).flows
    assert "recall_never" not in w.engine.path(p).flows
    plan = next(n for n in w.engine.path(p).nodes if n.path == "plan")
    assert (plan.name, plan.kind, plan.entered_at, plan.left_at) == ("策划", "userTask", START, None)
    w.engine.stop(p, ME, "no")
    over = states(w, p)
    assert (over["plan"], over["end"], over["never"]) == (("done", 1), ("skipped", 0), ("skipped", 0))


def test_a_recall_is_a_flow_of_its_own(world):
    w = world()
    w.publish("p", loop())
    p = w.begin("p", people=["a"])
    w.do("plan")
    w.engine.deliver("recall", "", {}, ME)
    path = w.engine.path(p)
    assert "recall_never" in path.flows
    assert "approve_ok" not in path.flows
    assert states(w, p)["approve"][0] == "skipped"
    assert states(w, p)["never"] == ("now", 1)


def test_times_of_the_stages(world):
    w = world()
    w.publish("p", loop())
    p = w.begin("p", people=["a"])
    for hour in (1, 2, 3):
        w.now = START + timedelta(hours=hour)
        w.do(w.open()[0].element)
    found = {s.element: (s.entered_at, s.left_at) for s in w.engine.stage_times(p)}
    assert found["plan"] == (START, START + timedelta(hours=3))
    assert found["approve"] == (START + timedelta(hours=1), None)
    assert found["never"] == (None, None)
    assert [s.element for s in w.engine.stage_times(p)][:3] == ["start", "to_plan", "plan"]
