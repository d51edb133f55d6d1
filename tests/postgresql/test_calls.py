"""Many call agents at one list: every row goes to one of them, and every race is settled by the database."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from handlers.channels import calls
from handlers.channels.calls.problems import CallGone, SlotFull
from handlers.channels.calls.slots import CAPACITY
from models.base import db
from models.call import Call, CallAttempt, CallTaking
from models.execution import WorkOrder
from models.product import Product
from models.sending import DirectMessage
from tests.factories.province import the_province
from tests.handlers.channels.calls.desk import Desk, open_list, willing
from tests.postgresql.installation import Installation

pytestmark = pytest.mark.postgresql

#: Monday, ten in the morning
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
THURSDAY = NOW + timedelta(days=3)


def opened(office: Installation, people: int) -> Desk:
    """A call list of the demo's province."""
    place: Any = SimpleNamespace(now=NOW, workshop=office.app.extensions["workshop"], province=the_province())
    desk = open_list(place, willing(place, people))
    db.session.query(Product).filter_by(code="CRBT").update({"order_word": ""})
    db.session.commit()
    return desk


def together(office: Installation, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of these acts gave, or raised, all begun at the same moment."""
    barrier = Barrier(len(acts))

    def in_context(act: Callable[[], Any]) -> Any:
        with office.app.app_context():
            barrier.wait(20)
            try:
                return act()
            except Exception as problem:
                return problem
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(in_context, acts))


@contextmanager
def held(call_id: int) -> Iterator[None]:
    """Somebody is just taking this row and has not committed yet."""
    with db.engine.connect() as connection:
        connection.execute(select(Call.id).where(Call.id == call_id).with_for_update())
        yield
        connection.rollback()


def test_who_comes_second_takes_the_next_row_without_waiting(office: Installation) -> None:
    desk = opened(office, 2)
    first = db.session.scalars(select(func.min(Call.id))).one()
    db.session.rollback()
    with held(first):
        assert desk.take("a").call_id == first + 1
        assert desk.pull("b") is None
    assert desk.take("b").call_id == first


def test_eight_call_agents_share_a_list_and_nobody_gets_the_same_customer(office: Installation) -> None:
    desk = opened(office, 60)

    def work(login: str) -> list[int]:
        done = []
        while (got := desk.pull(login)) is not None:
            done.append(got.sid)
            desk.say(got, "refuse", login, reason="price", key=f"{login}-{got.call_id}")
        return done

    shares = together(office, [lambda login=f"a{n}": work(login) for n in range(8)])  # type: ignore[misc]
    assert sorted(sid for share in shares for sid in share) == sorted(desk.sids)
    db.session.expire_all()
    assert db.session.scalar(select(func.count(CallAttempt.id))) == 60
    assert db.session.scalar(select(func.count(CallTaking.id))) == 60


def test_one_call_agent_at_two_screens_has_one_call(office: Installation) -> None:
    desk = opened(office, 4)
    got = together(office, [lambda: desk.take("a")] * 4)
    assert len({(one.call_id, one.fence) for one in got}) == 1
    assert db.session.scalar(select(func.count()).where(Call.state == "taken")) == 1


def test_a_result_sent_twice_at_once_is_kept_once(office: Installation) -> None:
    desk = opened(office, 1)
    got = desk.take("a")
    db.session.rollback()
    said = together(office, [lambda: desk.say(got, "refuse", "a", reason="price", key="K")] * 4)
    assert len(set(said)) == 1
    assert db.session.scalar(select(func.count(CallAttempt.id))) == 1


def test_of_two_results_for_one_pull_one_is_kept_and_the_other_refused(office: Installation) -> None:
    desk = opened(office, 1)
    got = desk.take("a")
    db.session.rollback()
    acts = [
        lambda key=key: desk.say(got, "refuse", "a", reason="price", key=key)  # type: ignore[misc]
        for key in ("K-1", "K-2")
    ]
    said = together(office, acts)
    assert sorted(type(one).__name__ for one in said) == [CallGone.__name__, "Recorded"]
    assert db.session.scalar(select(func.count(CallAttempt.id))) == 1


def test_the_last_place_of_a_time_is_promised_once(office: Installation) -> None:
    desk = opened(office, CAPACITY + 1)
    for _ in range(CAPACITY - 1):
        desk.say(desk.take("a"), "consider", "a", reason="no_time", call_back_at=THURSDAY)
    both = {login: desk.take(login) for login in "bc"}
    db.session.rollback()
    acts = [
        lambda login=login: desk.say(  # type: ignore[misc]
            both[login], "consider", login, reason="no_time", call_back_at=THURSDAY, key=login
        )
        for login in both
    ]
    said = together(office, acts)
    assert sorted(type(one).__name__ for one in said) == ["Recorded", SlotFull.__name__]
    promised = select(func.count()).where(Call.is_appointed, Call.due_at == THURSDAY)
    assert db.session.scalar(promised) == CAPACITY


def test_a_question_put_twice_at_once_is_one_message(office: Installation) -> None:
    desk = opened(office, 1)
    db.session.query(Product).filter_by(code="CRBT").update({"order_word": "KTCL"})
    db.session.commit()
    got = desk.take("a")
    db.session.rollback()
    asked = together(office, [lambda: desk.ask(got, login="a")] * 3)
    assert len(set(asked)) == 1
    assert db.session.scalar(select(func.count(DirectMessage.id))) == 1


def test_a_call_list_that_ends_leaves_no_row_behind(office: Installation) -> None:
    desk = opened(office, 40)
    order_id = desk.order.id
    db.session.rollback()

    def stop() -> None:
        db.session.get_one(WorkOrder, order_id).state = "stopped"
        calls.end_calls(db.session, [order_id], NOW)
        db.session.commit()

    got = [
        one for one in together(office, [lambda n=n: desk.pull(f"a{n}") for n in range(6)] + [stop]) if one
    ]  # type: ignore[misc]
    assert not [one for one in got if isinstance(one, Exception)]
    db.session.expire_all()
    states = dict(db.session.execute(select(Call.state, func.count()).group_by(Call.state)).all())
    assert states == {"stopped": 40 - len(got)} | ({"taken": len(got)} if got else {})
