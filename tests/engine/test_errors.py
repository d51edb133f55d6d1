"""Errors of the business take the way drawn for them, the nearest border first."""

import pytest

from app.engine import ErrorNotCaught
from models.base import Problem
from tests.engine import draw
from tests.engine.world import incidents, op


class ChannelDown(Problem):
    """An error of the business with a code."""

    message = "The channel %(channel)s is down."
    error_code = "DOWN"


def guarded(code: str = "DOWN", at: str = "call") -> bytes:
    inside = draw.process(
        "inner",
        draw.start("i"),
        draw.parallel("f"),
        draw.service("send", "x.send"),
        draw.service("more", "x.more"),
        draw.user("ask"),
        draw.parallel("j"),
        draw.end("ie"),
        draw.way("i", "f", "send", "j", "ie"),
        draw.way("f", "more", "j"),
        draw.way("f", "ask", "j"),
        *(
            [
                draw.border("inner_catch", "send", draw.error(code)),
                draw.end("ie2"),
                draw.way("inner_catch", "ie2"),
            ]
            if at == "task"
            else []
        ),
    )
    return draw.file(
        draw.errors("DOWN", "OTHER"),
        draw.process(
            "p",
            draw.start(),
            draw.call("go", "inner"),
            draw.border("down", "go", draw.error(code if code != "any" else ""), result="why"),
            draw.user("mend"),
            draw.end(),
            draw.end("end2"),
            draw.way("start", "go", "end"),
            draw.way("down", "mend", "end2"),
        ),
        inside,
    )


@pytest.mark.parametrize("kind", ["operation", "job"])
@pytest.mark.parametrize("code", ["DOWN", "any"])
def test_an_error_takes_the_way_drawn_for_it(world, kind, code):
    later = []
    w = world(
        op("x.send", failing0(ChannelDown(channel="sms")), kind=kind),
        op("x.more", lambda: later.append(1) or {}, kind="job"),
    )
    w.publish("p", guarded(code))
    p = w.begin("p")
    w.run_jobs()
    assert w.elements() == ["mend"]
    assert w.open()[0].variables["why"] == {"code": "DOWN", "message": "The channel sms is down."}
    w.rows_follow_the_tree(p)
    assert incidents(w) == []
    w.do("mend")
    assert w.process(p).outcome == "end2"


def failing0(problem):
    def run():
        raise problem

    return run


def test_after_an_error_nothing_else_inside_runs(world):
    ran = []
    w = world(op("x.send", failing0(ChannelDown(channel="sms"))), op("x.more", lambda: ran.append(1) or {}))
    w.publish("p", guarded())
    w.begin("p")
    assert w.elements() == ["mend"]
    assert ran in ([], [1])
    assert len(w.open()) == 1


def test_an_error_of_another_code_is_not_caught(world):
    w = world(op("x.send", failing0(ChannelDown(channel="sms"))), op("x.more", lambda: {}))
    w.publish("p", guarded("OTHER"))
    with pytest.raises(ChannelDown):
        w.begin("p")


def test_the_nearest_border_catches(world):
    w = world(op("x.send", failing0(ChannelDown(channel="sms"))), op("x.more", lambda: {}))
    w.publish("p", guarded(at="task"))
    p = w.begin("p")
    assert w.elements() == ["ask"]
    w.rows_follow_the_tree(p)


def ending(caught: bool = True) -> bytes:
    inside = draw.process(
        "inner",
        draw.start("i"),
        draw.user("ask"),
        draw.end("bad", draw.error("DOWN")),
        draw.way("i", "ask", "bad"),
    )
    border = (
        draw.border("down", "go", draw.error("DOWN")) + draw.user("mend") + draw.end("end2") if caught else ""
    )
    ways = draw.way("start", "go", "after", "end") + (draw.way("down", "mend", "end2") if caught else "")
    outer = draw.process(
        "p", draw.start(), draw.call("go", "inner"), border, draw.user("after"), draw.end(), ways
    )
    return draw.file(draw.errors("DOWN"), outer, inside)


def test_an_error_end_goes_to_the_border_and_the_call_does_not_go_on(world):
    w = world()
    w.publish("p", ending())
    p = w.begin("p")
    w.do("ask")
    assert w.elements() == ["mend"]
    w.rows_follow_the_tree(p)


def test_an_error_end_caught_nowhere_is_said(world):
    w = world()
    w.publish("p", ending(caught=False))
    w.begin("p")
    with pytest.raises(ErrorNotCaught):
        w.do("ask")
    assert w.elements() == ["ask"]
