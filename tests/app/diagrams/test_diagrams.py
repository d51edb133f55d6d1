"""Diagrams for the viewer: the file as published, and the states of a process in it."""

from flask import Flask
from sqlalchemy.orm import Session

from app.diagrams.arrows import nearest
from app.diagrams.place import calling_path, place
from app.engine.values import Path
from models.process import Process
from tests.app.inbox.office import StandIn, node, signed_in
from tests.app.inbox.world import NOW, new_campaign


class Drawn(StandIn):
    """The stand-in with a drawing in which one review follows another behind a gateway."""

    def source(self, version_id: int, file: str) -> str:
        flows = [("prefecture_review", "passed"), ("passed", "province_review"), ("passed", "approve_end")]
        drawn = "".join(f'<sequenceFlow sourceRef="{a}" targetRef="{b}"/>' for a, b in flows)
        return f'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">{drawn}</definitions>'


def path() -> Path:
    return StandIn(lambda: NOW).path(1)


def test_a_version_s_file_is_xml_that_may_be_kept(app: Flask) -> None:
    answer = signed_in(app, "yefang").get("/diagrams/1/approve.bpmn")
    assert answer.mimetype == "application/xml"
    assert "immutable" in answer.headers["Cache-Control"]


def test_an_unknown_file_and_a_form_are_not_found(app: Flask) -> None:
    client = signed_in(app, "yefang")
    assert client.get("/diagrams/1/other.bpmn").status_code == 404
    assert client.get("/diagrams/1/review.json").status_code == 404


def test_the_states_are_those_of_the_called_process(app: Flask, session: Session) -> None:
    campaign = new_campaign(session)
    url = f"/diagrams/process/{campaign.process_id}/states.json?diagram=approve"
    answer = signed_in(app, "yefang").get(url)
    assert answer.json is not None
    assert answer.json["file"] == "approve.bpmn"
    assert answer.json["states"] == {
        "prefecture_review": "now",
        "province_review": "future",
        "flow_inside": "done",
    }


def test_without_a_diagram_the_top_process_is_meant(app: Flask, session: Session) -> None:
    campaign = new_campaign(session)
    answer = signed_in(app, "yefang").get(f"/diagrams/process/{campaign.process_id}/states.json")
    assert answer.json is not None
    assert (answer.json["file"], answer.json["states"]["approve"]) == ("loop.bpmn", "now")
    assert answer.json["way"][0] == {"name": "plan", "state": "done", "note": "2×"}


def test_another_office_and_an_unknown_diagram_get_nothing(app: Flask, session: Session) -> None:
    url = f"/diagrams/process/{new_campaign(session).process_id}/states.json"
    assert signed_in(app, "caimin").get(url).status_code == 404
    assert signed_in(app, "yefang").get(url + "?diagram=none").status_code == 404


def test_a_nameless_gateway_is_drawn_and_not_told(app: Flask, session: Session) -> None:
    process = session.get_one(Process, new_campaign(session).process_id)
    gateway = node("split", "split", "done", "exclusiveGateway")
    with app.test_request_context():
        found = place(Path(nodes=(gateway,), flows=frozenset()), process)
    assert found.states == {"split": "done"}
    assert found.way == ()


def test_what_waits_in_an_open_sub_process_is_marked_and_a_listening_event_is_not(
    app: Flask, session: Session
) -> None:
    process = session.get_one(Process, new_campaign(session).process_id)
    nodes = (
        node("each", "dispatch/each", "now", "subProcess"),
        node("time", "dispatch/each/time", "now", "intermediateCatchEvent"),
        node("late", "dispatch/late", "now", "boundaryEvent"),
        node("other", "confirm/other", "done", "userTask"),
    )
    flows = frozenset({"dispatch/each/first", "dispatch/second", "confirm/third"})
    with app.test_request_context():
        found = place(Path(nodes=nodes, flows=flows), process, "dispatch")
    assert found.states == {"each": "now", "time": "now", "first": "done", "second": "done"}


def test_the_way_tells_what_was_taken_then_what_is_open_then_what_comes_next(
    app: Flask, session: Session
) -> None:
    process = session.get_one(Process, new_campaign(session).process_id)
    review = node("prefecture_review", "approve/prefecture_review", "now", "userTask")
    names = ("build_route", "province_review", "approve_end")
    states = ("done", "future", "skipped")
    kinds = ("serviceTask", "userTask", "endEvent")
    others = [node(n, f"approve/{n}", s, k) for n, s, k in zip(names, states, kinds, strict=True)]
    with app.test_request_context():
        app.extensions["engine"] = Drawn(lambda: NOW)
        found = place(Path(nodes=(review, *others), flows=frozenset()), process, "approve")
    assert [step.state for step in found.way] == ["done", "now", "future"]
    assert found.way[-1].name == "province_review"


def test_the_nearest_steps_are_told_and_a_loop_ends() -> None:
    leads = {"a": ("split",), "split": ("b", "far"), "far": ("c", "a"), "b": ("end",)}
    assert nearest(leads, ["a"], {"b", "c"}) == ["b"]
    assert nearest(leads, ["b"], {"c"}) == []
    assert nearest({"a": ("a",)}, ["a"], {"z"}) == []


def test_a_called_diagram_is_found_by_where_it_is_called() -> None:
    assert calling_path(path(), "loop", "loop") == ""
    assert calling_path(path(), "approve", "loop") == "approve"
    assert calling_path(path(), "nowhere", "loop") is None
