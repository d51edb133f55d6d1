"""The customers of a batch, looked at a last time before the wire: refusals, limits, blackouts, numbers.

Nowhere else does our own sending decrypt numbers, and it keeps them nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, case, distinct, func, or_, select

from handlers.channels.announcing import service_code
from handlers.channels.base import Content
from handlers.channels.outbox.claiming import Taken
from handlers.channels.outbox.gates import is_upon
from handlers.channels.outbox.messages import Message
from handlers.channels.outbox.tools import Tools
from handlers.channels.recipients import GOOD_NUMBER
from handlers.channels.wire import Submission, encode
from handlers.contacts import AnySession, Limits, check
from handlers.warehouse import Mask, Sids, Warehouse
from models.execution import Contact, WorkOrder
from models.sending import Blackout, SendAnswer

PROVINCE = "00"


@dataclass(frozen=True, kw_only=True)
class People:
    """Contacts, with the customer of each beside it."""

    ids: NDArray[np.int64]
    sids: Sids

    def where(self, mask: Mask) -> "People":
        """Those of them the mask names."""
        return People(ids=self.ids[mask], sids=self.sids[mask])

    def within(self, taken: Taken) -> "People":
        """Those of them who are of one batch."""
        return self.where((self.ids >= taken.first_id) & (self.ids <= taken.last_id))

    def __len__(self) -> int:
        return len(self.ids)


class Silence(NamedTuple):
    """A blackout that is on now."""

    office_code: str
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """What the last look found."""

    #: in order of contacts; those begun by a sender that was lost among them, where they are sent to again
    messages: Sequence[Message]
    #: cause -> who is held back for good
    suppressed: Mapping[str, People]
    #: whose number is none
    unusable: People
    #: who lives where nothing is sent just now
    waiting: People
    #: when some of those may be sent to
    waits_until: datetime | None

    def within(self, taken: Taken) -> "Sorted":
        """What was found of one batch."""
        return Sorted(
            messages=[m for m in self.messages if taken.first_id <= m.contact_id <= taken.last_id],
            suppressed={cause: people.within(taken) for cause, people in self.suppressed.items()},
            unusable=self.unusable.within(taken),
            waiting=self.waiting.within(taken),
            waits_until=self.waits_until,
        )


def sort_people(
    session: AnySession, batches: Sequence[Taken], order: WorkOrder, tools: Tools, now: datetime
) -> list[Sorted]:
    """Of each batch everybody who was not begun, or who is to be sent to again (H4: checked just before)."""
    found = [_people(session, taken, order) for taken in batches]
    begun_to = np.repeat([taken.intended_to for taken in batches], [len(people) for people in found])
    people = People(
        ids=np.concatenate([people.ids for people in found]),
        sids=np.concatenate([people.sids for people in found]),
    )
    blocked = check(
        people.sids,
        order.channel,
        now=now,
        limits=Limits.in_force(tools.decide, order.campaign.campaign_type, [order.channel]),
        warehouse=tools.warehouse,
        session=session,
        campaign_id=order.campaign_id,
    )
    silences = _silences(session, order.channel, now)
    waits = _live_in(silences, people.sids, tools.warehouse) & ~blocked.either
    clear = people.where(~blocked.either & ~waits)
    numbers = pa.array(tools.warehouse.numbers(clear.sids), type=pa.string())
    are_numbers: Mask = pc.match_substring_regex(numbers, GOOD_NUMBER).to_numpy(zero_copy_only=False)
    is_new = people.ids > begun_to
    whole = Sorted(
        messages=_write(clear.where(are_numbers), numbers.filter(are_numbers), order, tools),
        suppressed={
            "do_not_disturb": people.where(is_new & blocked.do_not_disturb),
            "over_frequency": people.where(is_new & blocked.over_limit & ~blocked.do_not_disturb),
        },
        unusable=clear.where(~are_numbers),
        waiting=people.where(is_new & waits),
        waits_until=min((silence.ends_at for silence in silences), default=None),
    )
    return [whole.within(taken) for taken in batches]


def people_of(session: AnySession, taken: Taken, *wanted: ColumnElement[bool]) -> People:
    """Contacts of a batch still planned, by id."""
    mine = (Contact.work_order_id == taken.work_order_id, Contact.id.between(taken.first_id, taken.last_id))
    asked = select(Contact.id, Contact.sid).where(*mine, Contact.state == "planned", *wanted)
    rows = session.connection().execute(asked.order_by(Contact.id)).all()
    ids, sids = zip(*rows, strict=True) if rows else ((), ())
    return People(ids=np.array(ids, dtype=np.int64), sids=np.array(sids, dtype=np.int64))


def _people(session: AnySession, taken: Taken, order: WorkOrder) -> People:
    """Those still planned; of those begun before only who is to be sent to again, and has no answer."""
    wanted = Contact.id > taken.intended_to
    if order.campaign.delivery == "at_least_once":
        wanted = or_(wanted, Contact.id.not_in(_answered(taken)))
    return people_of(session, taken, wanted)


def _answered(taken: Taken) -> Select[int]:
    """Contacts of the batch with all their answers, or with one refusal."""
    accepted = func.count(distinct(case((SendAnswer.status == 0, SendAnswer.part))))
    said = select(SendAnswer.contact_id).where(
        SendAnswer.contact_id.between(taken.first_id, taken.last_id), SendAnswer.batch_id == taken.id
    )
    whole = or_(func.max(SendAnswer.status) > 0, accepted == func.max(SendAnswer.parts))
    return said.group_by(SendAnswer.contact_id).having(whole)


def _silences(session: AnySession, channel: str, now: datetime) -> list[Silence]:
    is_on = (Blackout.starts_at <= now, Blackout.ends_at > now)
    asked = select(Blackout.office_code, Blackout.ends_at).where(is_upon(channel), *is_on)
    return [Silence(*row) for row in session.execute(asked)]


def _live_in(silences: Sequence[Silence], sids: Sids, warehouse: Warehouse) -> Mask:
    """Who belongs to an office in a blackout; the code of a county begins with that of its prefecture."""
    lives, generation = np.zeros(len(sids), dtype=np.bool_), warehouse.current()
    known = sids < generation.width
    if not silences or not known.any():
        return lives
    counties = generation.texts("county", sids[known])
    for silence in silences:
        prefix = "" if silence.office_code == PROVINCE else silence.office_code
        lives[known] |= np.char.startswith(counties, prefix)
        lives[~known] |= prefix == ""
    return lives


def _write(people: People, numbers: pa.Array, order: WorkOrder, tools: Tools) -> list[Message]:
    """The text of each, cut into parts; what cannot be sent to anybody is a Problem of the work order."""
    recipients = pa.table({"id": pa.array(people.ids).cast(pa.string()), "number": numbers})
    content = Content(text=order.content, is_promotion=order.is_promotion)
    rows = tools.channel.prepare(recipients, content, {})
    service_type = service_code(order.id)
    return [
        Message(contact, sid, encode(Submission(number, text, service_type), tools.settings))
        for contact, sid, (_, number, text) in zip(
            people.ids.tolist(), people.sids.tolist(), rows, strict=True
        )
    ]
