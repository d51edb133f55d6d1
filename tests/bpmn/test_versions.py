"""Editing a diagram or a table changes what happens next, without a line of code."""

import copy

import pytest
from lxml import etree

from app.engine import SYSTEM, DiagramRefused
from tests.bpmn.walk import NAMESPACE, Walk, files, the_loop

APPROVE = files("loop", "bpmn")["approve.bpmn"]
ROUTE = files("rules", "dmn")["approval_route.dmn"]


def with_a_second_look(xml: bytes) -> bytes:
    """The approval with one more person's look before the decision is recorded."""
    tree = etree.fromstring(xml)
    process = tree.find(f"{NAMESPACE}process")
    flow = process.find(f"{NAMESPACE}sequenceFlow[@id='flow_to_record_record_decision']")
    look = etree.SubElement(process, f"{NAMESPACE}userTask", id="second_look", name="复核")
    properties = copy.deepcopy(
        process.find(f"{NAMESPACE}userTask[@id='leader_review']/{NAMESPACE}extensionElements")
    )
    for given in properties.iter("{*}property"):
        changed = {"candidates": "['shilei']", "outcomes": "done", "opinion_required": "", "result": "looked"}
        given.set("value", changed.get(given.get("name"), given.get("value")))
    look.append(properties)
    flow.set("targetRef", "second_look")
    etree.SubElement(
        process, flow.tag, id="flow_second_look", sourceRef="second_look", targetRef="record_decision"
    )
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


def with_a_higher_limit(xml: bytes) -> bytes:
    """The route that asks the province above 5,000 yuan or 2,000 people instead of 1,000 and 200."""
    text = xml.decode()
    for limit, higher in (("&gt; 1000<", "&gt; 5000<"), ("&gt; 200<", "&gt; 2000<"), ("= 200<", "= 2000<")):
        assert limit in text
        text = text.replace(limit, higher)
    return text.encode()


def test_one_more_box_in_the_diagram_is_one_more_signature(walk: Walk) -> None:
    walk.engine.publish(the_loop(approve=with_a_second_look(APPROVE)), SYSTEM)
    walk.to_approve()
    walk.approve()
    (to_do,) = walk.open_to_dos()
    assert (to_do.element, to_do.name, to_do.assignee) == ("second_look", "复核", "shilei")
    walk.decide("second_look", "done", by="shilei")
    assert walk.stages() == {"confirm"}


def test_what_runs_goes_on_by_the_diagram_it_started_with(walk: Walk) -> None:
    walk.to_approve()
    old = walk.process_id
    walk.engine.publish(the_loop(approve=with_a_second_look(APPROVE)), SYSTEM)
    walk.approve()
    assert walk.open_elements() == ["confirm_channel"]
    walk.start(campaign=18)
    walk.submit()
    walk.approve()
    assert walk.open_elements() == ["second_look"]
    assert walk.process_id != old


def test_another_limit_in_the_table_is_another_route_for_the_next_campaign_only(walk: Walk) -> None:
    running = walk.start(campaign=17)
    walk.publish_tables(with_a_higher_limit(ROUTE))
    walk.engine.publish(the_loop(), SYSTEM)
    walk.start(campaign=18)
    walk.submit()
    walk.decide("prefecture_review", "pass")
    assert walk.open_elements() == ["confirm_channel"]
    walk.process_id = running
    walk.submit()
    walk.decide("prefecture_review", "pass")
    assert walk.open_elements() == ["province_review"]


def test_the_same_files_again_are_the_same_version(walk: Walk) -> None:
    first = walk.engine.publish(the_loop(), SYSTEM)
    walk.publish_tables(ROUTE)
    assert walk.engine.publish(the_loop(), SYSTEM).id == first.id
    assert first.number == 1


def test_what_ships_is_free_of_findings(walk: Walk) -> None:
    assert [str(finding) for finding in walk.engine.check(the_loop())] == []


def test_a_box_that_calls_an_operation_nobody_wrote_is_refused_with_its_name(walk: Walk) -> None:
    wrong = APPROVE.replace(b'Operator id="approve.bind"', b'Operator id="approve.bless"')
    with pytest.raises(DiagramRefused) as refused:
        walk.engine.publish(the_loop(approve=wrong), SYSTEM)
    assert refused.value.fields["element"] == "bind"
    assert walk.start() == 1
