"""Dispatch: cut into work orders, checked once more, handed over once, and nobody of the control group."""

import csv
import io
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyrage
import pytest

from handlers.audience import GROUP_CODES, read_frozen
from handlers.audience.problems import FrozenListChanged
from handlers.contacts import release
from handlers.desk.binding import NotApproved
from handlers.desk.reach import NoFrozenList
from handlers.dispatch import NoSuchWorkOrder
from models.base import db
from models.campaign import Campaign
from models.execution import Contact, DoNotDisturb, WorkOrder
from tests.factories import rows
from tests.factories.channel_keys import identity_of
from tests.factories.stage import Stage

Ready = tuple[Stage, Campaign]


def approved(stage: Stage, **changed: Any) -> Campaign:
    return stage.to_dispatch(**changed)


def split(stage: Stage, campaign: Campaign) -> list[WorkOrder]:
    stage.run("dispatch.split_work_orders", campaign_id=campaign.id)
    return rows.work_orders_of(campaign)


def listed(stage: Stage, campaign: Campaign) -> dict[str, np.ndarray]:
    assert campaign.audience is not None
    return read_frozen(stage.folder / campaign.audience.file, campaign.audience.file_digest)


def treated(stage: Stage, campaign: Campaign) -> list[int]:
    people = listed(stage, campaign)
    return people["sid"][people["arm"] == 0].tolist()


def opened_list(stage: Stage, order: WorkOrder) -> list[dict[str, str]]:
    """The list as the channel reads it, with the channel's own key."""
    sealed = (stage.folder / "out" / order.channel / f"{order.number}.csv.age").read_bytes()
    text = pyrage.decrypt(sealed, [identity_of(stage.province.demo, order.channel)]).decode()
    return list(csv.DictReader(io.StringIO(text)))


def refuse(stage: Stage, sid: int, channel: str = "sms") -> None:
    db.session.add(DoNotDisturb(sid=sid, channel=channel, since=stage.now, source="reply"))
    db.session.commit()


def met_often(stage: Stage, sid: int, times: int, channel: str = "sms") -> None:
    """So many contacts by other campaigns, one a day, the last one yesterday."""
    for number in range(times):
        rows.met_by_another(sid, stage.now.date() - timedelta(days=number + 1), channel)


def places(campaign: Campaign, **wanted: Any) -> Counter[tuple[int, str, int]]:
    """How many entries of the ledger there are on each day of March, in which state, of how many contacts."""
    return Counter((e.day.day, e.state, e.contacts) for e in rows.entries_of(campaign, **wanted))


# -- cutting


def test_messages_leave_as_one_list_on_the_first_day_at_the_first_hour(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    assert (order.channel, order.planned_on) == ("sms", date(2026, 3, 5))
    assert order.planned_at == datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
    assert order.number == "RW-0101-2026-0001"
    assert [c.sid for c in rows.contacts_of(campaign)] == treated(stage, campaign)
    assert {c.state for c in rows.contacts_of(campaign)} == {"planned"}


def test_calls_are_spread_evenly_over_the_confirmed_days(stage: Stage) -> None:
    campaign = approved(stage, channels=("call",))
    channel = campaign.channels[0]
    channel.confirmed_people = 20
    channel.confirmed_from, channel.confirmed_to = date(2026, 3, 9), date(2026, 3, 11)
    db.session.commit()
    orders = split(stage, campaign)
    assert [(o.planned_on.day, o.people) for o in orders] == [(9, 7), (10, 7), (11, 6)]
    assert len({c.sid for c in rows.contacts_of(campaign)}) == 20


def test_more_days_than_people_are_no_empty_work_orders(stage: Stage) -> None:
    campaign = approved(stage, channels=("call",))
    channel = campaign.channels[0]
    channel.confirmed_people = 2
    channel.confirmed_from, channel.confirmed_to = date(2026, 3, 9), date(2026, 3, 11)
    db.session.commit()
    assert [(o.planned_on.day, o.people) for o in split(stage, campaign)] == [(9, 1), (10, 1)]


def test_a_channel_that_takes_fewer_gets_the_best_of_the_list(ready: Ready) -> None:
    stage, campaign = ready
    campaign.channels[0].confirmed_people = 15
    db.session.commit()
    split(stage, campaign)
    people = listed(stage, campaign)
    by_rank = np.argsort(np.where(people["arm"] == 0, people["rank"], 10**6))
    assert [c.sid for c in rows.contacts_of(campaign)] == sorted(people["sid"][by_rank[:15]].tolist())


def test_the_control_group_is_in_no_work_order(stage: Stage) -> None:
    campaign = approved(stage, channels=("sms", "call"))
    split(stage, campaign)
    people = listed(stage, campaign)
    control = set(people["sid"][people["arm"] == 1].tolist())
    assert control
    assert control.isdisjoint(c.sid for c in rows.contacts_of(campaign))


def test_groups_that_hate_messages_are_called_and_get_none(stage: Stage) -> None:
    campaign = approved(stage, channels=("sms", "call"))
    split(stage, campaign)
    people = listed(stage, campaign)
    averse = np.isin(people["group"], [GROUP_CODES["高潜力型"], GROUP_CODES["中潜力型"]])
    spared = set(people["sid"][averse & (people["arm"] == 0)].tolist())
    assert spared
    assert spared.isdisjoint(c.sid for c in rows.contacts_of(campaign, channel="sms"))
    assert spared <= {c.sid for c in rows.contacts_of(campaign, channel="call")}


@pytest.mark.parametrize(
    ("hour", "minute", "planned"),
    [
        (8, 0, datetime(2026, 3, 6, 1, 0, tzinfo=UTC)),
        (14, 30, datetime(2026, 3, 6, 6, 30, tzinfo=UTC)),
        (20, 0, datetime(2026, 3, 7, 1, 0, tzinfo=UTC)),
        (23, 0, datetime(2026, 3, 7, 1, 0, tzinfo=UTC)),
    ],
)
def test_a_late_start_keeps_to_the_hours_of_the_day(
    ready: Ready, hour: int, minute: int, planned: datetime
) -> None:
    stage, campaign = ready
    stage.go_to(6, hour, minute)
    (order,) = split(stage, campaign)
    assert order.planned_at == planned
    assert order.planned_on == planned.date()


def test_the_places_reserved_go_over_to_the_days_of_the_calls(stage: Stage) -> None:
    campaign = approved(stage, channels=("call",))
    everybody = len(treated(stage, campaign))
    assert places(campaign) == {(5, "reserved", 1): everybody}
    channel = campaign.channels[0]
    channel.confirmed_people = 20
    channel.confirmed_from, channel.confirmed_to = date(2026, 3, 9), date(2026, 3, 11)
    db.session.commit()
    orders = split(stage, campaign)
    assert places(campaign) == {
        (9, "reserved", 1): 7,
        (10, "reserved", 1): 7,
        (11, "reserved", 1): 6,
        (5, "released", 0): everybody - 20,
    }
    called = {c.sid for c in rows.contacts_of(campaign, work_order_id=orders[2].id)}
    assert {e.sid for e in rows.entries_of(campaign, day=date(2026, 3, 11))} == called


def test_who_has_no_room_on_the_day_is_taken_out_where_the_list_is_cut(ready: Ready) -> None:
    stage, campaign = ready
    first, second = treated(stage, campaign)[:2]
    for ahead in range(4):
        rows.met_by_another(first, date(2026, 3, 20 + ahead), state="reserved")
    rows.met_by_another(second, date(2026, 3, 20), state="reserved")
    channel = campaign.channels[0]
    channel.confirmed_from = channel.confirmed_to = date(2026, 3, 6)
    db.session.commit()
    (order,) = split(stage, campaign)
    (out,) = rows.contacts_of(campaign, state="suppressed")
    assert (out.sid, out.cause, out.settled_at) == (first, "over_frequency", stage.now)
    assert order.people == len(rows.contacts_of(campaign)) == len(treated(stage, campaign))
    assert places(campaign, sid=first) == {(5, "released", 0): 1}
    assert places(campaign, sid=second) == {(6, "reserved", 1): 1}


def test_who_had_no_room_gets_the_place_another_campaign_gave_back(ready: Ready) -> None:
    stage, campaign = ready
    someone = treated(stage, campaign)[0]
    others = [rows.met_by_another(someone, date(2026, 3, 7), state="reserved") for _ in range(4)]
    campaign.channels[0].confirmed_from = date(2026, 3, 6)
    db.session.commit()
    (order,) = split(stage, campaign)
    assert [c.sid for c in rows.contacts_of(campaign, state="suppressed")] == [someone]
    for other in others:
        release(db.session, other.campaign_id, stage.now)
    db.session.commit()
    stage.go_to(6)
    assert stage.run("dispatch.recheck_limits", work_order_id=order.id) == {"suppressed": 0}
    assert places(campaign, sid=someone) == {(6, "reserved", 1): 1}


def test_nothing_is_cut_without_an_approval_or_without_a_list(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    stage.plan(campaign)
    with pytest.raises(NotApproved):
        split(stage, campaign)
    notice = rows.drafted_campaign(campaign_type="notice", purpose="notice")
    stage.approve(notice)
    with pytest.raises(NoFrozenList):
        split(stage, notice)
    assert db.session.query(WorkOrder).count() == 0


def test_a_list_somebody_touched_is_not_sent(ready: Ready) -> None:
    stage, campaign = ready
    assert campaign.audience is not None
    file = stage.folder / campaign.audience.file
    file.chmod(0o640)
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(FrozenListChanged):
        split(stage, campaign)


# -- checking once more


def test_who_refused_after_planning_is_taken_out_and_counted_for_both_arms(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    people = listed(stage, campaign)
    mine = people["sid"][people["arm"] == 0][:3].tolist()
    spared = people["sid"][people["arm"] == 1][:2].tolist()
    for sid in (*mine, *spared):
        refuse(stage, sid)
    assert stage.run("dispatch.recheck_limits", work_order_id=order.id) == {"suppressed": 3}
    assert order.suppressed["do_not_disturb"] == {"treated": 3, "control": 2}
    out = rows.contacts_of(campaign, state="suppressed")
    assert [(c.sid, c.cause) for c in out] == [(sid, "do_not_disturb") for sid in mine]


def test_a_refusal_of_another_channel_takes_nobody_out(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    refuse(stage, treated(stage, campaign)[0], channel="call")
    assert stage.run("dispatch.recheck_limits", work_order_id=order.id) == {"suppressed": 0}


def test_who_was_met_four_times_meanwhile_is_not_met_a_fifth_time(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    first, second = treated(stage, campaign)[:2]
    met_often(stage, first, 4)
    met_often(stage, second, 3)
    stage.run("dispatch.recheck_limits", work_order_id=order.id)
    assert order.suppressed["over_frequency"]["treated"] == 1
    (out,) = rows.contacts_of(campaign, state="suppressed")
    assert (out.sid, out.cause) == (first, "over_frequency")


def test_who_is_taken_out_gives_the_place_back(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    refusing, busy, *others = treated(stage, campaign)
    refuse(stage, refusing)
    met_often(stage, busy, 4)
    stage.go_to(5)
    stage.run("dispatch.recheck_limits", work_order_id=order.id)
    assert places(campaign) == {(5, "released", 0): 2, (5, "reserved", 1): len(others)}


def test_a_list_that_leaves_a_day_late_has_its_places_on_that_day(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    someone, *others = treated(stage, campaign)
    for _ in range(4):
        rows.met_by_another(someone, date(2026, 4, 4), state="reserved")
    stage.go_to(6)
    assert stage.run("dispatch.recheck_limits", work_order_id=order.id) == {"suppressed": 1}
    assert places(campaign) == {(5, "released", 0): 1, (6, "reserved", 1): len(others)}


def test_what_was_stopped_meanwhile_is_left_as_it_is(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    refuse(stage, treated(stage, campaign)[0])
    stage.run("dispatch.stop_work_orders", campaign_id=campaign.id)
    assert stage.run("dispatch.recheck_limits", work_order_id=order.id) == {"suppressed": 0}
    assert {c.state for c in rows.contacts_of(campaign)} == {"stopped"}
    assert {e.state for e in rows.entries_of(campaign)} == {"released"}


def test_who_both_refused_and_was_met_too_often_is_counted_once(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    someone = treated(stage, campaign)[0]
    met_often(stage, someone, 4)
    refuse(stage, someone)
    assert stage.run("dispatch.recheck_limits", work_order_id=order.id) == {"suppressed": 1}
    assert order.suppressed["over_frequency"]["treated"] == 0


def test_a_second_check_says_the_same_and_the_latest_data_counts(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    someone = treated(stage, campaign)[0]
    refuse(stage, someone)
    for _ in range(2):
        assert stage.run("dispatch.recheck_limits", work_order_id=order.id) == {"suppressed": 1}
        assert order.suppressed["do_not_disturb"] == {"treated": 1, "control": 0}
    db.session.query(DoNotDisturb).delete()
    db.session.commit()
    assert stage.run("dispatch.recheck_limits", work_order_id=order.id) == {"suppressed": 0}
    assert {c.state for c in rows.contacts_of(campaign)} == {"planned"}


def test_a_second_channel_of_the_same_campaign_is_no_contact_too_many(stage: Stage) -> None:
    """Five contacts by others are one short of six; the campaign's own message does not make up the sixth."""
    campaign = approved(stage, channels=("sms", "call"))
    message, call, *_ = split(stage, campaign)
    first = next(c.sid for c in rows.contacts_of(campaign, work_order_id=call.id))
    assert rows.contacts_of(campaign, sid=first, channel="sms")
    met_often(stage, first, 3)
    met_often(stage, first, 1, channel="call")
    met_often(stage, first, 1, channel="shop")
    for order in (message, call):
        stage.run("dispatch.recheck_limits", work_order_id=order.id)
        stage.run("dispatch.hand_over", work_order_id=order.id)
    assert {c.state for c in rows.contacts_of(campaign, sid=first)} == {"handed_over"}


# -- handing over


def test_the_channel_gets_numbers_and_text_and_the_manifest_last(ready: Ready) -> None:
    stage, campaign = ready
    stage.dispatch(campaign)
    (order,) = rows.work_orders_of(campaign)
    given = opened_list(stage, order)
    contacts = rows.contacts_of(campaign)
    numbers = stage.province.warehouse.numbers(np.array([c.sid for c in contacts]))
    assert [(g["message_id"], g["number"]) for g in given] == list(
        zip([c.message_id for c in contacts], numbers, strict=True)
    )
    assert {g["text"] for g in given} == {rows.SMS}
    manifest = json.loads((stage.folder / "out" / "sms" / f"{order.number}.manifest.json").read_text())
    assert (manifest["campaign"], manifest["rows"]) == (campaign.number, len(contacts))
    assert manifest["sha256"] == order.file_digest
    assert (order.state, order.people) == ("dispatched", len(contacts))
    assert {(c.state, c.contacted_at) for c in contacts} == {("handed_over", stage.now)}


def test_who_was_taken_out_is_not_on_the_list(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    someone = treated(stage, campaign)[0]
    refuse(stage, someone)
    stage.run("dispatch.recheck_limits", work_order_id=order.id)
    result = stage.run("dispatch.hand_over", work_order_id=order.id)
    assert result == {"handed_over": len(treated(stage, campaign)) - 1}
    (spared,) = stage.province.warehouse.numbers(np.array([someone]))
    assert spared not in {row["number"] for row in opened_list(stage, order)}
    (contact,) = rows.contacts_of(campaign, sid=someone)
    assert (contact.state, contact.contacted_at) == ("suppressed", None)


def test_a_second_hand_over_writes_nothing_and_counts_nobody_twice(ready: Ready) -> None:
    stage, campaign = ready
    stage.dispatch(campaign)
    (order,) = rows.work_orders_of(campaign)
    out = stage.folder / "out" / "sms"
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    first = stage.now
    stage.go_to(6)
    again = stage.run("dispatch.hand_over", work_order_id=order.id)
    assert again == {"handed_over": order.people}
    assert order.handed_over_at == first
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert {c.contacted_at for c in rows.contacts_of(campaign)} == {first}


def test_who_is_on_the_list_is_met_once_that_day(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    refuse(stage, treated(stage, campaign)[0])
    stage.go_to(5)
    stage.run("dispatch.recheck_limits", work_order_id=order.id)
    assert {state for _, state, _ in places(campaign)} == {"released", "reserved"}
    stage.run("dispatch.hand_over", work_order_id=order.id)
    assert places(campaign) == {(5, "released", 0): 1, (5, "settled", 1): order.people}


def test_a_hand_over_cut_short_after_the_list_was_written_is_finished_with_the_same_list(
    ready: Ready,
) -> None:
    stage, campaign = ready
    stage.dispatch(campaign)
    (order,) = rows.work_orders_of(campaign)
    out = stage.folder / "out" / "sms"
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    digest = order.file_digest
    order.state, order.file, order.file_digest, order.handed_over_at = "to_dispatch", "", "", None
    db.session.query(Contact).update({"state": "planned", "contacted_at": None})
    db.session.commit()
    stage.run("dispatch.hand_over", work_order_id=order.id)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert (order.state, order.file_digest) == ("dispatched", digest)


def test_nobody_left_is_no_list(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    for sid in treated(stage, campaign):
        db.session.add(DoNotDisturb(sid=sid, channel="sms", since=stage.now, source="reply"))
    db.session.commit()
    stage.run("dispatch.recheck_limits", work_order_id=order.id)
    assert stage.run("dispatch.hand_over", work_order_id=order.id) == {"handed_over": 0}
    assert not (stage.folder / "out" / "sms").exists()
    assert (order.state, order.people, order.file) == ("dispatched", 0, "")


def test_what_was_changed_after_the_approval_is_not_handed_over(ready: Ready) -> None:
    stage, campaign = ready
    (order,) = split(stage, campaign)
    campaign.channels[0].content += "！"
    db.session.commit()
    with pytest.raises(NotApproved):
        stage.run("dispatch.recheck_limits", work_order_id=order.id)
    with pytest.raises(NotApproved):
        stage.run("dispatch.hand_over", work_order_id=order.id)
    assert {c.state for c in rows.contacts_of(campaign)} == {"planned"}


def test_a_notice_needs_no_word_of_refusal(stage: Stage) -> None:
    campaign = rows.drafted_campaign(
        campaign_type="notice", purpose="activate", hold_out_basis_points=0, definition=rows.LIKELY
    )
    campaign.channels[0].content = "【东屿移动】3月6日凌晨系统升级，暂停办理业务。"
    db.session.commit()
    stage.plan(campaign, exclusion_set="notice")
    stage.approve(campaign)
    stage.dispatch(campaign)
    assert rows.work_orders_of(campaign)[0].state == "dispatched"
    assert rows.entries_of(campaign) == []


def test_a_work_order_that_is_not_there_is_said_so(stage: Stage) -> None:
    with pytest.raises(NoSuchWorkOrder):
        stage.run("dispatch.hand_over", work_order_id=99)


# -- stopping


def test_a_stop_keeps_back_what_has_not_left_and_touches_nothing_else(stage: Stage) -> None:
    campaign = approved(stage, channels=("call",))
    channel = campaign.channels[0]
    channel.confirmed_people = 20
    channel.confirmed_from, channel.confirmed_to = date(2026, 3, 9), date(2026, 3, 10)
    db.session.commit()
    first, second = split(stage, campaign)
    stage.go_to(9)
    stage.run("dispatch.hand_over", work_order_id=first.id)
    refusing = rows.contacts_of(campaign, work_order_id=second.id)[0].sid
    refuse(stage, refusing, channel="call")
    stage.run("dispatch.recheck_limits", work_order_id=second.id)
    assert stage.run("dispatch.stop_work_orders", campaign_id=campaign.id) == {"stopped": 1}
    db.session.expire_all()
    assert (first.state, second.state) == ("dispatched", "stopped")
    assert {c.state for c in rows.contacts_of(campaign, work_order_id=first.id)} == {"handed_over"}
    states = {c.sid: c.state for c in rows.contacts_of(campaign, work_order_id=second.id)}
    assert states.pop(refusing) == "suppressed"
    assert set(states.values()) == {"stopped"}
    assert stage.run("dispatch.hand_over", work_order_id=second.id) == {"handed_over": 0}
    assert second.state == "stopped"
    assert places(campaign) == {
        (9, "settled", 1): 10,
        (10, "released", 0): 10,
        (5, "released", 0): len(treated(stage, campaign)) - 20,
    }
    assert not (stage.folder / "out" / "call" / f"{second.number}.csv.age").exists()
