"""Batches claimed, begun and answered by four processes on PostgreSQL, against plain COPY of as many answers.

Everything a sender writes, and nothing on a wire: a batch is taken under its lease, and for each half of a
window one commit holds the intent and the answers before it. The other side copies the same answers into the
same table with its indexes, in one transaction. Commits wait for the disk on both sides.
"""

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from time import perf_counter

import psycopg
from sqlalchemy import Engine, create_engine, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.figure import Figure, figure, interleaved
from benchmarks.mailroom import NOW, furnished
from handlers.channels.outbox.claiming import LEASE, Taken, is_ours, take
from handlers.channels.outbox.journal import Chunk, Journal, Told, write_answers
from handlers.channels.outbox.messages import Message
from handlers.channels.outbox.rows import Sessions, change
from models.sending import SendAnswer, SendBatch
from tests.postgresql.cluster import DURABLE, Cluster, NoServer, name_of, running

PROCESSES = 4
ROUNDS = 3
#: half of the window a centre allows by default
HALF = 50
COLUMNS = "batch_id, contact_id, part, parts, status, centre_id, at"


def run(rows: int = 40_000) -> Iterator[Figure]:
    """Answers a second that outlast a power cut, and batches that two processes had."""
    try:
        with running(DURABLE) as cluster:
            yield from _figures(cluster, rows)
    except NoServer as lacking:
        print(f"claims: {lacking}", file=sys.stderr)


def _figures(cluster: Cluster, rows: int) -> Iterator[Figure]:
    template = name_of(furnished(cluster, rows))
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        list(pool.map(_nothing, range(PROCESSES)))
        copied, claimed = interleaved(
            partial(_copy_seconds, cluster, template, rows),
            partial(_claim_seconds, cluster, template, rows, pool),
            rounds=ROUNDS,
        )
    ratio = copied / claimed
    yield figure("claims", figure=rows / claimed, unit="rows/s", n=rows, ratio=ratio, target=">=0.15")


def _nothing(number: int) -> int:
    """Have a process started and its modules loaded."""
    return number


def _copy_seconds(cluster: Cluster, template: str, rows: int) -> float:
    url = cluster.new_database(template)
    with psycopg.connect(url.replace("+psycopg", "")) as line:
        answers = [(1, contact, 1, 1, 0, f"m{contact}", NOW) for contact in range(rows)]
        begun = perf_counter()
        with line.cursor().copy(f"COPY send_answer ({COLUMNS}) FROM STDIN") as copy:
            for answer in answers:
                copy.write_row(answer)
        line.commit()
        spent = perf_counter() - begun
    cluster.drop(url)
    return spent


def _claim_seconds(cluster: Cluster, template: str, rows: int, pool: ProcessPoolExecutor) -> float:
    url = cluster.new_database(template)
    begun = perf_counter()
    written = sum(pool.map(claim, [url] * PROCESSES))
    spent = perf_counter() - begun
    engine = create_engine(url)
    with Session(engine) as session:
        kept = session.scalar(select(func.count(SendAnswer.contact_id.distinct())))
        twice = session.scalar(select(func.count(SendBatch.id)).where(SendBatch.fence != 1))
    engine.dispose()
    cluster.drop(url)
    if (written, kept, twice) != (rows, rows, 0):
        raise RuntimeError(f"{written} written, {kept} kept of {rows}; {twice} batches taken twice")
    return spent


def claim(url: str) -> int:
    """Take batches until there are none; how many answers were written down."""
    engine = create_engine(url)
    try:
        return asyncio.run(_claim(engine))
    finally:
        engine.dispose()


async def _claim(engine: Engine) -> int:
    sessions = sessionmaker(engine)
    journal, written = Journal(sessions), 0
    while True:
        with sessions() as session:
            taken = take(session, NOW, datetime.now(UTC))
            session.commit()
        if not taken:
            break
        for batch in taken:
            written += await _begin(journal, sessions, batch)
    await journal.close()
    return written


async def _begin(journal: Journal, sessions: Sessions, batch: Taken) -> int:
    told: list[Told] = []
    for first in range(batch.first_id, batch.last_id + 1, HALF):
        people = range(first, min(first + HALF, batch.last_id + 1))
        messages = [Message(contact, contact, (b"",)) for contact in people]
        chunk = Chunk(taken=batch, campaign_id=1, channel="sms", messages=messages)
        if await journal.write(chunk, told, NOW, datetime.now(UTC) + LEASE) is None:
            raise RuntimeError(f"batch {batch.id} was another's")
        told = [Told(batch.id, contact, 1, 1, 0, f"m{contact}") for contact in people]
    with sessions() as session:
        write_answers(session, told, NOW)
        change(session, update(SendBatch).where(*is_ours(batch)).values(state="sent", leased_until=None))
        session.commit()
    return batch.last_id - batch.first_id + 1
