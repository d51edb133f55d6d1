"""Called processes, embedded sub-processes and ends."""

from tests.engine import draw
from tests.engine.world import op


def two(takes: str = "n", gives: str = "m", ending: str = "") -> bytes:
    inner = draw.process(
        "inner",
        draw.start("i"),
        draw.user("ask", result="m"),
        draw.end("ie", ending),
        draw.way("i", "ask", "ie"),
        takes=takes,
        gives=gives,
    )
    outer = draw.process(
        "outer",
        draw.start(),
        draw.call("go", "inner"),
        draw.user("after"),
        draw.end(),
        draw.way("start", "go", "after", "end"),
    )
    return draw.file(outer, inner)


def test_only_declared_data_goes_in_and_out(world):
    w = world()
    w.publish("outer", two())
    w.begin("outer", n=1, secret=2)
    assert w.open()[0].variables == {"n": 1}
    w.do("ask")
    assert w.open()[0].variables == {"n": 1, "secret": 2, "m": "done"}


def test_an_output_not_set_is_none(world):
    w = world()
    w.publish("outer", two(gives="m other"))
    w.begin("outer", n=1)
    w.do("ask")
    assert w.open()[0].variables == {"n": 1, "m": "done", "other": None}


def test_a_terminated_process_gives_its_outputs_too(world):
    w = world()
    w.publish("outer", two(ending=draw.TERMINATE))
    w.begin("outer", n=1)
    w.do("ask")
    assert w.open()[0].variables["m"] == "done"


def test_a_missing_input_is_named(world):
    import pytest

    from app.engine import InputMissing

    w = world()
    w.publish("outer", two())
    with pytest.raises(InputMissing) as caught:
        w.begin("outer")
    assert caught.value.fields == {"element": "go", "variable": "n"}


def test_entering_and_leaving_is_history(world):
    w = world()
    w.publish("outer", two())
    p = w.begin("outer", n=1)
    w.do("ask")
    w.do("after")
    assert w.verbs(p) == ["started", "entered", "completed", "left", "completed", "ended"]
    assert w.process(p).outcome == "end"


def test_a_terminate_end_cancels_what_is_beside_it(world):
    w = world(op("x.late", lambda: None))
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.parallel("f"),
                draw.user("a"),
                draw.user("b"),
                draw.end("stop", draw.TERMINATE),
                draw.end(),
                draw.way("start", "f", "a", "stop"),
                draw.way("f", "b", "end"),
            )
        ),
    )
    p = w.begin("p")
    w.do("a")
    assert w.open() == []
    assert w.process(p).outcome == "stop"
    w.rows_follow_the_tree(p)
