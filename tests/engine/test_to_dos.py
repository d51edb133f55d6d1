"""To-dos: who may, what is asked, who was faster."""

import threading
from datetime import timedelta

import pytest

from app.engine import (
    Actor,
    DataTooLarge,
    KeyReserved,
    NotACandidate,
    OpinionMissing,
    OutcomeUnknown,
    ProcessEnded,
    ToDoGone,
    ToDoTaken,
    ToDoUnknown,
)
from models.process import Candidate
from tests.engine import draw
from tests.engine.world import ME, START


def asking(**properties: str) -> bytes:
    return draw.file(
        draw.process(
            "p",
            draw.start(),
            draw.user("ask", **properties),
            draw.user("after"),
            draw.end(),
            draw.way("start", "ask", "after", "end"),
        )
    )


REVIEW = {"outcomes": "pass,adjust,reject", "opinion_required": "adjust,reject", "result": "decision"}


def test_the_outcome_is_one_the_diagram_names(world):
    w = world()
    w.publish("p", asking(**REVIEW))
    w.begin("p")
    with pytest.raises(OutcomeUnknown):
        w.do("ask", "done")
    w.do("ask", "pass")
    assert w.open()[0].variables == {"decision": "pass"}


@pytest.mark.parametrize("opinion", ["", "  "])
def test_an_opinion_is_asked_where_the_diagram_says_so(world, opinion):
    w = world()
    w.publish("p", asking(**REVIEW))
    p = w.begin("p")
    with pytest.raises(OpinionMissing):
        w.do("ask", "adjust", opinion=opinion)
    w.do("ask", "adjust", opinion="写明资费")
    assert '"写明资费"' in w.history(p)[1].details


def test_answers_stay_with_the_to_do(world):
    w = world()
    w.publish("p", asking())
    w.begin("p")
    done = w.engine.complete(w.open()[0].id, ME, "done", {"people": 1200})
    assert done.answer == {"people": 1200}
    assert w.open()[0].variables == {"outcome": "done"}


def test_several_candidates_one_claims(world):
    w = world()
    w.publish("p", asking(candidates="people"))
    p = w.begin("p", people=["a", "b"])
    to_do = w.open()[0]
    assert (to_do.assignee, sorted(c.login for c in to_do.candidates)) == (None, ["a", "b"])
    with pytest.raises(NotACandidate):
        w.engine.claim(to_do.id, Actor("c"))
    w.engine.claim(to_do.id, Actor("a"))
    for act in (w.engine.claim, w.engine.unclaim):
        with pytest.raises(ToDoTaken) as caught:
            act(to_do.id, Actor("b"))
        assert caught.value.fields == {"by": "a"}
    with pytest.raises(ToDoTaken):
        w.engine.complete(to_do.id, Actor("b"), "done", {})
    w.engine.unclaim(to_do.id, Actor("a"))
    w.engine.complete(to_do.id, Actor("stand-in", on_behalf_of="b"), "done", {})
    rows = [(e.verb, e.actor, e.on_behalf_of) for e in w.history(p)]
    assert rows[1:] == [("claimed", "a", None), ("unclaimed", "a", None), ("completed", "stand-in", "b")]


def test_a_single_candidate_has_it_at_once(world):
    w = world()
    w.publish("p", asking(candidates="'a'"))
    w.begin("p")
    assert w.open()[0].assignee == "a"


def test_due_is_counted_from_opening(world):
    w = world()
    w.publish("p", asking(due="P2D"))
    w.begin("p")
    assert w.open()[0].due_at == START + timedelta(days=2)


def test_a_draft_is_kept_and_seen_by_nobody_else(world):
    w = world()
    w.publish("p", asking())
    p = w.begin("p")
    revision = w.process(p).revision
    w.engine.save_draft(w.open()[0].id, ME, {"name": "H10"})
    assert w.open()[0].draft == {"name": "H10"}
    assert w.process(p).revision == revision


def test_both_names_come_from_the_diagram(world):
    w = world()
    named = draw.user("ask", name="审批").replace('name="审批"', 'name="审批" bihuan:name_en="Review"')
    w.publish(
        "p", draw.file(draw.process("p", draw.start(), named, draw.end(), draw.way("start", "ask", "end")))
    )
    w.begin("p")
    assert (w.open()[0].name, w.open()[0].name_en) == ("审批", "Review")


def test_who_comes_late_hears_by_whom_and_when(world):
    w = world()
    w.publish("p", asking())
    w.begin("p")
    to_do = w.do("ask", who="a")
    with pytest.raises(ToDoGone) as caught:
        w.engine.complete(to_do.id, Actor("b"), "done", {})
    assert caught.value.fields == {"by": "a", "at": START}


def test_unknown_to_dos_are_said(world):
    w = world()
    with pytest.raises(ToDoUnknown):
        w.engine.claim(99, ME)


def test_a_process_that_ended_stays_ended(world):
    w = world()
    w.publish("p", asking())
    p = w.begin("p")
    w.engine.stop(p, ME, "no")
    with pytest.raises(ProcessEnded):
        w.engine.stop(p, ME, "again")


def test_data_that_is_too_large_or_reserved_does_not_enter(world):
    w = world()
    w.publish("p", asking())
    with pytest.raises(DataTooLarge):
        w.begin("p", text="x" * 40_000)
    with pytest.raises(KeyReserved):
        w.begin("p", deep=[{"typename": "UUID"}])
    w.begin("p", text="x" * 32_000, word="typename")
    with pytest.raises(KeyReserved):
        w.engine.complete(w.open()[0].id, ME, "done", {"typename": "x"})


class Desk:
    """Knows the business: fills titles and people, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def to_do_opened(self, session, to_do, data):
        assert to_do.id is not None
        to_do.title = f"H{data['campaign_id']}"
        to_do.candidates = [Candidate(login="gaoyang"), Candidate(login="luping")]
        self.told.append(f"opened {to_do.element}")

    def to_do_closed(self, session, to_do):
        self.told.append(f"{to_do.state} {to_do.element}")

    def process_ended(self, session, process):
        self.told.append(f"ended {process.state}")


def test_listeners_work_inside_the_transaction(world):
    from tests.engine.world import op

    desk = Desk()
    w = world(op("x.seen", lambda: {"told": list(desk.told)}), listeners=(desk,))
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.user("ask"),
                draw.service("s", "x.seen"),
                draw.user("next"),
                draw.end(),
                draw.way("start", "ask", "s", "next", "end"),
            )
        ),
    )
    p = w.begin("p", campaign_id=10)
    assert (w.open()[0].title, {c.login for c in w.open()[0].candidates}) == ("H10", {"gaoyang", "luping"})
    w.do("ask")
    assert w.open()[0].variables["told"] == ["opened ask", "done ask"]
    w.engine.stop(p, ME, "no")
    assert desk.told[-2:] == ["ended stopped", "cancelled next"] or desk.told[-2:] == [
        "cancelled next",
        "ended stopped",
    ]


def test_a_listener_that_fails_undoes_the_act(world):
    desk = Desk()
    w = world(listeners=(desk,))
    w.publish("p", asking())
    with pytest.raises(KeyError):
        w.begin("p")
    assert w.open() == []


@pytest.mark.parametrize("live", [0, 64])
def test_two_people_at_once_one_wins(world, tmp_path, live):
    w = world(on_disk=tmp_path / "e.sqlite", live=live)
    w.publish("p", asking())
    for _ in range(8):
        p = w.begin("p")
        to_do = w.open(p)[0].id
        w.session.rollback()
        barrier, said = threading.Barrier(2), {}

        def act(who, to_do=to_do, barrier=barrier, said=said):
            barrier.wait()
            try:
                w.engine.complete(to_do, Actor(who), "done", {})
                said[who] = "won"
            except ToDoGone as gone:
                said[who] = gone.fields["by"]
            finally:
                w.sessions.remove()

        threads = [threading.Thread(target=act, args=(who,)) for who in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winner = next(who for who, what in said.items() if what == "won")
        assert said == {winner: "won", ("b" if winner == "a" else "a"): winner}
        assert [t.element for t in w.open(p)] == ["after"]
        assert w.verbs(p).count("completed") == 1
