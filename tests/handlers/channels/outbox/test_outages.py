"""The database goes while messages are under way: nothing more is begun, and nothing is lost."""

import asyncio
import logging

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from handlers.channels.outbox import sender as sending
from handlers.channels.outbox.claiming import LEASE
from handlers.channels.outbox.double import CentreDouble
from tests import databases
from tests.handlers.channels.outbox.world import World, run

THROW_OUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that failed is asked again at once."""
    monkeypatch.setattr(sending, "RETRY", 0.01)


def goes(world: World) -> None:
    """Every line to the database breaks, and no new one can be had."""
    break_lines(world)
    world.fault = OperationalError("-", {}, Exception("database or disk is full"))


def test_while_it_is_away_nothing_is_begun_and_afterwards_everybody_is_sent_to_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    order = world.order(60)
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await centre.until(world.window)
            goes(world)
            with caplog.at_level(logging.CRITICAL, "handlers.channels.outbox.sender"):
                centre.go_on()
                while len(centre.accepted) < world.window:
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.1)
                # what was committed before may be on the wire, half a window at most
                assert len(centre.accepted) <= world.window * 3 // 2
                world.fault = None
                await sender.is_dry.wait()

    run(act())
    world.send_and_settle(centre)
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 60}


def test_lines_that_break_again_and_again_cost_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    order = world.order(120)
    centre = CentreDouble(world.window)

    async def act() -> None:
        async with world.sending(centre) as sender:
            with caplog.at_level(logging.CRITICAL):
                for _ in range(10):
                    await asyncio.to_thread(break_lines, world)
                await sender.is_dry.wait()

    run(act())
    world.later(
        seconds=LEASE.total_seconds()
    )  # a batch whose last look failed waits for the end of its lease
    world.send_and_settle(centre)
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 120}


def break_lines(world: World) -> None:
    """The server throws everybody out; SQLite has nobody to do so."""
    if databases.ON_POSTGRESQL:
        outside = create_engine(world.engine.url, poolclass=NullPool)
        with outside.connect() as connection:
            connection.execute(THROW_OUT)
