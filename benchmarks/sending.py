"""Sending: our SMPP session against a pre-encoded blast and smpplib, what a throttling centre says to it, and
the whole path from a batch in PostgreSQL to its answers there against the bare session.

The other side is another process, the SMS centre on npm `smpp` that the tests use, so seconds are those of
the clock on the wall: sides interleaved, best of three.
"""

import asyncio
import gc
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice

from smpplib.client import Client
from smpplib.gsm import make_parts

from benchmarks.figure import Figure, figure, interleaved
from benchmarks.mailroom import Desk, MailRoom, mail_room
from handlers.channels.outbox import Sender
from handlers.channels.wire import (
    Bind,
    Command,
    Frames,
    Incoming,
    Link,
    LinkSettings,
    Receipt,
    Submission,
    encode,
    pack,
)
from tests.peers.centre import NoPeer, running
from tests.postgresql.cluster import NoServer

ROUNDS = 3
WINDOW = 100
TEXT = "尊敬的客户，您本月流量即将用完，推荐办理10元1GB流量包，回复8办理，退订回TD。"
#: no contract holds the session back
UNHELD = 10_000_000.0
#: messages a second by contract, and how many of them the centre takes at once
CONTRACT, AT_ONCE = 2_000, 250


def run(rows: int = 4_000) -> Iterator[Figure]:
    """Messages a second through our link, and the share of throttled replies at the contract rate."""
    try:
        yield from session(rows)
        yield from throttled(max(4_000, rows // 2))
        yield from path(rows)
    except (NoPeer, NoServer) as lacking:
        print(f"sending: {lacking}", file=sys.stderr)


def session(rows: int) -> Iterator[Figure]:
    """Our link at a window of 100 against the limit of the wire and against smpplib."""
    with running() as centre:
        sides = (partial(side, centre.port, rows) for side in (blast_seconds, link_seconds, smpplib_seconds))
        limit, ours, theirs = interleaved(*sides, rounds=ROUNDS)
    for name, other, target in (("session", limit, ">=0.6"), ("smpplib", theirs, ">=4")):
        yield figure(
            f"sending.{name}",
            figure=rows / ours,
            unit="messages/s",
            n=rows,
            ratio=other / ours,
            target=target,
        )


def throttled(rows: int) -> Iterator[Figure]:
    """A centre that allows exactly the contract rate: what it threw back, and what it took."""
    found = []
    for _ in range(ROUNDS):
        with running(rate=CONTRACT, burst=AT_ONCE) as centre:
            seconds = link_seconds(centre.port, rows, rate=CONTRACT)
            refused = centre.counts()["throttled"]
        found.append((rows / seconds / CONTRACT < 0.95, refused / (rows + refused), rows / seconds))
    _, share, speed = min(found)
    for name, ratio, target in (("throttled", share, "<0.01"), ("contract", speed / CONTRACT, ">=0.95")):
        yield figure(f"sending.{name}", figure=speed, unit="messages/s", n=rows, ratio=ratio, target=target)


def path(rows: int) -> Iterator[Figure]:
    """Claim, last checks, intent, wire and answers, against the bare wire; commits wait for the disk."""
    with mail_room(rows) as room, running() as centre:
        gc.freeze()  # as a worker begins
        bare, whole = interleaved(
            partial(link_seconds, centre.port, rows), partial(path_seconds, centre.port, room), rounds=ROUNDS
        )
        gc.unfreeze()
    yield figure(
        "sending.path", figure=rows / whole, unit="messages/s", n=rows, ratio=bare / whole, target=">=0.3"
    )


def path_seconds(port: int, room: MailRoom) -> float:
    """The product's sender, until every batch has all its answers."""
    with room.opened() as desk:
        spent = asyncio.run(_through_outbox(settings_for(port, UNHELD), desk))
        answers, sent = desk.counted()
    if answers != room.people or sent != -(-room.people // 1_000):
        raise RuntimeError(f"{answers} answers to {room.people} messages, {sent} batches sent")
    return spent


async def _through_outbox(settings: LinkSettings, desk: Desk) -> float:
    async with Link(settings, _nothing_comes) as link:
        await link.room()
        sender, stop = Sender(desk.outbox(settings), link, WINDOW), asyncio.Event()
        begun = time.perf_counter()
        running_one = asyncio.create_task(sender.run(stop))
        await sender.is_dry.wait()
        spent = time.perf_counter() - begun
        stop.set()
        await running_one
    return spent


def submissions(rows: int) -> Iterator[Submission]:
    """One text to as many customers."""
    return (Submission(f"138{number:08d}", TEXT, wants_receipt=False) for number in range(rows))


def settings_for(port: int, rate: float) -> LinkSettings:
    """The centre, as ours knows it."""
    return LinkSettings(
        host="127.0.0.1", port=port, system_id="bihuan", password="secret", window=WINDOW, rate=rate
    )


def link_seconds(port: int, rows: int, rate: float = UNHELD) -> float:
    """The product's way: encode, ask for room, submit, take every answer."""
    return asyncio.run(_through_link(settings_for(port, rate), rows))


async def _through_link(settings: LinkSettings, rows: int) -> float:
    async with Link(settings, _nothing_comes) as link:
        await link.room()
        begun = time.perf_counter()
        answers = []
        parts = (part for each in submissions(rows) for part in encode(each, settings))
        while lot := list(islice(parts, WINDOW // 2)):
            await link.room(len(lot))
            answers += [link.submit(part) for part in lot]
        await asyncio.wait(answers)
        spent = time.perf_counter() - begun
    if any(answer.result().status for answer in answers):
        raise RuntimeError("the centre refused a message")
    return spent


async def _nothing_comes(lot: Sequence[Receipt | Incoming]) -> None:
    raise RuntimeError("nobody asked for receipts")


def blast_seconds(port: int, rows: int) -> float:
    """The limit of the wire: everything encoded before, no window, answers counted and not read."""
    bodies = (part for each in submissions(rows) for part in encode(each, settings_for(port, UNHELD)))
    octets = b"".join(pack(Command.SUBMIT_SM, number, body) for number, body in enumerate(bodies, start=2))
    with closing(socket.create_connection(("127.0.0.1", port))) as line:
        line.sendall(pack(Command.BIND_TRANSCEIVER, 1, Bind(system_id="blast", password="secret").write()))
        line.recv(4_096)
        line.setblocking(False)
        begun = time.perf_counter()
        _blast(line, octets, rows)
        return time.perf_counter() - begun


def _blast(line: socket.socket, octets: bytes, rows: int) -> None:
    left, frames = memoryview(octets), Frames()
    while rows:
        readable, writable, _ = select.select([line], [line] if left else [], [])
        if writable:
            left = left[line.send(left[:262_144]) :]
        if readable:
            rows -= sum(1 for _ in frames.feed(line.recv(1_048_576)))


def smpplib_seconds(port: int, rows: int) -> float:
    """smpplib with a loop around it that keeps a window full."""
    answered = 0

    def count(**_: object) -> None:
        nonlocal answered
        answered += 1

    client = Client("127.0.0.1", port, allow_unknown_opt_params=True, logger_name="benchmarks.smpplib")
    client.logger.disabled = True
    client.set_message_sent_handler(count)
    client.connect()
    client.bind_transceiver(system_id="smpplib", password="secret")
    begun = time.perf_counter()
    _keep_full(client, rows, lambda: answered)
    spent = time.perf_counter() - begun
    client.unbind()
    client.disconnect()
    return spent


def _keep_full(client: Client, rows: int, answered: Callable[[], int]) -> None:
    sent = 0
    waiting = submissions(rows)
    while answered() < rows:
        for each in islice(waiting, WINDOW - sent + answered()):
            (part,), coding, esm_class = make_parts(each.text)
            client.send_message(
                source_addr_npi=1,
                source_addr="10086",
                dest_addr_npi=1,
                destination_addr=each.number,
                short_message=part,
                data_coding=coding,
                esm_class=esm_class,
                registered_delivery=False,
            )
            sent += 1
        client.read_once()
        client.poll()
