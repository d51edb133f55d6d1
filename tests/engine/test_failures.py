"""What follows a job or a timer may fail too: a person sees it, nothing is half done, it can be mended."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.base import Problem
from models.process import Incident
from tests.engine import draw
from tests.engine.world import ME, World, op


class NotReady(Problem):
    """An operation that refuses until something is mended."""

    message = "%(what)s is not ready."


class Gate:
    """An operation that fails while it is closed."""

    def __init__(self) -> None:
        self.is_open = False

    def __call__(self) -> dict[str, bool]:
        if not self.is_open:
            raise NotReady(what="The list")
        return {"passed": True}


def incidents(w: World) -> list[Incident]:
    w.session.rollback()
    return list(w.session.scalars(select(Incident).order_by(Incident.id)))


def after(first: str) -> bytes:
    return draw.file(draw.process(
        "p", draw.start(), first, draw.service("next", "x.gate", "passed"), draw.user("after"), draw.end(),
        draw.way("start", "first", "next", "after", "end"),
    ))  # fmt: skip


def test_an_operation_behind_a_job_that_fails_is_an_incident_and_a_retry_mends_it(world):
    gate = Gate()
    w = world(op("x.work", lambda: {"n": 1}, kind="job"), op("x.gate", gate))
    w.publish("p", after(draw.service("first", "x.work", "got")))
    p = w.begin("p")
    w.run_jobs()
    found = incidents(w)[0]
    assert (found.state, found.message % found.fields) == ("open", "The list is not ready.")
    assert w.open(p) == []
    gate.is_open = True
    w.engine.retry(found.id, ME, "the list is there now")
    w.run_jobs()
    assert [to_do.element for to_do in w.open(p)] == ["after"]
    assert incidents(w)[0].state == "repaired"


def test_an_operation_behind_a_timer_that_fails_is_one_incident_however_often_it_is_tried(world):
    gate = Gate()
    w = world(op("x.gate", gate))
    w.publish("p", after(draw.catch("first", draw.timer("PT1H"))))
    p = w.begin("p")
    for _ in range(3):
        w.now += timedelta(hours=2)
        with pytest.raises(NotReady):
            w.engine.wake(p)
    assert [(i.state, i.job_id, i.element) for i in incidents(w)] == [("open", None, "timer")]
    assert w.engine.due_timers(w.now, 10) == []
    gate.is_open = True
    w.later(hours=2)
    assert [to_do.element for to_do in w.open(p)] == ["after"]
    assert incidents(w)[0].state == "repaired"
