"""Confirm: every channel at the same time; one that asks for changes speaks for all."""

from datetime import timedelta

from tests.bpmn.walk import Walk

BOTH = {"channels": ["sms", "call"], "confirmations": []}


def test_every_keeper_is_asked_at_the_same_time_about_the_own_channel(walk: Walk) -> None:
    walk.says("confirm.ask_capacity", BOTH)
    walk.to_confirm()
    asked = {(t.variables["channel"], t.assignee) for t in walk.open_to_dos()}
    assert asked == {("sms", "huangzhiyong"), ("call", "zhenghaiyan")}
    assert all(t.due_at == t.created_at + timedelta(days=2) for t in walk.open_to_dos())


def test_the_campaign_goes_on_when_the_last_channel_has_confirmed(walk: Walk) -> None:
    walk.says("confirm.ask_capacity", BOTH)
    walk.to_confirm()
    walk.decide("confirm_channel", "confirm", by="zhenghaiyan")
    assert walk.stages() == {"confirm"}
    walk.decide("confirm_channel", "confirm", by="huangzhiyong")
    assert walk.stages() == {"dispatch"}
    assert walk.called("confirm.book", "confirm.release") == ["confirm.book"]


def test_one_channel_that_asks_for_changes_cancels_the_others_and_nothing_is_booked(walk: Walk) -> None:
    walk.says("confirm.ask_capacity", BOTH)
    walk.to_confirm()
    walk.decide("confirm_channel", "adjust", by="huangzhiyong", opinion="当日网关检修")
    by_channel = {t.variables["channel"]: t.state for t in walk.to_dos("confirm_channel")}
    assert by_channel == {"sms": "done", "call": "cancelled"}
    assert walk.called("confirm.book", "confirm.release") == ["confirm.release"]
    assert walk.open_elements() == ["draft_campaign"]


def test_changes_wished_after_others_confirmed_release_those_too(walk: Walk) -> None:
    walk.says("confirm.ask_capacity", BOTH)
    walk.to_confirm()
    walk.decide("confirm_channel", "confirm", by="zhenghaiyan")
    walk.decide("confirm_channel", "adjust", by="huangzhiyong")
    assert walk.called("confirm.book", "confirm.release") == ["confirm.release"]


def test_in_the_second_round_every_channel_is_asked_anew(walk: Walk) -> None:
    walk.says("confirm.ask_capacity", BOTH)
    walk.to_confirm()
    walk.decide("confirm_channel", "confirm", by="zhenghaiyan")
    walk.decide("confirm_channel", "adjust", by="huangzhiyong")
    walk.submit()
    walk.approve()
    assert walk.open_elements() == ["confirm_channel"] * 2
    walk.decide("confirm_channel", "confirm", by="huangzhiyong")
    assert walk.stages() == {"confirm"}
    walk.decide("confirm_channel", "confirm", by="zhenghaiyan")
    assert walk.stages() == {"dispatch"}
