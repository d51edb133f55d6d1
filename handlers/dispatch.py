"""Dispatch: work orders per channel and day, checked once more, then handed to the channel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Row, func, insert, select, update

from handlers.channels import (
    CHANNELS,
    Content,
    HandOver,
    Slip,
    announce,
    outbox,
    read_channel_keys,
    service_code,
)
from handlers.contacts import Blocked, check, hold_places, move, one_of, release, settle
from handlers.desk.answers import campaign_of
from handlers.desk.binding import require_approval_where_needed
from handlers.desk.looking import looking
from handlers.desk.reach import Sids, control, first_day, limits_of, opening, treated
from handlers.desk.workshop import Workshop, local_day
from handlers.numbers import next_number
from handlers.operation import Result, job, operation
from handlers.warehouse import Mask
from models.base import Problem, db
from models.campaign import Campaign, CampaignChannel
from models.execution import Contact, WorkOrder

#: a call list is spread over the days confirmed; a message goes out on the first
SPREAD = frozenset({"call"})
#: campaign types that tell and do not sell
NOTICES = frozenset({"notice", "temporary"})
#: states of a work order that can still be stopped
NOT_OVER = ("to_dispatch", *outbox.UNDER_WAY)
#: states of a work order that has left
BEGUN = ("dispatched", "paused", "done")
#: why somebody is taken out; who both refused and was met too often counts as having refused
CAUSES = ("do_not_disturb", "over_frequency")


class NoSuchWorkOrder(Problem):
    """A diagram asked about a work order that is not there."""

    message = "There is no work order with the id %(work_order_id)s."


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Whom a channel is to meet on one day."""

    channel: CampaignChannel
    day: date
    sids: Sids
    #: those of them who have no room for one more contact on that day
    refused: Sids


@operation
def split_work_orders(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Cut the treated list into work orders by channel and day, at most as many as were confirmed.

    The places reserved go over to those days; who has no room any more is taken out, and asked about again
    before the list leaves.
    """
    campaign = campaign_of(campaign_id)
    require_approval_where_needed(campaign, workshop.decide)
    slots = [slot for channel in campaign.channels for slot in _place(campaign, channel, workshop, now)]
    orders = [_open_work_order(campaign, slot, now) for slot in slots]
    return {"work_orders": [{"id": o.id, "planned_at": o.planned_at.isoformat()} for o in orders]}


@job
def recheck_limits(work_order_id: int, workshop: Workshop, now: datetime) -> Result:
    """Take out who may no longer be met, just before the list leaves (H4), counted for both arms."""
    with looking():
        order = _work_order(work_order_id)
        campaign = order.campaign
        require_approval_where_needed(campaign, workshop.decide)
        at: dict[str, Any] = {
            "session": db.session,
            "campaign_id": campaign.id,
            "channel": order.channel,
            "day": max(order.planned_on, local_day(now)),
            "limits": limits_of(campaign, workshop),
            "warehouse": workshop.warehouse,
            "now": now,
        }
        listed = _listed(order)
        blocked, also = check(listed, **at), check(control(campaign, workshop), **at)
    db.session.refresh(order, with_for_update=True)
    if order.state != "to_dispatch":
        db.session.rollback()
        return {"suppressed": 0}
    blocked = hold_places(sids=listed, blocked=blocked, **at)
    _plan_again(order)
    counted = {}
    for cause, out, out_of_control in zip(CAUSES, _by_cause(blocked), _by_cause(also), strict=True):
        _suppress(order, listed[out], cause, now)
        counted[cause] = {"treated": int(out.sum()), "control": int(out_of_control.sum())}
    order.suppressed = counted
    db.session.commit()
    return {"suppressed": sum(count["treated"] for count in counted.values())}


@job
def hand_over(work_order_id: int, workshop: Workshop, now: datetime) -> Result:
    """Give the list to the channel; a second try writes the same list and counts nobody twice."""
    order = _work_order(work_order_id)
    if order.state != "to_dispatch":
        return {"handed_over": order.people if order.state in BEGUN else 0}
    require_approval_where_needed(order.campaign, workshop.decide)
    _keep_content(order)
    if order.channel not in workshop.by_file:
        return _begin(order, workshop, now)
    return _hand_over_list(order, workshop, now)


def _keep_content(order: WorkOrder) -> None:
    """What is said is what was approved, whatever is typed into the campaign later."""
    campaign = order.campaign
    order.content = next(row.content for row in campaign.channels if row.channel == order.channel)
    order.is_promotion = campaign.purpose != "notice" and campaign.campaign_type not in NOTICES


def _begin(order: WorkOrder, workshop: Workshop, now: datetime) -> Result:
    """Tell the channel what is coming, then let our own sender or our own call agents have it."""
    asked = select(func.count(Contact.id)).where(Contact.work_order_id == order.id)
    people = db.session.scalar(asked.where(Contact.state == "planned")) or 0
    order_id, channel, slip = order.id, order.channel, _slip(order, workshop)
    db.session.rollback()
    announce(channel, slip, service_code(order_id), people, workshop.out / channel, now)
    order = db.session.get_one(WorkOrder, order_id, with_for_update=True, populate_existing=True)
    if order.state != "to_dispatch":
        db.session.rollback()
        return {"handed_over": 0}
    _keep_content(order)
    CHANNELS[channel].open(db.session, order, now)
    order.state, order.handed_over_at, order.people = "dispatched", now, people
    db.session.commit()
    return {"handed_over": people}


def _hand_over_list(order: WorkOrder, workshop: Workshop, now: datetime) -> Result:
    """Write the encrypted list for somebody else's gateway or call centre: each on it is met once, today."""
    rows = db.session.execute(
        select(Contact.sid, Contact.message_id)
        .where(Contact.work_order_id == order.id, Contact.state.in_(("planned", "handed_over")))
        .order_by(Contact.sid)
    ).all()
    written = _write_list(order, rows, workshop, now) if rows else None
    db.session.execute(
        update(Contact)
        .where(Contact.work_order_id == order.id, Contact.state == "planned")
        .values(state="handed_over", contacted_at=now)
    )
    sids = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
    settle(db.session, order.campaign_id, order.channel, sids, 1, local_day(now), now)
    _keep_content(order)
    order.state, order.handed_over_at = "dispatched", now
    order.people = len(rows)
    if written is not None:
        order.file, order.file_digest = written.path.name, written.digest
    db.session.commit()
    return {"handed_over": len(rows)}


@operation
def stop_work_orders(campaign_id: int, now: datetime) -> Result:
    """Stop what has not left yet and what is under way; who was not met will not be met."""
    asked = select(WorkOrder).where(WorkOrder.campaign_id == campaign_id).order_by(WorkOrder.id)
    orders = db.session.scalars(asked.where(WorkOrder.state.in_(NOT_OVER)).with_for_update()).all()
    waiting = [order for order in orders if order.state == "to_dispatch"]
    under_way = [order for order in orders if order not in waiting and outbox.has_work(db.session, order)]
    for order in waiting:
        _keep_back(order, now)
    for order in under_way:
        outbox.stop(db.session, order, now)
    return {"stopped": len(waiting) + len(under_way)}


def _keep_back(order: WorkOrder, now: datetime) -> None:
    """Nothing of it has left; the places in the ledger are free."""
    order.state = "stopped"
    stopped = (
        update(Contact)
        .where(Contact.work_order_id == order.id, Contact.state == "planned")
        .values(state="stopped", settled_at=now)
        .returning(Contact.sid)
    )
    found = db.session.scalars(stopped, execution_options={"synchronize_session": False})
    sids = np.fromiter(found, dtype=np.int64)
    release(db.session, order.campaign_id, now, order.channel, sids)


def _place(campaign: Campaign, channel: CampaignChannel, workshop: Workshop, now: datetime) -> list[Slot]:
    """The slots of a channel with their places in the ledger; who stands in no slot gives the place back."""
    everybody, limits = treated(campaign, workshop, channel.channel), limits_of(campaign, workshop)
    left, slots = everybody, []
    for day, sids in _slots(channel, everybody, campaign, now):
        refused = move(
            db.session,
            campaign.id,
            channel.channel,
            sids,
            day,
            limits=limits,
            warehouse=workshop.warehouse,
            now=now,
        )
        slots.append(Slot(channel=channel, day=day, sids=sids, refused=refused))
        left = np.setdiff1d(left, sids)
    release(db.session, campaign.id, now, channel.channel, left)
    return slots


def _slots(
    channel: CampaignChannel, everybody: Sids, campaign: Campaign, now: datetime
) -> Iterator[tuple[date, Sids]]:
    """(day, customers) for each slot: one for messages, an even share a day for calls."""
    first = first_day(channel, campaign, now)
    last = max(channel.confirmed_to or campaign.end_on or first, first)
    wanted = everybody[: channel.confirmed_people] if channel.confirmed_people else everybody
    days = (last - first).days + 1 if channel.channel in SPREAD else 1
    for number, part in enumerate(np.array_split(wanted, days)):
        if len(part):
            yield first + timedelta(days=number), np.sort(part)


def _open_work_order(campaign: Campaign, slot: Slot, now: datetime) -> WorkOrder:
    channel = slot.channel
    order = WorkOrder(
        number=next_number(db.session(), "RW", campaign.office.code, slot.day.year, digits=4),
        campaign_id=campaign.id,
        submission=campaign.submissions,
        channel=channel.channel,
        planned_on=slot.day,
        planned_at=max(opening(channel, slot.day), now),
        people=len(slot.sids),
        suppressed={},
    )
    db.session.add(order)
    db.session.flush()
    units = CHANNELS[channel.channel].preview(Content(text=channel.content), {}, 0).parts
    rows = [
        {
            "campaign_id": campaign.id,
            "work_order_id": order.id,
            "sid": int(sid),
            "channel": channel.channel,
            "message_id": f"{order.number}-{number}",
            "units": units,
            "state": "planned",
            "cause": "",
            "outcome": "",
            "reason": "",
        }
        for number, sid in enumerate(slot.sids.tolist(), start=1)
    ]
    if rows:
        db.session.execute(insert(Contact), rows)
    _suppress(order, slot.refused, "over_frequency", now)
    return order


def _work_order(work_order_id: int) -> WorkOrder:
    found = db.session.get(WorkOrder, work_order_id)
    if found is None:
        raise NoSuchWorkOrder(work_order_id=work_order_id)
    return found


def _listed(order: WorkOrder) -> Sids:
    """Who has not left yet, those an earlier check took out among them: the latest check alone counts."""
    not_left = Contact.state.in_(("planned", "suppressed"))
    asked = select(Contact.sid).where(Contact.work_order_id == order.id, not_left).order_by(Contact.sid)
    return np.fromiter(db.session.scalars(asked), dtype=np.int64)


def _by_cause(blocked: Blocked) -> tuple[Mask, Mask]:
    """Who is taken out by each of the causes, in their order."""
    return blocked.do_not_disturb, blocked.over_limit & ~blocked.do_not_disturb


def _plan_again(order: WorkOrder) -> None:
    """Everybody is on the list again; the check that follows says who is taken out."""
    db.session.execute(
        update(Contact)
        .where(Contact.work_order_id == order.id, Contact.state == "suppressed")
        .values(state="planned", cause="", settled_at=None)
        .execution_options(synchronize_session=False)
    )


def _suppress(order: WorkOrder, sids: Sids, cause: str, now: datetime) -> None:
    db.session.execute(
        update(Contact)
        .where(Contact.work_order_id == order.id, one_of(Contact.sid, sids))
        .values(state="suppressed", cause=cause, settled_at=now)
        .execution_options(synchronize_session=False)
    )


def _write_list(
    order: WorkOrder, rows: Sequence[Row[int, str]], workshop: Workshop, now: datetime
) -> HandOver:
    """Numbers are decrypted here alone, straight into the encrypted list; no transaction is open."""
    slip = _slip(order, workshop)
    content = Content(text=slip.content, is_promotion=order.is_promotion)
    code = order.channel
    db.session.rollback()
    sids = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
    people = pa.table({"id": [row[1] for row in rows], "number": workshop.warehouse.numbers(sids)})
    channel = CHANNELS[code]
    return channel.hand_over(
        slip,
        channel.prepare(people, content, {}),
        folder=workshop.out / code,
        keys=read_channel_keys(workshop.keys, code),
        now=now,
    )


def _slip(order: WorkOrder, workshop: Workshop) -> Slip:
    """What the channel must know of a work order."""
    return Slip(
        work_order=order.number,
        campaign=order.campaign.number,
        products=tuple(row.product_code for row in order.campaign.products),
        start=order.planned_on,
        end=order.campaign.end_on or order.planned_on,
        sender=workshop.sender,
        content=order.content,
    )
