"""The one commit between the wire and the tables: what was answered, and who is sent to next.

It is written once for every half window, so it is short: on PostgreSQL one statement, elsewhere the same in
plain steps. Whoever was begun to be sent to and is not answered here may have the message.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from psycopg import AsyncConnection
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.orm import Session

from handlers.channels.outbox.claiming import Taken, is_ours
from handlers.channels.outbox.messages import Message
from handlers.channels.outbox.rows import Sessions, change
from handlers.contacts import AnySession
from models.campaign import Approval
from models.execution import DoNotDisturb
from models.sending import Blackout, SendAnswer, SendBatch

#: seconds a PostgreSQL that does not answer is dialled; milliseconds a silent one is listened to
PATIENCE = {"connect_timeout": 5, "keepalives_idle": 30, "tcp_user_timeout": 30_000}


class Told(NamedTuple):
    """What the centre said to one part of a message; names as in the table."""

    batch_id: int
    contact_id: int
    part: int
    parts: int
    status: int
    centre_id: str


class Standing(NamedTuple):
    """What allowed a batch to be sent: where it differs, everything has to be looked at again."""

    #: state of the campaign's latest approval, empty where it has none
    approval: str
    #: ids of the blackouts that are not over, in order
    blackouts: str


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Who is sent to next, of one batch."""

    taken: Taken
    campaign_id: int
    channel: str
    messages: Sequence[Message]

    @property
    def intended_to(self) -> int:
        """How far the batch is begun then; it never falls."""
        return max(self.taken.intended_to, self.messages[-1].contact_id)

    @property
    def sids(self) -> list[int]:
        """Its customers."""
        return [message.sid for message in self.messages]


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """The answer to a chunk whose intent is committed; none where the batch is no longer ours."""

    #: customers of the chunk who refuse the channel by now
    refusing: frozenset[int]
    standing: Standing


def write_answers(session: AnySession, told: Sequence[Told], now: datetime) -> None:
    """Keep what the centre said; answers are facts, whoever has the batch by now."""
    if told and _is_postgresql(session):
        session.execute(_KEEP, {"told": _as_json(told), "now": now})
    elif told:
        session.execute(insert(SendAnswer), [{**each._asdict(), "at": now} for each in told])


def standing(session: AnySession, campaign_id: int, now: datetime) -> Standing:
    """How things stand now."""
    latest = select(Approval.state).where(Approval.campaign_id == campaign_id)
    approval = session.scalars(latest.order_by(Approval.id.desc()).limit(1)).first()
    blackouts = session.scalars(select(Blackout.id).where(Blackout.ends_at > now).order_by(Blackout.id))
    return Standing(approval=approval or "", blackouts=",".join(map(str, blackouts)))


class Journal:
    """Where intents are committed: in a thread, or on PostgreSQL on a line of its own beside the wire.

    There one statement is one transaction, awaited where the wire is: while the server writes to its disk
    the wire goes on, and no thread has to be woken in between.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._line: AsyncConnection[tuple[Any, ...]] | None = None

    async def write(
        self, chunk: Chunk, told: Sequence[Told], now: datetime, leased_until: datetime
    ) -> Allowed | None:
        """Commit to a chunk under the fence, and keep what was said until now; None where it is not ours.

        Nobody knows what became of a write that fails: it may be repeated.
        """
        if self._line is None:
            with self._sessions() as session:
                engine = session.get_bind().engine
            if engine.dialect.name != "postgresql":
                return await asyncio.to_thread(self._write_in_steps, chunk, told, now, leased_until)
            self._line = await _dial(engine)
        given = {
            "intended_to": chunk.intended_to,
            "leased_until": leased_until,
            "batch_id": chunk.taken.id,
            "fence": chunk.taken.fence,
            "told": _as_json(told),
            "now": now,
            "channel": chunk.channel,
            "sids": orjson.dumps(chunk.sids).decode(),
            "campaign_id": chunk.campaign_id,
        }
        try:
            row = await (await self._line.execute(_AT_ONCE, given)).fetchone()
        except BaseException:
            await self.close()
            raise
        if row is None:
            return None
        refusing, approval, blackouts = row
        return Allowed(refusing=frozenset(refusing), standing=Standing(approval, blackouts))

    async def close(self) -> None:
        """Hang up."""
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    def _write_in_steps(
        self, chunk: Chunk, told: Sequence[Told], now: datetime, leased_until: datetime
    ) -> Allowed | None:
        with self._sessions() as session:
            return _write_in_steps(session, chunk, told, now, leased_until)


async def _dial(engine: Engine) -> AsyncConnection[tuple[Any, ...]]:
    _, named = engine.dialect.create_connect_args(engine.url)
    return await AsyncConnection.connect(autocommit=True, **{**PATIENCE, **named})


def _write_in_steps(
    session: Session, chunk: Chunk, told: Sequence[Told], now: datetime, leased_until: datetime
) -> Allowed | None:
    write_answers(session, told, now)
    values = {"intended_to": chunk.intended_to, "leased_until": leased_until}
    is_ours_still = change(session, update(SendBatch).where(*is_ours(chunk.taken)).values(values))
    refusing = select(DoNotDisturb.sid).where(DoNotDisturb.channel == chunk.channel)
    allowed = Allowed(
        refusing=frozenset(session.scalars(refusing.where(DoNotDisturb.sid.in_(chunk.sids)))),
        standing=standing(session, chunk.campaign_id, now),
    )
    session.commit()
    return allowed if is_ours_still else None


def _is_postgresql(session: AnySession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _as_json(told: Sequence[Told]) -> str:
    return orjson.dumps([[*each] for each in told]).decode()


#: many answers are one value to be sent: a value for each field of each would take ten times as long
_KEPT = """
    INSERT INTO send_answer (batch_id, contact_id, part, parts, status, centre_id, at)
    SELECT (row ->> 0)::int, (row ->> 1)::bigint, (row ->> 2)::int, (row ->> 3)::int, (row ->> 4)::int,
      row ->> 5, CAST({now} AS timestamptz)
    FROM json_array_elements(CAST({told} AS json)) AS row
"""
_KEEP = text(_KEPT.format(told=":told", now=":now"))
_AT_ONCE = """
    WITH ours AS (
      UPDATE send_batch SET intended_to = %(intended_to)s, leased_until = %(leased_until)s
      WHERE id = %(batch_id)s AND fence = %(fence)s AND state = 'taken' RETURNING id
    ), kept AS ({kept})
    SELECT
      ARRAY(
        SELECT sid FROM do_not_disturb WHERE channel = %(channel)s
        AND sid IN (SELECT CAST(each AS bigint) FROM json_array_elements_text(CAST(%(sids)s AS json)) AS each)
      ),
      coalesce((SELECT state FROM approval WHERE campaign_id = %(campaign_id)s ORDER BY id DESC LIMIT 1), ''),
      coalesce((SELECT string_agg(id::text, ',' ORDER BY id) FROM blackout WHERE ends_at > %(now)s), '')
    FROM ours
""".format(kept=_KEPT.format(told="%(told)s", now="%(now)s"))  # noqa: S608  of constants
