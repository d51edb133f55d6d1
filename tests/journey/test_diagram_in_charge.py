"""The diagram is in charge: one box drawn into a file changes what happens, and nobody touches the code."""

import re
import shutil
from datetime import date
from pathlib import Path

from tests.bpmn.test_versions import with_a_second_look
from tests.journey.office import Office

BPMN = Path(__file__).parents[2] / "bpmn"
THURSDAY = date(2026, 3, 5)


def draw_a_second_look(folder: Path) -> Path:
    """The process owners' room with one more box in one diagram."""
    room = shutil.copytree(BPMN, folder / "bpmn")
    drawing = room / "loop" / "approve.bpmn"
    drawing.write_bytes(with_a_second_look(drawing.read_bytes()))
    return room


def submitted(office: Office, name: str) -> str:
    """A campaign of the province that waits for its approver."""
    number = office.staff.begin("zhoulan", "H01", name)
    office.staff.submit("zhoulan", number, THURSDAY, 10)
    office.staff.waiting("chenliqun", number, "province_review")
    return number


def test_a_second_look_drawn_into_the_diagram_is_asked_of_the_next_campaign(
    office: Office, tmp_path: Path
) -> None:
    running = submitted(office, "先报批的活动")
    room = draw_a_second_look(tmp_path)
    assert office.command("publish-diagrams", "--folder", str(room)) == 0
    following = submitted(office, "后报批的活动")
    for number in (running, following):
        office.staff.decide("chenliqun", number, "province_review", "pass")
    office.settle()
    assert re.search("渠道确认[:：] ?黄志勇", office.look("zhoulan", f"/campaigns/{running}"))
    assert re.search("复核[:：] ?石磊", office.look("zhoulan", f"/campaigns/{following}"))
    office.staff.decide("shilei", following, "second_look", "done")
    assert office.staff.waiting("huangzhiyong", following, "confirm_channel")
    assert "石磊 复核" in office.look("zhoulan", f"/campaigns/{following}?tab=approvals")
    assert "版本 2" in office.look("zhoulan", f"/campaigns/{following}?tab=diagram")
    assert "版本 1" in office.look("zhoulan", f"/campaigns/{running}?tab=diagram")


def test_the_same_room_published_again_changes_nothing(office: Office, tmp_path: Path) -> None:
    room = draw_a_second_look(tmp_path)
    for _ in range(2):
        assert office.command("publish-diagrams", "--folder", str(room)) == 0
    number = submitted(office, "第一个活动")
    assert "流程版本 2" in office.look("shilei", f"/trail/{office.process_of(number)}")


def test_a_drawing_that_does_not_hold_is_refused_and_the_old_one_stays_in_force(
    office: Office, tmp_path: Path
) -> None:
    room = draw_a_second_look(tmp_path)
    drawing = room / "loop" / "approve.bpmn"
    drawing.write_bytes(drawing.read_bytes().replace(b"approve.record_decision", b"approve.bless_it"))
    assert office.command("publish-diagrams", "--folder", str(room)) != 0
    number = submitted(office, "照旧报批的活动")
    assert "流程版本 1" in office.look("shilei", f"/trail/{office.process_of(number)}")
