"""Every refusal names the element and says what to do."""

import pytest

from app.engine import Bundle, DiagramRefused, faults
from tests.engine import draw
from tests.engine.world import ME, op

OPS = (op("x.size", lambda n: {}, "n"),)


def plain(*parts: str, ways: str = "", more: str = "") -> bytes:
    ways = ways or draw.way("start", "u", "end")
    return draw.file(more, draw.process("p", draw.start(), draw.end(), *parts, ways))


def through(node: str, more: str = "") -> bytes:
    return plain(node, more=more)


def check(w, source: bytes | dict, forms=None, key="p"):
    diagrams = source if isinstance(source, dict) else {"p.bpmn": source}
    return w.engine.check(Bundle(diagrams=diagrams, forms=forms or {}, key=key))


def script(kind: str) -> str:
    inner = f"<spiffworkflow:{kind}>import os</spiffworkflow:{kind}>"
    held = f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"
    return f'<bpmn:task id="u">{held}</bpmn:task>'


def raw(tag: str, inner: str = "") -> str:
    return f'<bpmn:{tag} id="u">{inner}</bpmn:{tag}>'


def gate(first: str = "", default: str = "") -> bytes:
    return plain(
        draw.exclusive("u", default),
        draw.user("b"),
        ways=draw.way("start", "u")
        + draw.flow("u", "end", first, "one")
        + draw.flow("u", "b", key="two")
        + draw.flow("b", "end"),
    )


EVIL = "__import__('os').system('true')"
MARK = "<bpmn:multiInstanceLoopCharacteristics>{}</bpmn:multiInstanceLoopCharacteristics>"
CASES = {
    "script task": (through(raw("scriptTask", "<bpmn:script>1</bpmn:script>")), "u", faults.SCRIPT),
    "pre-script": (through(script("preScript")), "u", faults.SCRIPT),
    "post-script": (through(script("postScript")), "u", faults.SCRIPT),
    "manual task": (through(raw("manualTask")), "u", faults.UNSUPPORTED),
    "send task": (through(raw("sendTask")), "u", faults.UNSUPPORTED),
    "transaction": (through(raw("transaction")), "u", faults.UNSUPPORTED),
    "loop marker": (through(raw("task", "<bpmn:standardLoopCharacteristics/>")), "u", faults.LOOP_MARKER),
    "no operation": (through(raw("serviceTask")), "u", faults.NO_OPERATION),
    "unknown operation": (through(draw.service("u", "x.none")), "u", faults.UNKNOWN_OPERATION),
    "unknown parameter": (through(draw.service("u", "x.size", n="1", m="1")), "u", faults.UNKNOWN_PARAMETER),
    "missing parameter": (through(draw.service("u", "x.size")), "u", faults.MISSING_PARAMETER),
    "endless retries": (through(draw.service("u", "x.size", n="1", retries=101)), "u", faults.BAD_RETRIES),
    "unreadable retries": (
        through(
            draw.service("u", "x.size", n="1").replace(
                "</spiffworkflow:serviceTaskOperator>",
                '<spiffworkflow:retry retries="often"/></spiffworkflow:serviceTaskOperator>',
            )
        ),
        "u",
        faults.BAD_RETRIES,
    ),
    "unreadable time limit": (
        through(draw.service("u", "x.size", n="1", time_limit="soon")),
        "u",
        faults.BAD_TIME_LIMIT,
    ),
    "no time at all": (
        through(draw.service("u", "x.size", n="1", time_limit="PT0S")),
        "u",
        faults.BAD_TIME_LIMIT,
    ),
    "unsafe parameter": (through(draw.service("u", "x.size", n=EVIL)), "u", faults.BAD_EXPRESSION),
    "unsafe condition": (gate(EVIL, "two"), "one", faults.BAD_EXPRESSION),
    "missing condition": (gate(), "one", faults.NO_CONDITION),
    "unknown form": (through(draw.user("u", form="none")), "u", faults.UNKNOWN_FORM),
    "opinion without outcome": (
        through(draw.user("u", outcomes="a", opinion_required="b")),
        "u",
        faults.OPINION_WITHOUT_OUTCOME,
    ),
    "unsafe candidates": (through(draw.user("u", candidates=EVIL)), "u", faults.BAD_EXPRESSION),
    "unreadable due": (through(draw.user("u", due="2 days")), "u", faults.BAD_TIMER),
    "unknown decision": (through(draw.decision("u", "none")), "u", faults.UNKNOWN_DECISION),
    "unknown call": (through(draw.call("u", "none")), "u", faults.UNKNOWN_CALL),
    "calls itself": (through(draw.call("u", "p")), "p", faults.CALLS_ITSELF),
    "unsafe timer": (through(draw.catch("u", draw.timer(EVIL))), "u", faults.BAD_TIMER),
    "cycle in the way": (
        through(draw.catch("u", draw.timer("R/PT1H", "timeCycle"))),
        "u",
        faults.CYCLE_PLACE,
    ),
    "message without name": (through(draw.catch("u", draw.message("none"))), "u", faults.NO_MESSAGE),
    "unsafe correlation": (
        through(draw.catch("u", draw.message("m"), correlation=EVIL), draw.messages("m")),
        "u",
        faults.BAD_EXPRESSION,
    ),
    "signal": (through(draw.catch("u", "<bpmn:signalEventDefinition/>")), "u", faults.BAD_EVENT),
    "error end without code": (
        plain(draw.user("u"), draw.end("bad", draw.error()), ways=draw.way("start", "u", "bad")),
        "bad",
        faults.NO_ERROR,
    ),
    "no list": (through(draw.user("u", MARK.format(""))), "u", faults.NO_LIST),
    "unsafe number": (
        through(draw.user("u", MARK.format(f"<bpmn:loopCardinality>{EVIL}</bpmn:loopCardinality>"))),
        "u",
        faults.BAD_EXPRESSION,
    ),
    "unsafe until": (through(draw.user("u", draw.many("l", "i", until=EVIL))), "u", faults.BAD_EXPRESSION),
    "half an output": (through(draw.user("u", draw.many("l", "i", "out"))), "u", faults.HALF_OUTPUT),
    "one list for both": (through(draw.user("u", draw.many("l", "i", "l", "o"))), "u", faults.SAME_LIST),
    "two ways out": (
        plain(draw.user("u"), draw.user("b"), ways=draw.way("start", "u", "end") + draw.way("u", "b", "end")),
        "u",
        faults.FORK,
    ),
    "lost condition": (
        plain(draw.user("u"), ways=draw.flow("start", "u") + draw.flow("u", "end", "True")),
        "u_end",
        faults.LOST_CONDITION,
    ),
    "flow to nothing": (
        plain(draw.user("u"), ways=draw.way("start", "u", "nowhere")),
        "u_nowhere",
        faults.BAD_FLOW,
    ),
    "id twice": (plain(draw.user("u"), draw.user("u")), "u", faults.TWICE),
    "two starts": (plain(draw.start("s2"), draw.user("u")), "p", faults.NO_START),
    "no end": (
        draw.file(draw.process("p", draw.start(), draw.user("u"), draw.way("start", "u"))),
        "p",
        faults.NO_END,
    ),
    "dead end": (plain(draw.user("u"), ways=draw.way("start", "u")), "u", faults.DEAD_END),
    "never reached": (
        plain(draw.user("u"), draw.user("b"), ways=draw.way("start", "u", "end") + draw.way("b", "end")),
        "b",
        faults.UNREACHED,
    ),
    "circle of gateways": (
        plain(
            draw.exclusive("u"),
            draw.exclusive("b", "b_end"),
            ways=draw.way("start", "u", "b")
            + draw.flow("b", "u", "True")
            + draw.flow("b", "end", key="b_end"),
        ),
        "b",
        faults.NEVER_WAITS,
    ),
    "task behind an event gateway": (
        plain(draw.first_of("u"), draw.user("b"), ways=draw.way("start", "u", "b", "end")),
        "u",
        faults.EVENT_GATEWAY,
    ),
    "no process": (
        draw.file(draw.process("other", draw.start(), draw.end(), draw.way("start", "end"))),
        "p",
        faults.NO_PROCESS,
    ),
    "not executable": (
        plain(draw.user("u")).replace(b'isExecutable="true"', b'isExecutable="false"'),
        "p",
        faults.NOT_PARSED,
    ),
    "broken XML": (b"<bpmn:definitions", "p.bpmn", faults.UNREADABLE),
    "too large": (b"<a>" + b" " * 1_100_000 + b"</a>", "p.bpmn", faults.UNREADABLE),
    "DOCTYPE": (
        b"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + plain(draw.user("u")),
        "p.bpmn",
        faults.DOCTYPE,
    ),
    "too long a chain": (
        plain(
            *[draw.user(f"u{n}") for n in range(400)],
            ways=draw.way("start", *[f"u{n}" for n in range(400)], "end"),
        ),
        "p",
        faults.TOO_MANY,
    ),
}


@pytest.mark.parametrize(("source", "element", "fault"), CASES.values(), ids=CASES.keys())
def test_it_is_found_at_its_element(world, source, element, fault):
    w = world(*OPS)
    found = [f for f in check(w, source) if f.element == element and f.message == fault.message]
    assert len(found) >= 1
    for finding in found:
        assert str(finding)
        assert finding.fix % finding.fields
        assert finding.severity == fault.severity


@pytest.mark.parametrize("source", [c[0] for c in CASES.values() if c[2].severity == "error"])
def test_nothing_with_errors_is_published(world, source):
    w = world(*OPS)
    with pytest.raises(DiagramRefused) as caught:
        w.publish("p", source)
    assert caught.value.fields["findings"]
    assert "errors, first at" in str(caught.value)


def test_a_sound_diagram_has_no_findings(world):
    w = world(*OPS)
    assert check(w, through(draw.user("u", form="review")), {"review.json": b"{}"}) == []


def test_every_fault_is_met_by_a_case():
    kinds = {v for v in vars(faults).values() if isinstance(v, faults.Fault)}
    met = {fault for _, _, fault in CASES.values()} | {faults.BAD_FORM, faults.NO_ID}
    assert kinds == met


def test_a_form_that_is_no_json_is_found(world):
    found = check(world(), through(draw.user("u")), {"review.json": b"{"})
    assert [f.element for f in found] == ["review.json"]


def test_an_element_without_an_id_is_found(world):
    found = check(world(), plain(draw.user("u"), "<bpmn:task/>"))
    assert faults.NO_ID.message in {f.message for f in found}


def test_the_same_files_are_the_same_version(world):
    w = world()
    bundle = Bundle(diagrams={"p.bpmn": through(draw.user("u"))}, forms={"f.json": b'{"a": 1}'}, key="p")
    first = w.engine.publish(bundle, ME)
    assert w.engine.publish(bundle, ME).id == first.id
    other = Bundle(diagrams=bundle.diagrams, forms={"f.json": b'{"a": 2}'}, key="p")
    assert w.engine.publish(other, ME).number == 2
    assert w.engine.form(first.id, "f") == {"a": 1}
    assert w.engine.source(first.id, "p.bpmn").startswith("<bpmn:definitions")


def test_running_processes_stay_on_their_version(world):
    w = world()
    w.publish("p", through(draw.user("u")))
    p = w.begin("p")
    w.publish("p", plain(draw.user("u"), draw.user("v"), ways=draw.way("start", "u", "v", "end")))
    w.do("u")
    assert w.process(p).state == "done"
    w.begin("p")
    w.do("u")
    assert w.elements() == ["v"]
