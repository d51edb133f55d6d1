"""Reconciliation: what left against what came back, line by line, as often as asked and always the same."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select, update

from handlers.contacts import LOCAL, AnySession, beginning_of
from handlers.desk.days import LocalDay
from handlers.desk.naming import FINAL
from models.execution import Contact, WorkOrder
from models.feedback import FEEDS, Balance, Feedback, FeedbackFile
from models.sending import SendBatch

#: after so long an answer is missing, not only late
LATE = timedelta(days=2)
#: after so long nobody will know any more whose a receipt is
LOST = timedelta(days=1)
#: lines of so many days are reckoned anew each time
RECENT = timedelta(days=35)
#: days whose answers are counted anew: by then a receipt that is nobody's is known to be
FEED_DAYS = 3
#: lines asked for in one statement
BATCH = 500
#: states of a contact that left the house
ACCEPTED = ("accepted", "delivered", "reached", "not_reached")
PENDING = ("handed_over", "unknown")
SENT = (*ACCEPTED, "failed", *PENDING)
#: feeds that speak of our own contacts
OURS = ("receipt", "call_result")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the reconciliation: sent = accepted + rejected + pending."""

    kind: str
    subject_id: int
    day: date
    sent: int
    accepted: int
    rejected: int
    pending: int
    #: {what: how many} a person must look at
    differences: Mapping[str, int] = field(default_factory=dict)


def reckon(session: AnySession, now: datetime, daily: Collection[str] = ()) -> list[Balance]:
    """Reckon the lines of late anew, and those still open; all of them as they now stand.

    `daily` are the feeds of which a file must come every day. Nothing is committed.
    """
    still_open = list(session.scalars(select(Balance).where(Balance.state == "open")))
    lines = [
        *_of_orders(session, now, _subjects(still_open, "work_order")),
        *_of_files(session, now, _subjects(still_open, "file")),
        *_of_feeds(session, now, {row.day for row in still_open if row.kind == "feed"}, daily),
    ]
    return _write(session, [*lines, *_emptied(still_open, lines)], now)


def reckon_line(session: AnySession, row: Balance, now: datetime, daily: Collection[str] = ()) -> Balance:
    """Reckon one line anew. Nothing is committed."""
    if row.kind == "work_order":
        lines = _order_lines(session, now, [Contact.work_order_id == row.subject_id])
    elif row.kind == "file":
        lines = _file_lines(session, [FeedbackFile.id == row.subject_id])
    else:
        lines = _feed_lines(session, row.day, daily)
    mine = [line for line in lines if _key(line) == _key(row)]
    _write(session, mine or _emptied([row], mine), now)
    return row


def give_up_receipts(session: AnySession, now: datetime) -> int:
    """Receipts nobody could be found for within a day are nobody's; how many. Nothing is committed."""
    lost = update(Feedback).where(Feedback.feed == "receipt", Feedback.state == "new")
    lost = lost.where(Feedback.message_id == "", Feedback.received_at <= now - LOST)
    done = session.execute(lost.values(state="unmatched").execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))


# -- work orders


def _of_orders(session: AnySession, now: datetime, still_open: Collection[int]) -> list[Line]:
    """Days that are over: what leaves today is a line tomorrow."""
    of_late = select(WorkOrder.id).where(WorkOrder.handed_over_at >= now - RECENT)
    mine = or_(Contact.work_order_id.in_(of_late), Contact.work_order_id.in_(still_open))
    today = beginning_of(now.astimezone(LOCAL).date())
    return _order_lines(session, now, [mine, _left_at() < today])


def _order_lines(session: AnySession, now: datetime, which: Sequence[ColumnElement[bool]]) -> list[Line]:
    """One line a work order and local day on which something of it left."""
    found: dict[tuple[int, date], list[tuple[str, bool, int]]] = defaultdict(list)
    reported: set[int] = set()
    for order_id, on, state, by_receipt, is_late, people in session.execute(_sent_by_day(now, which)):
        found[order_id, on].append((state, bool(is_late), people))
        if state == "delivered" or by_receipt:
            reported.add(order_id)
    return [_order_line(*key, counts, key[0] in reported) for key, counts in sorted(found.items())]


def _sent_by_day(
    now: datetime, which: Sequence[ColumnElement[bool]]
) -> Select[int, date, str, bool, bool, int]:
    """People by work order, local day, state, whether a receipt said so, and whether it was long ago."""
    left_at = _left_at()
    each = (
        select(
            Contact.work_order_id,
            LocalDay(left_at).label("day"),
            Contact.state,
            Contact.cause.in_(FINAL).label("by_receipt"),
            (left_at <= now - LATE).label("is_late"),
        )
        .where(*which, Contact.state.in_(SENT), left_at.is_not(None))
        .subquery()
    ).c
    columns = (each.work_order_id, each.day, each.state, each.by_receipt, each.is_late)
    return select(*columns, func.count()).group_by(*columns)


def people_of(session: AnySession, order_id: int, day: date) -> dict[tuple[str, str], int]:
    """{(state, cause): people} of what left of a work order on a day: the line in its parts."""
    asked = (
        select(Contact.state, Contact.cause, func.count())
        .where(Contact.work_order_id == order_id, Contact.state.in_(SENT), LocalDay(_left_at()) == day)
        .group_by(Contact.state, Contact.cause)
    )
    return {(state, cause): people for state, cause, people in session.execute(asked)}


def _left_at() -> ColumnElement[datetime]:
    """When a message left, as far as anybody knows."""
    kind = Contact.contacted_at.type
    return func.coalesce(Contact.contacted_at, Contact.settled_at, _batch_ended(), type_=kind)


def _batch_ended() -> ColumnElement[datetime | None]:
    """When the last batch a message was in came to its end: all that is known of one of unknown fate."""
    return (
        select(func.max(SendBatch.ended_at))
        .where(SendBatch.work_order_id == Contact.work_order_id)
        .where(Contact.id.between(SendBatch.first_id, SendBatch.last_id))
        .correlate(Contact)
        .scalar_subquery()
    )


def _order_line(
    order_id: int, day: date, counts: Iterable[tuple[str, bool, int]], gets_receipts: bool
) -> Line:
    """A receipt is missed only where the centre reports others of the same work order."""
    by_state: dict[str, int] = defaultdict(int)
    late: dict[str, int] = defaultdict(int)
    for state, is_late, people in counts:
        by_state[state] += people
        late[state] += people if is_late else 0
    differences = {
        "unknown": by_state["unknown"],
        "no_answer": late["handed_over"],
        "no_receipt": late["accepted"] if gets_receipts else 0,
    }
    return Line(
        kind="work_order",
        subject_id=order_id,
        day=day,
        sent=sum(by_state.values()),
        accepted=sum(by_state[state] for state in ACCEPTED),
        rejected=by_state["failed"],
        pending=sum(by_state[state] for state in PENDING),
        differences=_counted(differences),
    )


# -- files


def _of_files(session: AnySession, now: datetime, still_open: Collection[int]) -> list[Line]:
    of_late = FeedbackFile.received_at >= now - RECENT
    return _file_lines(session, [or_(of_late, FeedbackFile.id.in_(still_open))])


def _file_lines(session: AnySession, which: Sequence[ColumnElement[bool]]) -> list[Line]:
    """One line a file that was read to its end or refused."""
    asked = select(FeedbackFile).where(*which, FeedbackFile.state != "reading").order_by(FeedbackFile.id)
    return [_file_line(row) for row in session.scalars(asked)]


def _file_line(row: FeedbackFile) -> Line:
    """promised = accepted + repeated + refused; what is accepted again counts as accepted here."""
    is_refused = row.state == "refused"
    rejected = row.promised if is_refused else row.rejected
    taken = row.accepted + row.repeated
    return Line(
        kind="file",
        subject_id=row.id,
        day=row.day,
        sent=row.promised,
        accepted=taken,
        rejected=rejected,
        pending=row.promised - taken - rejected,
        differences=_counted({"file_refused": int(is_refused), "refused_lines": row.rejected}),
    )


# -- feeds


def _of_feeds(
    session: AnySession, now: datetime, still_open: Collection[date], daily: Collection[str]
) -> list[Line]:
    today = now.astimezone(LOCAL).date()
    days = {today - back * ONE_DAY for back in range(1, FEED_DAYS + 1)}
    return [line for day in sorted(days.union(still_open)) for line in _feed_lines(session, day, daily)]


def _feed_lines(session: AnySession, day: date, daily: Collection[str]) -> list[Line]:
    """What came of a feed in a day by any way, and for how much of it there is nobody."""
    asked = (
        select(Feedback.feed, Feedback.state, func.count())
        .where(Feedback.feed.in_(OURS))
        .where(Feedback.received_at >= beginning_of(day), Feedback.received_at < beginning_of(day + ONE_DAY))
        .group_by(Feedback.feed, Feedback.state)
    )
    came: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for feed, state, answers in session.execute(asked):
        came[feed][state] += answers
    read = select(FeedbackFile.feed).where(FeedbackFile.day == day, FeedbackFile.state == "read")
    lacking = set(daily) - set(session.scalars(read))
    feeds = [feed for feed in FEEDS if feed in came or feed in daily]
    return [_feed_line(feed, day, came[feed], feed in lacking) for feed in feeds]


def _feed_line(feed: str, day: date, by_state: Mapping[str, int], lacks_file: bool) -> Line:
    sent = sum(by_state.values())
    nobodys = by_state.get("unknown", 0) + by_state.get("unmatched", 0)
    return Line(
        kind="feed",
        subject_id=FEEDS.index(feed) + 1,
        day=day,
        sent=sent,
        accepted=sent - nobodys,
        rejected=0,
        pending=nobodys,
        differences=_counted({"nobodys": nobodys, "missing_file": int(lacks_file)}),
    )


# -- rows


def _counted(differences: Mapping[str, int]) -> dict[str, int]:
    return {what: number for what, number in differences.items() if number}


def _key(line: Line | Balance) -> tuple[str, int, date]:
    return line.kind, line.subject_id, line.day


def _subjects(rows: Iterable[Balance], kind: str) -> set[int]:
    return {row.subject_id for row in rows if row.kind == kind}


def _emptied(rows: Iterable[Balance], lines: Iterable[Line]) -> list[Line]:
    """Lines nothing is left of: what was unknown on that day was sent again on another."""
    found = {_key(line) for line in lines}
    gone = [row for row in rows if _key(row) not in found]
    return [
        Line(kind=row.kind, subject_id=row.subject_id, day=row.day, sent=0, accepted=0, rejected=0, pending=0)
        for row in gone
    ]


def _write(session: AnySession, lines: Sequence[Line], now: datetime) -> list[Balance]:
    """Bring each line's row up to date; what was explained stays so while it differs in nothing else."""
    known = _known(session, lines)
    rows = []
    for line in lines:
        row = known.get(_key(line)) or Balance(kind=line.kind, subject_id=line.subject_id, day=line.day)
        row.sent, row.accepted, row.rejected, row.pending = (
            line.sent,
            line.accepted,
            line.rejected,
            line.pending,
        )
        is_explained = row.state == "explained" and row.differences == line.differences
        if not is_explained:
            row.state = "open" if line.differences else "balanced"
        row.differences, row.computed_at = dict(line.differences), now
        session.add(row)
        rows.append(row)
    session.flush()
    return rows


def _known(session: AnySession, lines: Sequence[Line]) -> dict[tuple[str, int, date], Balance]:
    found: dict[tuple[str, int, date], Balance] = {}
    for kind in {line.kind for line in lines}:
        subjects = sorted({line.subject_id for line in lines if line.kind == kind})
        for start in range(0, len(subjects), BATCH):
            part = Balance.subject_id.in_(subjects[start : start + BATCH])
            rows = session.scalars(select(Balance).where(Balance.kind == kind, part))
            found |= {_key(row): row for row in rows}
    return found
