"""Random walks: whatever happens, the stored process is the live one, and the rows are the tree."""

import random
from typing import Any

import pytest

from app.engine import SYSTEM
from app.engine import state as states
from app.engine.flow import Flow
from tests.engine import draw
from tests.engine.world import ME, World, incidents, op


def walked() -> bytes:
    """A loop of calls, many instances, a fork, jobs, timers, messages, an event sub-process: all at once."""
    inner = draw.process(
        "inner",
        draw.start("i"),
        draw.parallel("f"),
        draw.user(
            "sign",
            draw.many("people", "person", "votes", "vote", "count(votes, 'no') > 0"),
            outcomes="yes,no",
            candidates="person",
            result="vote",
        ),
        draw.border("nudge", "sign", draw.timer("R3/PT5H", "timeCycle"), interrupting=False),
        draw.user("urge"),
        draw.end("ue"),
        draw.service("job", "x.job", n="n"),
        draw.parallel("j"),
        draw.end("ie"),
        draw.way("i", "f", "sign", "j", "ie"),
        draw.way("f", "job", "j"),
        draw.way("nudge", "urge", "ue"),
        takes="people n",
        gives="votes",
    )
    small = draw.process(
        "small",
        draw.start("s"),
        draw.user("each", outcomes="yes,no", result="mark"),
        draw.end("se"),
        draw.way("s", "each", "se"),
        takes="person",
        gives="mark",
    )
    aside = draw.sub(
        "aside",
        draw.start("as_", draw.message("note", "said"), "false"),
        draw.user("read"),
        draw.end("ae"),
        draw.way("as_", "read", "ae"),
        by_event=True,
    )
    outer = draw.process(
        "p",
        draw.start(),
        draw.exclusive("in"),
        draw.service("count", "x.count", n="n"),
        draw.call("approve", "inner"),
        draw.border("recall", "approve", draw.message("recall"), correlation="number"),
        draw.user("mend"),
        draw.call("many", "small", draw.many("people", "person", "marks", "mark", "nr_of_completed >= 2")),
        draw.border("halt", "many", draw.message("recall"), correlation="number"),
        draw.first_of("wait"),
        draw.catch("day", draw.timer("P1D")),
        draw.catch("news", draw.message("news"), correlation="number"),
        draw.exclusive("both"),
        draw.sub("box", draw.start("bs"), draw.user("boxed"), draw.end("be"), draw.way("bs", "boxed", "be")),
        draw.exclusive("over", "over_in"),
        draw.end(),
        aside,
        draw.way("start", "in", "count", "approve", "many", "wait", "day", "both", "box", "over"),
        draw.way("wait", "news", "both"),
        draw.way("recall", "mend", "in"),
        draw.way("halt", "mend"),
        draw.flow("over", "end", "n > 4"),
        draw.flow("over", "in", key="over_in"),
    )
    return draw.file(draw.messages("recall", "news", "note"), outer, inner, small)


def picture(flow: Flow) -> dict[str, Any]:
    """Everything a later step could depend on."""
    return {
        str(f.parent_task_id): (
            {
                str(t.id): (
                    str(t._parent),
                    [str(c) for c in t._children],
                    t._state,
                    t.last_state_change,
                    t.task_spec.name,
                    t.triggered,
                    t.internal_data,
                    t.data,
                )
                for t in f.tasks.values()
            },
            f.data,
            str(f.last_task.id) if f.last_task else None,
            f.success,
            f.completed,
            f.spec.name,
            f.depth,
        )
        for f in flow.open_and_closed()
    }


def one_step(w: World, p: int, dice: random.Random) -> None:
    """Something a person, the clock, the worker or the outside world might do just now."""
    to_dos = w.open(p)
    chance = dice.random()
    if chance < 0.12:
        name = dice.choice(["recall", "news", "news", "note"])
        w.engine.deliver(name, dice.choice([7, 7, 8, ""]), {"n": 1}, ME, allow_none=True)
    elif chance < 0.22:
        w.later(hours=dice.choice([1, 5, 24]))
    elif chance < 0.4 and w.jobs():
        w.run_jobs()
    elif to_dos:
        to_do = dice.choice(to_dos)
        outcomes = to_do.properties.get("outcomes", "done").split(",")
        if dice.random() < 0.1 and to_do.assignee is None:
            w.engine.claim(to_do.id, ME)
        else:
            w.engine.complete(to_do.id, SYSTEM, dice.choice(outcomes), {})
    else:
        w.later(hours=24)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("live", [0, 8])
def test_a_cold_reload_equals_the_live_process(world, seed, live):
    walk(world, seed, live, 30)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 125))
def test_long_walks(world, seed):
    walk(world, seed, 8, 250)


def walk(world, seed: int, live: int, steps: int) -> None:
    dice = random.Random(seed)
    failures = random.Random(seed + 100)

    def job(n):
        if failures.random() < 0.2:
            raise RuntimeError("the wire is cut")
        return {"n": n}

    w = world(op("x.count", lambda n: {"n": n + 1}, "n"), op("x.job", job, "n", kind="job"), live=live)
    w.publish("p", walked())
    p = w.begin("p", n=0, number=7, people=["a", "b", "c"])
    for _ in range(steps):
        if w.process(p).state != "running":
            break
        one_step(w, p, dice)
        for stuck in [i.id for i in incidents(w) if i.state == "open"]:
            w.engine.retry(stuck, ME, "again")
        w.rows_follow_the_tree(p)
        kept = w.engine._around.live._kept.get(p)
        if kept is not None:
            assert picture(kept.flow) == picture(w.load(p))
        if dice.random() < 0.2:
            w.engine._around.live.clear()
        assert_marks_are_complete(w.load(p))
    assert w.engine.verify().broken == []
    w.engine.path(p)


def assert_marks_are_complete(flow: Flow) -> None:
    """Right after loading there is nothing to store: storing it again writes no task."""
    again = states._unpack(states.changes(flow, [0, ""]))
    assert again["flows"] == {}
    assert again["dead"] == []


def test_the_walks_reach_every_node(world):
    """A walk that never gets anywhere proves nothing."""
    seen: set[str] = set()
    for seed in (2, 4):
        dice = random.Random(seed)
        w = world(
            op("x.count", lambda n: {"n": n + 1}, "n"), op("x.job", lambda n: {}, "n", kind="job"), live=8
        )
        w.publish("p", walked())
        p = w.begin("p", n=0, number=7, people=["a", "b", "c"])
        for _ in range(50):
            if w.process(p).state == "running":
                one_step(w, p, dice)
        seen |= {n.element for n in w.engine.path(p).nodes if n.visits}
    assert {
        "recall",
        "mend",
        "nudge",
        "urge",
        "halt",
        "news",
        "day",
        "boxed",
        "read",
        "each",
        "sign",
        "job",
    } <= seen


def test_snapshots_come_every_sixteen_revisions(world):
    from sqlalchemy import select

    from models.process import ProcessState

    w = world()
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.user("u", draw.many("people", "person")),
                draw.end(),
                draw.way("start", "u", "end"),
            )
        ),
    )
    p = w.begin("p", people=list(range(40)))
    for _ in range(33):
        w.do("u")
        rows = list(
            w.session.execute(
                select(ProcessState.revision, ProcessState.is_snapshot).order_by(ProcessState.revision)
            )
        )
        assert rows[0].is_snapshot
        assert len(rows) <= 16
        assert rows[-1].revision == w.process(p).revision
