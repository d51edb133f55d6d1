"""What follows from a result."""

from datetime import UTC, datetime, timedelta

import pytest

from handlers.channels.calls import REASONS, CallProblem, Result
from handlers.channels.calls.problems import (
    AppointmentUnfit,
    CalledOff,
    KeyUsedBefore,
    NoSuchCall,
    NoSuchSlot,
    NoteMissing,
    ReasonMissing,
    ReasonUnfit,
    SlotFull,
)
from handlers.channels.calls.slots import CAPACITY
from models.base import db
from models.call import Call
from models.execution import DoNotDisturb
from models.feedback import Feedback
from tests.handlers.channels.calls.desk import Desk, open_list, willing

THURSDAY = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)


def test_who_considers_is_reached_and_done_with_unless_he_names_a_time(desk: Desk) -> None:
    held = desk.take()
    said = desk.say(held, "consider", reason="price", note=" 再想想 ")
    assert (said.attempt, said.next_at, said.is_appointed) == (1, None, False)
    contact = desk.contact(held)
    assert (contact.state, contact.outcome, contact.reason) == ("reached", "consider", "price")
    assert contact.contacted_at == contact.settled_at == desk.stage.now
    assert desk.call(held).state == "done"
    assert desk.attempts()[0].note == "再想想"


def test_who_names_a_time_is_called_back_then(desk: Desk) -> None:
    held = desk.take()
    said = desk.say(held, "consider", reason="no_time", call_back_at=THURSDAY)
    assert (said.next_at, said.is_appointed) == (THURSDAY, True)
    call = desk.call(held)
    assert (call.state, call.due_at, call.is_appointed, call.taken_by) == (
        "waiting", THURSDAY, True, "dujuan",
    )  # fmt: skip
    assert desk.contact(held).settled_at is None


def test_who_refuses_says_why_and_is_done_with(desk: Desk) -> None:
    held = desk.take()
    desk.say(held, "refuse", reason="has_similar")
    contact = desk.contact(held)
    assert (contact.state, contact.outcome, contact.reason) == ("reached", "refuse", "has_similar")
    assert db.session.query(DoNotDisturb).count() == 0


def test_who_wants_no_calls_at_all_gets_none_from_now_on(desk: Desk) -> None:
    held = desk.take()
    desk.say(held, "refuse", reason="no_more_calls")
    refusal = db.session.query(DoNotDisturb).one()
    assert (refusal.sid, refusal.channel, refusal.source) == (held.sid, "call", "staff")
    word = db.session.query(Feedback).one()
    assert (word.feed, word.sid, word.state, word.campaign_id) == (
        "opt_out", held.sid, "matched", desk.campaign.id,
    )  # fmt: skip


def test_after_three_tries_in_vain_a_customer_was_not_reached(desk: Desk) -> None:
    first = desk.take()
    desk.leave_only(first)
    desk.in_vain(2)
    assert desk.contact(first).state == "handed_over"
    said = desk.in_vain()
    assert (said.attempt, said.next_at) == (3, None)
    contact = desk.contact(first)
    assert (contact.state, contact.reason, contact.outcome) == ("not_reached", "no_answer", "")
    assert contact.contacted_at is None
    assert contact.settled_at == desk.stage.now
    assert [attempt.number for attempt in desk.attempts()] == [1, 2, 3]
    assert desk.pull() is None


def test_the_next_try_is_four_hours_later_within_the_hours(desk: Desk) -> None:
    held = desk.take()
    assert desk.say(held, "not_reached", reason="busy").next_at == desk.stage.now + timedelta(hours=4)
    desk.stage.go_to(2, 17, 30)
    late = desk.take()
    morning = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    assert desk.say(late, "not_reached", reason="busy").next_at == morning


@pytest.mark.parametrize("reason", ["wrong_number", "out_of_service"])
def test_a_number_that_cannot_reach_him_is_not_tried_again(desk: Desk, reason: str) -> None:
    held = desk.take()
    assert desk.say(held, "not_reached", reason=reason).next_at is None
    assert desk.contact(held).state == "not_reached"


def test_a_reached_customer_stays_reached_when_the_call_back_is_in_vain(desk: Desk) -> None:
    held = desk.take()
    desk.leave_only(held)
    desk.say(held, "consider", reason="no_time", call_back_at=THURSDAY)
    desk.stage.now = THURSDAY
    for _ in range(2):
        said = desk.say(desk.take(), "not_reached", reason="no_answer")
        desk.stage.now = said.next_at or desk.stage.now
    assert said.next_at is None
    contact = desk.contact(held)
    assert (contact.state, contact.outcome, contact.reason) == ("reached", "consider", "no_time")
    assert contact.settled_at == desk.stage.now


def test_an_appointment_is_one_try_more(desk: Desk) -> None:
    held = desk.take()
    for _ in range(2):
        desk.say(desk.take(), "not_reached", reason="no_answer")
        db.session.query(Call).filter(Call.id == held.call_id).update({"due_at": held.taken_at})
        db.session.commit()
    assert desk.say(desk.take(), "consider", reason="no_time", call_back_at=THURSDAY).attempt == 3
    desk.stage.now = THURSDAY
    last = desk.take()
    assert (last.call_id, last.attempt) == (held.call_id, 4)
    assert desk.say(last, "not_reached", reason="no_answer").next_at is None


def test_the_same_key_gives_the_same_answer_and_changes_nothing(desk: Desk) -> None:
    held = desk.take()
    first = desk.say(held, "not_reached", reason="busy", key="K-1")
    desk.later(hours=5)
    again = desk.take()
    assert again.call_id != held.call_id
    assert desk.say(held, "not_reached", reason="busy", key="K-1") == first
    assert desk.say(held, "refuse", reason="price", key="K-1") == first
    assert desk.call(held).attempts == 1
    assert len(desk.attempts()) == 1


def test_another_result_for_the_same_pull_is_refused_with_the_time_of_the_first(desk: Desk) -> None:
    held = desk.take()
    desk.say(held, "refuse", reason="price")
    with pytest.raises(CallProblem, match="recorded at 2026-03-02"):
        desk.say(held, "consider", reason="price")


def test_a_key_of_another_call_is_refused(desk: Desk) -> None:
    desk.say(desk.take(), "refuse", reason="price", key="K-1")
    held = desk.take()
    with pytest.raises(KeyUsedBefore):
        desk.say(held, "refuse", reason="price", key="K-1")
    assert desk.call(held).state == "taken"


def test_a_call_that_is_none_is_said_to_be_none(desk: Desk) -> None:
    held = desk.take()
    unknown = type(held)(**{**vars(held), "call_id": 999})
    with pytest.raises(NoSuchCall):
        desk.say(unknown, "refuse", reason="price")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"outcome": "refuse"}, ReasonMissing),
        ({"outcome": "consider"}, ReasonMissing),
        ({"outcome": "not_reached"}, ReasonMissing),
        ({"outcome": "refuse", "reason": "busy"}, ReasonUnfit),
        ({"outcome": "success", "reason": "price"}, ReasonUnfit),
        ({"outcome": "consider", "reason": "no_more_calls"}, ReasonUnfit),
        ({"outcome": "refuse", "reason": "other", "note": " "}, NoteMissing),
        ({"outcome": "refuse", "reason": "price", "call_back_at": THURSDAY}, AppointmentUnfit),
    ],
)
def test_a_result_without_what_it_needs_is_refused(said: dict[str, object], problem: type[Exception]) -> None:
    with pytest.raises(problem):
        Result(key="k", **said).check()  # type: ignore[arg-type]


def test_every_reason_of_an_outcome_is_taken() -> None:
    for outcome, reasons in REASONS.items():
        for reason in reasons:
            Result(key="k", outcome=outcome, reason=reason, note="x").check()


def test_a_time_nobody_works_is_refused_and_the_call_stays(desk: Desk) -> None:
    held = desk.take()
    for at in (
        THURSDAY + timedelta(minutes=30),
        desk.stage.now - timedelta(days=3),
        THURSDAY + timedelta(days=9),
    ):
        with pytest.raises(NoSuchSlot):
            desk.say(held, "consider", reason="no_time", call_back_at=at)
    assert desk.call(held).state == "taken"
    assert desk.attempts() == []


def test_a_full_time_is_refused_and_the_call_stays(desk: Desk) -> None:
    held = desk.take()
    _promise(desk, THURSDAY, CAPACITY)
    with pytest.raises(SlotFull):
        desk.say(held, "consider", reason="no_time", call_back_at=THURSDAY)
    assert desk.call(held).state == "taken"


def _promise(desk: Desk, at: datetime, places: int) -> None:
    other = open_list(desk.stage, willing(desk.stage, places, after=20), products=("CLUB",))
    db.session.query(Call).filter_by(work_order_id=other.order.id).update(
        {"due_at": at, "is_appointed": True}
    )
    db.session.commit()


def test_after_a_stop_a_try_in_vain_is_the_last_and_no_call_back_is_promised(desk: Desk) -> None:
    held = desk.take()
    desk.order.state = "stopped"
    db.session.commit()
    with pytest.raises(CalledOff):
        desk.say(held, "consider", reason="no_time", call_back_at=THURSDAY)
    assert desk.say(held, "not_reached", reason="busy").next_at is None
    assert desk.contact(held).state == "not_reached"
