"""Multi-instance activities with the engine's own tally."""

import pytest

from app.engine import DataNotPlain, InputMissing
from tests.engine import draw
from tests.engine.world import op

VOTE = {"outcomes": "pass,adjust", "candidates": "person", "result": "vote"}


def round_of(activity: str, *more: str) -> bytes:
    """The activity in a loop: another pass as long as somebody wants to adjust."""
    body = draw.process(
        "p",
        draw.start(),
        draw.exclusive("again"),
        activity,
        draw.exclusive("over", default="over_end"),
        draw.user("mend"),
        draw.end(),
        draw.way("start", "again", "act", "over"),
        draw.flow("over", "mend", "count(votes, 'adjust') > 0"),
        draw.flow("over", "end", key="over_end"),
        draw.flow("mend", "again"),
    )
    return draw.file(body, *more)


def users(until: str = "", one_by_one: bool = False) -> bytes:
    return round_of(
        draw.user("act", draw.many("people", "person", "votes", "vote", until, one_by_one), **VOTE)
    )


def in_sub(until: str = "", one_by_one: bool = False) -> bytes:
    inner = draw.start("is_") + draw.user("ask", **VOTE) + draw.end("ie") + draw.way("is_", "ask", "ie")
    return round_of(
        draw.sub("act", inner, many=draw.many("people", "person", "votes", "vote", until, one_by_one))
    )


def in_call(until: str = "", one_by_one: bool = False) -> bytes:
    inner = draw.process(
        "inner",
        draw.start("is_"),
        draw.user("ask", **VOTE),
        draw.end("ie"),
        draw.way("is_", "ask", "ie"),
        takes="person",
        gives="vote",
    )
    many = draw.many("people", "person", "votes", "vote", until, one_by_one)
    return round_of(draw.call("act", "inner", many), inner)


SHAPES = pytest.mark.parametrize("shape", [users, in_sub, in_call])


def vote(w, who, outcome):
    to_do = next(t for t in w.open() if t.assignee == who)
    from app.engine import Actor

    w.engine.complete(to_do.id, Actor(who), outcome, {})


@SHAPES
def test_all_sign_and_the_votes_come_back(world, shape):
    w = world()
    w.publish("p", shape())
    p = w.begin("p", people=["a", "b", "c"])
    assert sorted(t.assignee for t in w.open()) == ["a", "b", "c"]
    for who in "bca":
        vote(w, who, "pass")
        w.rows_follow_the_tree(p)
    assert w.data(p)["votes"] == ["pass", "pass", "pass"]
    assert w.process(p).state == "done"


@SHAPES
def test_the_condition_counts_votes_and_the_rest_is_cancelled(world, shape):
    w = world()
    w.publish("p", shape(until="count(votes, 'pass') * 3 >= nr_of_instances * 2"))
    p = w.begin("p", people=["a", "b", "c"])
    vote(w, "a", "pass")
    assert len(w.open()) == 2
    vote(w, "c", "pass")
    assert w.open() == []
    w.rows_follow_the_tree(p)
    from sqlalchemy import select

    from models.process import ToDo

    left = w.session.scalars(select(ToDo).where(ToDo.assignee == "b")).one()
    assert (left.state, left.closed_by) == ("cancelled", "c")


@SHAPES
def test_a_second_pass_begins_with_no_votes(world, shape):
    w = world()
    w.publish("p", shape(until="count(votes, 'adjust') > 0"))
    p = w.begin("p", people=["a", "b"])
    vote(w, "a", "adjust")
    w.do("mend")
    assert sorted(t.assignee for t in w.open()) == ["a", "b"]
    vote(w, "a", "pass")
    vote(w, "b", "pass")
    assert w.data(p)["votes"] == ["pass", "pass"]
    assert w.process(p).state == "done"


@SHAPES
def test_one_after_the_other(world, shape):
    w = world()
    w.publish("p", shape(until="count(votes, 'adjust') > 0", one_by_one=True))
    p = w.begin("p", people=["a", "b", "c"])
    assert [t.assignee for t in w.open()] == ["a"]
    vote(w, "a", "pass")
    assert [t.assignee for t in w.open()] == ["b"]
    vote(w, "b", "adjust")
    assert w.elements() == ["mend"]
    w.rows_follow_the_tree(p)


@SHAPES
@pytest.mark.parametrize("one_by_one", [True, False])
def test_nobody_to_ask_passes_through(world, shape, one_by_one):
    w = world()
    w.publish("p", shape(one_by_one=one_by_one))
    p = w.begin("p", people=[])
    assert w.data(p)["votes"] == []
    assert w.process(p).state == "done"


def test_a_list_that_is_not_there_is_named(world):
    w = world()
    w.publish("p", users())
    with pytest.raises(InputMissing) as caught:
        w.begin("p")
    assert caught.value.fields == {"element": "act", "variable": "people"}


def test_a_list_with_gaps_is_refused(world):
    w = world()
    w.publish("p", users())
    with pytest.raises(DataNotPlain):
        w.begin("p", people=["a", None])


def test_the_condition_sees_process_data_and_numbers(world):
    w = world()
    w.publish("p", users(until="nr_of_completed >= needed or vote == 'adjust'"))
    w.begin("p", people=["a", "b", "c"], needed=2)
    vote(w, "a", "pass")
    vote(w, "b", "pass")
    assert w.open() == []


def test_operations_run_for_each_and_items_may_be_lists(world):
    seen = []
    w = world(op("x.see", lambda pair: seen.append(pair) or {"got": pair[0]}, "pair"))
    act = draw.service("act", "x.see", pair="pair", many=draw.many("pairs", "pair", "firsts", "got"))
    w.publish(
        "p", draw.file(draw.process("p", draw.start(), act, draw.end(), draw.way("start", "act", "end")))
    )
    p = w.begin("p", pairs=[["a", 1], ["b", 2]])
    assert seen == [["a", 1], ["b", 2]]
    assert w.data(p)["firsts"] == ["a", "b"]


def test_what_an_instance_does_beside_its_output_stays_inside(world):
    w = world()
    w.publish("p", users())
    p = w.begin("p", people=["a"])
    vote(w, "a", "pass")
    assert w.data(p).keys() == {"people", "votes"}
