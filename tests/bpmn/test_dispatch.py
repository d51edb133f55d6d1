"""Dispatch: each work order waits for its own time, is checked once more, and leaves."""

from datetime import UTC, datetime

from tests.bpmn.walk import Walk

TWO = {
    "work_orders": [
        {"id": 1, "planned_at": "2026-03-05T09:00:00+08:00"},
        {"id": 2, "planned_at": "2026-03-09T14:30:00+08:00"},
    ]
}
CHECKED = ["dispatch.recheck_limits", "dispatch.hand_over"]


def test_a_list_does_not_leave_before_its_time(walk: Walk) -> None:
    walk.to_dispatch()
    walk.go_to(5, 8, 59)
    assert walk.called(*CHECKED) == []
    walk.go_to(5, 9, 0)
    assert walk.called(*CHECKED) == CHECKED
    assert walk.stages() == {"feedback"}


def test_two_work_orders_leave_each_at_its_own_time(walk: Walk) -> None:
    walk.says("dispatch.split_work_orders", TWO)
    walk.says("feedback.open_window", {"next_check": "2026-03-10T09:00:00+08:00"})
    walk.to_dispatch()
    assert walk.process.next_due == datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
    walk.go_to(5)
    assert walk.given("dispatch.hand_over") == {"work_order_id": 1}
    assert walk.process.next_due == datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
    assert walk.stages() == {"dispatch"}
    walk.go_to(9, 14, 30)
    assert walk.given("dispatch.hand_over") == {"work_order_id": 2}
    assert walk.called(*CHECKED) == CHECKED * 2
    assert walk.stages() == {"feedback"}


def test_the_second_list_is_stopped_when_the_first_has_left_already(walk: Walk) -> None:
    walk.says("dispatch.split_work_orders", TWO)
    walk.to_dispatch()
    walk.go_to(5)
    walk.send("stop")
    walk.go_to(10)
    assert walk.called("dispatch.hand_over") == ["dispatch.hand_over"]
    assert walk.process.outcome == "end_stopped"


def test_work_orders_of_the_same_moment_all_leave(walk: Walk) -> None:
    orders = [{"id": n, "planned_at": "2026-03-05T09:00:00+08:00"} for n in range(1, 6)]
    walk.says("dispatch.split_work_orders", {"work_orders": orders})
    walk.to_dispatch()
    walk.go_to(5)
    left = [c.given["work_order_id"] for c in walk.calls if c.name == "dispatch.hand_over"]
    assert sorted(left) == [1, 2, 3, 4, 5]
    assert walk.stages() == {"feedback"}


def test_a_time_that_is_over_already_does_not_hold_the_list_back(walk: Walk) -> None:
    orders = [{"id": 1, "planned_at": "2026-03-01T09:00:00+08:00"}]
    walk.says("dispatch.split_work_orders", {"work_orders": orders})
    walk.to_dispatch()
    assert walk.called(*CHECKED) == CHECKED


def test_a_stop_while_the_list_is_being_checked_withdraws_the_job(walk: Walk) -> None:
    walk.to_dispatch()
    walk.clock.now = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
    walk.engine.wake(walk.process_id)
    assert walk.jobs("ready") == ["dispatch.recheck_limits"]
    walk.send("stop")
    assert walk.jobs("cancelled") == ["dispatch.recheck_limits"]
    assert walk.called(*CHECKED) == []
