"""Answers meet the contacts they are about, in whatever order they came; each is applied once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select, update

from handlers.channels.outbox import hear_of
from handlers.channels.outbox.settling import WRITTEN_OFF
from handlers.contacts import LOCAL, AnySession, settle
from handlers.desk.naming import BATCH, FINAL
from models.call import Call
from models.campaign import Campaign
from models.execution import Contact
from models.feedback import Feedback
from models.process import Process
from models.sending import SendAnswer

#: answers applied in one transaction
AT_ONCE = 5_000
#: states of a message of which more may be heard
OPEN = frozenset({"planned", "waiting", "handed_over", "accepted", "unknown"})
#: what customers say by themselves
WORDS = ("opt_out", "complaint", "reply")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A new receipt or call result."""

    id: int
    feed: str
    body: Mapping[str, Any]
    centre_id: str
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a contact stands after the answers so far."""

    id: int
    sid: int
    channel: str
    state: str
    cause: str
    outcome: str
    reason: str
    units: int
    contacted_at: datetime | None

    @property
    def is_open(self) -> bool:
        """More may be heard of the message; of one that was written off or reported as failed, too."""
        return self.state in OPEN or (self.state == "failed" and self.cause in (WRITTEN_OFF, *FINAL))

    def after_receipt(self, status: str) -> "Standing":
        """A receipt that says less than one before changes nothing."""
        if not self.is_open:
            return self
        state = FINAL.get(status)
        if state is None:
            return replace(self, state="unknown") if self.state == "handed_over" else self
        return replace(self, state=state, cause=status if state == "failed" else "")

    def after_result(self, body: Mapping[str, Any]) -> "Standing":
        """A reached customer stays reached, with what was said first."""
        if self.state == "reached":
            return self
        said = str(body.get("outcome", ""))
        is_reached = said != "not_reached"
        return replace(
            self,
            state="reached" if is_reached else "not_reached",
            outcome=self.outcome or (said if is_reached else ""),
            reason=str(body.get("reason", "")),
        )


def apply_answers(session: AnySession, campaign_id: int, now: datetime) -> int:
    """Give the contacts of a campaign the receipts and results that came for them; how many answers."""
    applied = 0
    while found := _new_answers(session, campaign_id):
        before = _standings(session, sorted(found))
        changed = [one for one in _after(session, before, found, now) if one != before[one.id]]
        _write(session, changed)
        late = [one for one in changed if before[one.id].cause == WRITTEN_OFF]
        _count_after_all(session, campaign_id, {one: found[one.id][-1].occurred_at for one in late}, now)
        ids = sorted(answer.id for answers in found.values() for answer in answers)
        matched = {"state": "matched", "campaign_id": campaign_id}
        session.execute(update(Feedback), [{"id": key, **matched} for key in ids])
        session.commit()
        applied += len(ids)
    return applied


def apply_late_answers(session: AnySession, now: datetime) -> int:
    """Answers about campaigns whose process is over are applied all the same; how many."""
    asked = (
        select(Contact.campaign_id)
        .join(Feedback, Feedback.message_id == Contact.message_id)
        .join(Campaign, Campaign.id == Contact.campaign_id)
        .join(Process, Process.id == Campaign.process_id)
        .where(Feedback.feed.in_(("receipt", "call_result")), Feedback.state == "new")
        .where(Process.state != "running")
        .distinct()
    )
    return sum(apply_answers(session, key, now) for key in session.scalars(asked).all())


def apply_words(session: AnySession, campaign_id: int) -> None:
    """Refusals, complaints and replies belong to the campaign that met the customer last before."""
    met_last = (
        select(Contact.campaign_id)
        .where(Contact.sid == Feedback.sid, Contact.contacted_at <= Feedback.occurred_at)
        .order_by(Contact.contacted_at.desc(), Contact.id.desc())
        .limit(1)
        .correlate(Feedback)
        .scalar_subquery()
    )
    session.execute(
        update(Feedback)
        .where(Feedback.feed.in_(WORDS), Feedback.state == "new")
        .where(met_last == campaign_id)
        .values(state="matched", campaign_id=campaign_id)
        .execution_options(synchronize_session=False)
    )


def _new_answers(session: AnySession, campaign_id: int) -> dict[int, list[Answer]]:
    """{contact: its answers in the order they happened} of the oldest not applied yet."""
    asked = (
        select(
            Contact.id,
            Feedback.id,
            Feedback.feed,
            Feedback.body,
            Feedback.centre_id,
            Feedback.occurred_at,
        )
        .join(Contact, Contact.message_id == Feedback.message_id)
        .where(Feedback.feed.in_(("receipt", "call_result")), Feedback.state == "new")
        .where(Contact.campaign_id == campaign_id)
        .order_by(Feedback.id)
        .limit(AT_ONCE)
    )
    found: dict[int, list[Answer]] = defaultdict(list)
    for contact, key, feed, body, centre_id, at in session.execute(asked):
        answer = Answer(id=key, feed=feed, body=body, centre_id=centre_id, occurred_at=at)
        found[contact].append(answer)
    return {key: sorted(answers, key=lambda one: (one.occurred_at, one.id)) for key, answers in found.items()}


def _after(
    session: AnySession,
    before: Mapping[int, Standing],
    found: Mapping[int, Sequence[Answer]],
    now: datetime,
) -> Iterable[Standing]:
    """The standing of each contact when its answers are applied."""
    by_link = [key for key, answers in found.items() if any(one.centre_id for one in answers)]
    unknown = [key for key in by_link if before[key].state == "unknown"]
    hear_of(session, unknown, now)
    contacts = {**before, **{key: replace(before[key], state="accepted") for key in unknown}}
    statuses, parts = _statuses(session, by_link), _parts(session, by_link)
    for key, said in statuses.items():
        yield contacts[key].after_receipt(_of_all_parts(said, parts.get(key, contacts[key].units)))
    ours = _worked_here(session, list(contacts))
    for key in found.keys() - statuses.keys():
        yield _after_each(contacts[key], found[key], key in ours)


def _after_each(standing: Standing, answers: Sequence[Answer], is_ours: bool) -> Standing:
    """One after the other; results of calls worked in the product are written there already."""
    for answer in answers:
        if answer.feed == "receipt":
            standing = standing.after_receipt(str(answer.body.get("status")))
        elif not is_ours:
            standing = standing.after_result(answer.body)
    return standing


def _of_all_parts(statuses: Mapping[str, set[str]], parts: int) -> str:
    """One failed part and the message has failed; it is delivered when all its parts are."""
    ends = [_end(said) for said in statuses.values()]
    failed = next((status for status in ends if FINAL.get(status) == "failed"), "")
    return failed or ("DELIVRD" if ends.count("DELIVRD") >= parts else "")


def _end(said: set[str]) -> str:
    """What became of one part: a delivery, wherever one was reported, else a failure."""
    return min((one for one in said if one in FINAL), key=lambda one: (one != "DELIVRD", one), default="")


def _statuses(session: AnySession, wanted: Sequence[int]) -> dict[int, dict[str, set[str]]]:
    """{contact: {the centre's id of a part: all that was ever said of it}}."""
    found: dict[int, dict[str, set[str]]] = {key: defaultdict(set) for key in wanted}
    for part in _slices(wanted):
        asked = (
            select(Contact.id, Feedback.centre_id, Feedback.body)
            .join(Feedback, Feedback.message_id == Contact.message_id)
            .where(Contact.id.in_(part), Feedback.feed == "receipt", Feedback.centre_id != "")
        )
        for key, centre_id, body in session.execute(asked):
            found[key][centre_id].add(str(body.get("status")))
    return found


def _parts(session: AnySession, wanted: Sequence[int]) -> dict[int, int]:
    """{contact: parts its message was sent in}."""
    found: dict[int, int] = {}
    for part in _slices(wanted):
        asked = select(SendAnswer.contact_id, func.max(SendAnswer.parts))
        asked = asked.where(SendAnswer.contact_id.in_(part)).group_by(SendAnswer.contact_id)
        found |= {key: parts for key, parts in session.execute(asked)}
    return found


def _worked_here(session: AnySession, contact_ids: Sequence[int]) -> set[int]:
    """Contacts whose calls are worked in the product: their results are written there already."""
    found: set[int] = set()
    for part in _slices(contact_ids):
        found.update(session.scalars(select(Call.contact_id).where(Call.contact_id.in_(part))))
    return found


def _standings(session: AnySession, contact_ids: Sequence[int]) -> dict[int, Standing]:
    found = {}
    columns = [getattr(Contact, name) for name in Standing.__dataclass_fields__]
    for part in _slices(contact_ids):
        for row in session.execute(select(*columns).where(Contact.id.in_(part))):
            found[row.id] = Standing(**row._mapping)
    return found


def _count_after_all(
    session: AnySession, campaign_id: int, late: Mapping[Standing, datetime], now: datetime
) -> None:
    """Customers whose message was written off have it after all: it counts from the day it was reported."""
    by_day: dict[tuple[str, date], list[int]] = defaultdict(list)
    for standing, at in late.items():
        by_day[standing.channel, at.astimezone(LOCAL).date()].append(standing.sid)
        session.execute(update(Contact).where(Contact.id == standing.id).values(contacted_at=at))
    for (channel, day), sids in by_day.items():
        settle(session, campaign_id, channel, np.array(sids, dtype=np.int64), 1, day, now)


def _write(session: AnySession, changed: Sequence[Standing]) -> None:
    values = [
        {"id": one.id, "state": one.state, "cause": one.cause, "outcome": one.outcome, "reason": one.reason}
        for one in changed
    ]
    if values:
        session.execute(update(Contact), values)


def _slices(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
