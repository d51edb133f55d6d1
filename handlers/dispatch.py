"""Dispatch: work orders per channel and day, checked once more, then handed to the channel."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Row, func, insert, select, update

from handlers.audience import GROUP_CODES, SMS_AVERSE, read_frozen
from handlers.channels import (
    CHANNELS,
    Content,
    HandOver,
    Slip,
    announce,
    read_channel_keys,
    service_code,
)
from handlers.contacts import Limits, check
from handlers.desk.answers import campaign_of
from handlers.desk.binding import require_approval
from handlers.desk.looking import looking
from handlers.desk.workshop import Workshop, at_local, local_day
from handlers.numbers import next_number
from handlers.operation import Result, job, operation
from models.base import Problem, db
from models.campaign import Campaign, CampaignChannel
from models.execution import Contact, WorkOrder

Sids = NDArray[np.int64]
#: a call list is spread over the days confirmed; a message goes out on the first
SPREAD = frozenset({"call"})
TREATED = 0
#: campaign types that tell and do not sell
NOTICES = frozenset({"notice", "temporary"})
#: states of a work order that has left
BEGUN = ("dispatched", "paused", "done")
ONE_DAY = timedelta(days=1)


class NoFrozenList(Problem):
    """There is no list to split."""

    message = "This campaign has no frozen list; nothing can be dispatched."


class NoSuchWorkOrder(Problem):
    """A diagram asked about a work order that is not there."""

    message = "There is no work order with the id %(work_order_id)s."


@operation
def split_work_orders(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Cut the treated list into work orders by channel and day, at most as many as were confirmed."""
    campaign = campaign_of(campaign_id)
    _require_approval(campaign, workshop)
    orders: list[WorkOrder] = []
    for channel in campaign.channels:
        treated = _treated(campaign, workshop, channel.channel)
        for day, sids in _slots(channel, treated, campaign, now):
            orders.append(_open_work_order(campaign, channel, day, sids, now))
    return {"work_orders": [{"id": o.id, "planned_at": o.planned_at.isoformat()} for o in orders]}


@job
def recheck_limits(work_order_id: int, workshop: Workshop, now: datetime) -> Result:
    """Take out who may no longer be met, just before the list leaves (H4), counted for both arms."""
    with looking():
        order = _work_order(work_order_id)
        campaign = order.campaign
        _require_approval(campaign, workshop)
        listed, control = _listed(order), _control(campaign, workshop)
        asked = partial(
            check,
            channel=order.channel,
            now=now,
            limits=Limits.in_force(workshop.decide, campaign.campaign_type, [order.channel]),
            warehouse=workshop.warehouse,
            session=db.session,
            campaign_id=campaign.id,
        )
        blocked, also = asked(listed), asked(control)
    _plan_again(order)
    counted = {}
    for cause, mask, mask_of_control in (
        ("do_not_disturb", blocked.do_not_disturb, also.do_not_disturb),
        (
            "over_frequency",
            blocked.over_limit & ~blocked.do_not_disturb,
            also.over_limit & ~also.do_not_disturb,
        ),
    ):
        _suppress(order, listed[mask], cause, now)
        counted[cause] = {"treated": int(mask.sum()), "control": int(mask_of_control.sum())}
    order.suppressed = counted
    db.session.commit()
    return {"suppressed": sum(count["treated"] for count in counted.values())}


@job
def hand_over(work_order_id: int, workshop: Workshop, now: datetime) -> Result:
    """Give the list to the channel; a second try writes the same list and counts nobody twice."""
    order = _work_order(work_order_id)
    if order.state != "to_dispatch":
        return {"handed_over": order.people if order.state in BEGUN else 0}
    _require_approval(order.campaign, workshop)
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
    order = _work_order(order_id)
    _keep_content(order)
    CHANNELS[channel].open(db.session, order, now)
    order.state, order.handed_over_at, order.people = "dispatched", now, people
    db.session.commit()
    return {"handed_over": people}


def _hand_over_list(order: WorkOrder, workshop: Workshop, now: datetime) -> Result:
    """Write the encrypted list for somebody else's gateway or call centre."""
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
    order.state, order.handed_over_at = "dispatched", now
    order.people = len(rows)
    if written is not None:
        order.file, order.file_digest = written.path.name, written.digest
    db.session.commit()
    return {"handed_over": len(rows)}


@operation
def stop_work_orders(campaign_id: int, now: datetime) -> Result:
    """Stop what has not left yet; who was not met will not be met."""
    waiting = select(WorkOrder.id).where(
        WorkOrder.campaign_id == campaign_id, WorkOrder.state == "to_dispatch"
    )
    db.session.execute(
        update(Contact)
        .where(Contact.work_order_id.in_(waiting), Contact.state == "planned")
        .values(state="stopped", settled_at=now)
        .execution_options(synchronize_session=False)
    )
    stopped = db.session.execute(
        update(WorkOrder)
        .where(WorkOrder.campaign_id == campaign_id, WorkOrder.state == "to_dispatch")
        .values(state="stopped")
    )
    return {"stopped": int(getattr(stopped, "rowcount", 0))}


def _require_approval(campaign: Campaign, workshop: Workshop) -> None:
    """Campaign types that need no approval have none to check."""
    asked = {"campaign_type": campaign.campaign_type, "purpose": campaign.purpose}
    if workshop.decide("campaign_type", asked)["needs_approval"]:
        require_approval(campaign)


def _treated(campaign: Campaign, workshop: Workshop, channel: str) -> Sids:
    """Treated customers who may be met through a channel, best rank first.

    A list of several channels also holds people whom the exclusions left one of them only.
    """
    table = _frozen(campaign, workshop)
    treated = table["arm"] == TREATED
    if channel == "sms" and _spares_averse_groups(campaign, workshop):
        treated &= ~np.isin(table["group"], [GROUP_CODES[name] for name in SMS_AVERSE])
    order = np.argsort(table["rank"][treated], kind="stable")
    sids: Sids = table["sid"][treated][order]
    return sids


def _spares_averse_groups(campaign: Campaign, workshop: Workshop) -> bool:
    asked = {"exclusion_set": campaign.audience.exclusion_set if campaign.audience else ""}
    return any(row["rule"] == "sms_averse_group" for row in workshop.decide("exclusion_set", asked))


def _control(campaign: Campaign, workshop: Workshop) -> Sids:
    table = _frozen(campaign, workshop)
    sids: Sids = table["sid"][table["arm"] != TREATED]
    return sids


def _frozen(campaign: Campaign, workshop: Workshop) -> dict[str, NDArray[np.int64]]:
    if campaign.audience is None:
        raise NoFrozenList()
    return read_frozen(workshop.folder / campaign.audience.file, campaign.audience.file_digest)


def _slots(
    channel: CampaignChannel, treated: Sids, campaign: Campaign, now: datetime
) -> Iterator[tuple[date, Sids]]:
    """(day, customers) for each slot: one for messages, an even share a day for calls."""
    earliest = local_day(now) if now < _closing(channel, local_day(now)) else local_day(now) + ONE_DAY
    first = max(channel.confirmed_from or campaign.start_on or earliest, earliest)
    last = max(channel.confirmed_to or campaign.end_on or first, first)
    wanted = treated[: channel.confirmed_people] if channel.confirmed_people else treated
    days = (last - first).days + 1 if channel.channel in SPREAD else 1
    for number, part in enumerate(np.array_split(wanted, days)):
        if len(part):
            yield first + timedelta(days=number), np.sort(part)


def _open_work_order(
    campaign: Campaign, channel: CampaignChannel, day: date, sids: Sids, now: datetime
) -> WorkOrder:
    order = WorkOrder(
        number=next_number(db.session(), "RW", campaign.office.code, day.year, digits=4),
        campaign_id=campaign.id,
        submission=campaign.submissions,
        channel=channel.channel,
        planned_on=day,
        planned_at=max(_opening(channel, day), now),
        people=len(sids),
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
        for number, sid in enumerate(sids.tolist(), start=1)
    ]
    if rows:
        db.session.execute(insert(Contact), rows)
    return order


def _opening(channel: CampaignChannel, day: date) -> datetime:
    """When the channel's hours begin on a day."""
    return at_local(day, int(channel.hours[:2]), int(channel.hours[3:5]))


def _closing(channel: CampaignChannel, day: date) -> datetime:
    """When the channel's hours are over on a day; nobody is met after that."""
    return at_local(day, int(channel.hours[6:8]), int(channel.hours[9:11]))


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


def _plan_again(order: WorkOrder) -> None:
    db.session.execute(
        update(Contact)
        .where(Contact.work_order_id == order.id, Contact.state == "suppressed")
        .values(state="planned", cause="", settled_at=None)
        .execution_options(synchronize_session=False)
    )


def _suppress(order: WorkOrder, sids: Sids, cause: str, now: datetime) -> None:
    for start in range(0, len(sids), 500):
        db.session.execute(
            update(Contact)
            .where(Contact.work_order_id == order.id, Contact.sid.in_(sids[start : start + 500].tolist()))
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
