import pytest
from sqlalchemy.orm import Session

from handlers.numbers import next_number
from tests import databases


@pytest.fixture
def session(tmp_path):
    with databases.lent(tmp_path / "numbers.sqlite") as engine, Session(engine) as session:
        yield session


def test_numbers_count_up_per_prefix_office_and_year(session):
    assert [next_number(session, "HD", "0101", 2026) for _ in range(3)] == [
        "HD-0101-2026-001",
        "HD-0101-2026-002",
        "HD-0101-2026-003",
    ]
    assert next_number(session, "HD", "00", 2026) == "HD-00-2026-001"
    assert next_number(session, "HD", "0101", 2027) == "HD-0101-2027-001"
    assert next_number(session, "RW", "0101", 2026, digits=4) == "RW-0101-2026-0001"


def test_a_number_of_a_transaction_that_failed_is_given_again(session):
    next_number(session, "HD", "00", 2026)
    session.commit()
    next_number(session, "HD", "00", 2026)
    session.rollback()
    assert next_number(session, "HD", "00", 2026) == "HD-00-2026-002"
