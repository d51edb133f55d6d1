import threading

import pytest

from app.preview.pool import Pool, StillCounting, TooManyCounts


@pytest.fixture
def pool():
    made = Pool(workers=1, line=1, patience=0.01)
    yield made
    made.close()


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


def until_answered(pool: Pool, person: str, key: object) -> object:
    while True:
        try:
            return pool.ask(person, key, lambda: "worked twice")
        except StillCounting:
            continue


def test_the_same_question_is_worked_on_once():
    pool, worked = Pool(patience=5), []
    assert [pool.ask("a", "q", lambda: worked.append(1) or 7) for _ in range(3)] == [7, 7, 7]
    assert worked == [1]
    pool.close()


def test_a_long_count_is_told_and_answered_when_it_is_asked_again(pool, gate):
    with pytest.raises(StillCounting):
        pool.ask("a", "long", lambda: gate.wait(5) and "found")
    gate.set()
    assert until_answered(pool, "a", "long") == "found"


def test_a_full_line_refuses_the_next_question(pool, gate):
    for person, key in (("a", 1), ("b", 2)):
        with pytest.raises(StillCounting):
            pool.ask(person, key, lambda: gate.wait(5))
    with pytest.raises(TooManyCounts):
        pool.ask("c", 3, lambda: 3)


def test_a_new_question_of_the_same_person_gives_up_the_one_in_line(pool, gate):
    worked = []
    with pytest.raises(StillCounting):
        pool.ask("other", 0, lambda: gate.wait(5))
    with pytest.raises(StillCounting):
        pool.ask("a", 1, lambda: worked.append(1))
    with pytest.raises(StillCounting):
        pool.ask("a", 2, lambda: worked.append(2))
    gate.set()
    until_answered(pool, "a", 2)
    assert worked == [2]


def test_a_question_that_failed_is_asked_anew():
    pool = Pool(patience=5)

    def fail() -> int:
        raise ValueError("no data")

    with pytest.raises(ValueError, match="no data"):
        pool.ask("a", "q", fail)
    assert pool.ask("a", "q", lambda: 1) == 1
    pool.close()
