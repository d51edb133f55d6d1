"""What a person does beside a process and its history are one transaction: both are there, or neither."""

import json

import pytest
from sqlalchemy import insert, select

from app.engine import Actor
from app.engine.problems import ProcessUnknown
from models.history import HistoryEvent
from models.process import Incident
from tests.engine import draw
from tests.engine.world import ME, START, World, incidents


def waiting(w: World) -> int:
    w.publish(
        "p",
        draw.file(
            draw.process("p", draw.start(), draw.user("ask"), draw.end(), draw.way("start", "ask", "end"))
        ),
    )
    return w.begin("p")


def noted(process_id: int):
    """A change to some row of its own."""
    row = {"process_id": process_id, "element": "x", "message": "m", "fields": {}, "created_at": START}

    def change(session):
        return len(session.scalars(insert(Incident).values(row).returning(Incident.id)).all())

    return change


def test_a_change_and_its_history_are_committed_together(world):
    w = world(live=8)
    p = waiting(w)
    assert (
        w.engine.act(f"process:{p}", "paused", Actor("a", on_behalf_of="b"), {"reason": "投诉多"}, noted(p))
        == 1
    )
    w.do("ask")
    assert len(incidents(w)) == 1
    assert w.verbs(p) == ["started", "paused", "completed", "ended"]
    row = w.history(p)[1]
    assert (row.actor, row.on_behalf_of, row.subject_type, row.subject_id) == ("a", "b", "campaign", 17)
    assert json.loads(row.details) == {"reason": "投诉多"}
    assert w.engine.verify().broken == []


def test_a_change_that_fails_leaves_neither(world):
    w = world()
    p = waiting(w)

    def change(session):
        noted(p)(session)
        raise ValueError("no")

    for chain in (f"process:{p}", "work_order:3"):
        with pytest.raises(ValueError, match="no"):
            w.engine.act(chain, "paused", ME, {}, change)
    assert incidents(w) == []
    assert w.verbs(p) == ["started"]
    assert list(w.session.scalars(select(HistoryEvent).where(HistoryEvent.chain == "work_order:3"))) == []


def test_an_object_has_a_chain_of_its_own(world):
    w = world()
    p = waiting(w)
    w.engine.act("work_order:3", "paused", ME, {"reason": "x"}, noted(p))
    w.engine.refuse("work_order:3", "resume", ME, {"reason": "y"})
    rows = list(w.session.scalars(select(HistoryEvent).where(HistoryEvent.chain == "work_order:3")))
    assert [(r.seq, r.verb, r.subject_type, r.subject_id) for r in rows] == [
        (1, "paused", "work_order", 3),
        (2, "refused", "work_order", 3),
    ]
    assert w.engine.verify().broken == []


def test_an_ended_process_can_still_be_written_about(world):
    w = world()
    p = waiting(w)
    w.do("ask")
    w.engine.act(f"process:{p}", "unknown_settled", ME, {}, lambda session: None)
    assert w.verbs(p)[-1] == "unknown_settled"
    assert w.engine.verify().broken == []


def test_a_process_that_is_not_there_changes_nothing(world):
    w = world()
    p = waiting(w)
    with pytest.raises(ProcessUnknown):
        w.engine.act("process:99", "paused", ME, {}, noted(p))
    assert incidents(w) == []
