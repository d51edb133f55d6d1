"""One node's clock counts at a time, and two that tick at once announce every moment once."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from threading import Barrier, Thread

from flask_babel import lazy_gettext as _l
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app import runs
from app.regular import Regular
from app.worker.clock import LEASE, lead, resign
from models.schedule import Leadership, ScheduledRun

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def nothing(moment: datetime, now: datetime) -> None:
    """Do nothing."""


WORK = (
    Regular(name="nightly", title=_l("x"), do=nothing, at=time(2, 30), catch_up=True),
    Regular(name="often", title=_l("x"), do=nothing, every=timedelta(minutes=1), catch_up=True),
)


def test_of_two_nodes_one_leads_until_it_gives_no_sign_of_life(session: Session) -> None:
    assert lead(session, "a", NOON)
    assert not lead(session, "b", NOON)
    assert lead(session, "a", NOON + LEASE / 2)
    assert not lead(session, "b", NOON + LEASE)
    assert lead(session, "b", NOON + LEASE * 2)
    assert not lead(session, "a", NOON + LEASE * 2)
    assert session.get_one(Leadership, "clock").holder == "b"


def test_who_resigns_is_followed_at_once(session: Session) -> None:
    lead(session, "a", NOON)
    resign(session, "b", NOON)
    assert not lead(session, "b", NOON), "only its own lead can be given up"
    resign(session, "a", NOON)
    assert lead(session, "b", NOON)


def test_a_clock_set_back_leaves_nobody_in_the_lead_for_ever(session: Session) -> None:
    lead(session, "a", NOON)
    assert lead(session, "b", NOON - timedelta(days=300))


def together(acts: Sequence[object]) -> None:
    """Do all of this at the same moment."""
    barrier = Barrier(len(acts))

    def run(act: object) -> None:
        barrier.wait()
        act()  # type: ignore[operator]

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_nodes_that_all_want_to_lead_at_once_one_does(database: Engine) -> None:
    said: list[bool] = []

    def try_it(holder: str) -> None:
        with Session(database) as session:
            said.append(lead(session, holder, NOON))

    together([lambda holder=holder: try_it(holder) for holder in "abcd"])
    assert sorted(said) == [False, False, False, True]


def test_two_clocks_at_once_announce_every_moment_once(database: Engine) -> None:
    with Session(database) as session:
        runs.announce(session, WORK, NOON - timedelta(minutes=30))
    announced: list[int] = []

    def tick() -> None:
        with Session(database) as session:
            announced.append(runs.announce(session, WORK, NOON))

    together([tick] * 4)
    with Session(database) as session:
        found = session.execute(select(ScheduledRun.name, ScheduledRun.due_at)).all()
    assert len(found) == len(set(found)) == 32
    assert sum(announced) == 30
