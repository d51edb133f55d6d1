"""History is complete, chained and cannot be changed unseen."""

import json

import pytest
from sqlalchemy import delete, select, text, update

from app.engine import Actor
from app.engine.history import Happening, append, first_break
from models.history import HistoryEvent
from tests.engine import draw
from tests.engine.world import ME, START, World


def lived(w: World) -> int:
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.user("ask", candidates="people"),
                draw.user("after"),
                draw.end(),
                draw.way("start", "ask", "after", "end"),
            )
        ),
    )
    p = w.begin("p", people=["a", "b"])
    to_do = w.open(p)[0].id
    w.engine.claim(to_do, Actor("a"))
    w.engine.unclaim(to_do, Actor("a"))
    w.engine.claim(to_do, Actor("b", on_behalf_of="a"))
    w.engine.refuse(f"process:{p}", "complete", Actor("c"), {"why": "not yours"})
    w.engine.complete(to_do, Actor("a"), "done", {}, "同意")
    w.do("after")
    return p


def test_every_act_is_there_in_order_without_a_gap(world):
    w = world()
    p = lived(w)
    rows = w.history(p)
    assert [r.seq for r in rows] == list(range(1, len(rows) + 1))
    assert [r.verb for r in rows] == [
        "started",
        "claimed",
        "unclaimed",
        "claimed",
        "refused",
        "completed",
        "completed",
        "ended",
    ]
    assert (rows[3].actor, rows[3].on_behalf_of) == ("b", "a")
    assert (rows[5].subject_type, rows[5].subject_id, rows[5].element) == ("campaign", 17, "ask")
    assert json.loads(rows[5].details)["opinion"] == "同意"
    assert json.loads(rows[4].details) == {"verb": "complete", "why": "not yours"}
    found = w.engine.verify(p)
    assert (found.processes, found.events, found.broken) == (1, 8, [])


def test_live_and_cold_write_the_same_chain(world):
    for live in (0, 8):
        w = world(live=live)
        p = lived(w)
        assert w.engine.verify().broken == []
        assert len(w.history(p)) == 8


FIELDS = {
    "at": START.replace(year=2025),
    "actor": "x",
    "on_behalf_of": "x",
    "verb": "x",
    "subject_type": "x",
    "subject_id": 99,
    "element": "x",
    "details": '{"n":1}',
    "previous": "f" * 64,
    "digest": "f" * 64,
    "chain": "process:77",
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("seq", [1, 4, 8])
def test_changing_any_field_is_found(world, field, seq):
    w = world()
    p = lived(w)
    change = update(HistoryEvent).where(HistoryEvent.chain == f"process:{p}", HistoryEvent.seq == seq)
    w.session.execute(change.values({field: FIELDS[field]}))
    w.session.commit()
    assert w.engine.verify(p).broken != []
    assert {b.process_id for b in w.engine.verify().broken} >= {p}


@pytest.mark.parametrize("seq", [1, 4, 8])
def test_deleting_a_row_is_found_the_last_one_too(world, seq):
    w = world()
    p = lived(w)
    w.session.execute(delete(HistoryEvent).where(HistoryEvent.seq == seq))
    w.session.commit()
    broken = w.engine.verify(p).broken
    assert [b.reason for b in broken] == ["head" if seq == 8 else "gap"]


def test_deleting_the_whole_chain_is_found(world):
    w = world()
    p = lived(w)
    w.session.execute(delete(HistoryEvent))
    w.session.commit()
    assert [(b.process_id, b.reason) for b in w.engine.verify().broken] == [(p, "head")]
    assert w.engine.verify(p).broken != []


def test_exchanging_two_rows_is_found(world):
    w = world()
    p = lived(w)
    for old, new in ((4, 100), (5, 4), (100, 5)):
        w.session.execute(update(HistoryEvent).where(HistoryEvent.seq == old).values(seq=new))
    w.session.commit()
    assert w.engine.verify(p).broken[0].seq == 4


def test_a_row_put_in_between_is_found(world):
    w = world()
    p = lived(w)
    row = w.history(p)[3]
    copied = {c.name: getattr(row, c.name) for c in HistoryEvent.__table__.columns if c.name != "id"}
    w.session.execute(text("UPDATE history_event SET seq = seq + 1 WHERE seq = 8"))
    w.session.execute(HistoryEvent.__table__.insert().values({**copied, "seq": 8}))
    w.session.commit()
    assert w.engine.verify(p).broken[0].seq == 8


def test_the_chain_is_recomputed_from_the_rows_alone(world):
    w = world()
    rows = w.history(lived(w))
    assert first_break(rows) is None
    assert first_break(rows[1:]) == (1, "gap")
    rows[2].actor = "somebody else"
    assert first_break(rows) == (3, "digest")
    w.session.rollback()


def test_chains_of_other_objects_are_checked_too(world):
    w = world()
    w.engine.refuse("staff:4", "sign_in", Actor("jiangtao"), {"why": "wrong password"})
    w.engine.refuse("staff:4", "sign_in", Actor("jiangtao"), {"why": "wrong password"})
    append(w.session, "staff:4", [Happening(verb="signed_in")], actor=ME, now=START, subject=("staff", 4))
    w.session.commit()
    assert (w.engine.verify().processes, w.engine.verify().events, w.engine.verify().broken) == (0, 3, [])
    w.session.execute(update(HistoryEvent).where(HistoryEvent.seq == 2).values(actor="x"))
    w.session.commit()
    assert [(b.chain, b.process_id, b.seq) for b in w.engine.verify().broken] == [("staff:4", None, 2)]


def test_what_was_rolled_back_left_no_trace(world):
    w = world()
    p = lived(w)
    rows = len(w.history(p))
    with pytest.raises(Exception, match="no process 99"):
        w.engine.refuse("process:99", "complete", ME, {})
    assert len(list(w.session.scalars(select(HistoryEvent)))) == rows
