"""Decision tables in force, pinned when a process is published."""

import json

import pytest

from app.engine import DecisionUnreadable, DiagramRefused
from tests.engine import draw
from tests.engine.world import ME


def table(key: str = "route", version: int = 1, more: str = "") -> bytes:
    return (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d{version}">'
        f'<decision id="{key}">{more}'
        "<decisionTable><input><inputExpression><text>people</text></inputExpression></input></decisionTable>"
        "</decision></definitions>"
    ).encode()


def asking(**properties: str) -> bytes:
    return draw.file(
        draw.process(
            "p",
            draw.start(),
            draw.decision("find", "route", **properties),
            draw.user("after"),
            draw.end(),
            draw.way("start", "find", "after", "end"),
        )
    )


def test_the_version_in_force_at_publishing_answers_for_ever(world):
    asked = []
    w = world(
        decide=lambda digest, decision, data: asked.append(digest) or {"level": "province", "mode": "any"}
    )
    first = w.engine.publish_decision(table(), ME)
    w.publish("p", asking())
    second = w.engine.publish_decision(table(version=2), ME)
    assert (first.number, second.number) == (1, 2)
    p = w.begin("p", people=300, cost=5)
    assert asked == [first.digest]
    assert w.open()[0].variables == {"people": 300, "cost": 5, "level": "province", "mode": "any"}
    event = next(e for e in w.history(p) if e.verb == "decided")
    assert json.loads(event.details) == {
        "decision": "route",
        "digest": first.digest,
        "inputs": {"people": 300},
        "result": {"level": "province", "mode": "any"},
    }
    w.publish("p", asking())
    w.begin("p", people=300)
    assert asked[-1] == second.digest


def test_a_list_is_kept_under_the_name_of_the_table_or_of_the_task(world):
    w = world(decide=lambda *given: [{"step": "leader"}])
    w.engine.publish_decision(table(), ME)
    w.publish("p", asking())
    w.begin("p")
    assert w.open()[-1].variables == {"route": [{"step": "leader"}]}
    w.publish("p", asking(result="steps"))
    w.begin("p")
    assert w.open()[-1].variables == {"steps": [{"step": "leader"}]}


def test_the_same_table_is_the_same_version(world):
    w = world()
    assert w.engine.publish_decision(table(), ME).id == w.engine.publish_decision(table(), ME).id


def test_the_top_decision_names_the_file(world):
    w = world()
    more = '<informationRequirement><requiredDecision href="#helper"/></informationRequirement>'
    xml = table(more=more).replace(b"</definitions>", b'<decision id="helper"/></definitions>')
    assert w.engine.publish_decision(xml, ME).key == "route"


def test_an_unknown_table_is_refused(world):
    w = world()
    with pytest.raises(DiagramRefused) as caught:
        w.publish("p", asking())
    assert caught.value.fields["element"] == "find"


@pytest.mark.parametrize("xml", [b"<", b"<a/>", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'])
def test_what_is_no_table_is_refused(world, xml):
    with pytest.raises(DecisionUnreadable):
        world().engine.publish_decision(xml, ME)
