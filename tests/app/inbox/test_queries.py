"""The lists of the inbox: who sees which to-do, in which order, at what cost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.inbox import queries
from app.inbox.case import case
from tests.app.inbox.world import NOW, new_campaign, new_to_do


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    seen: list[str] = []

    def listen(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(session.get_bind(), "before_cursor_execute", listen)
    yield seen
    event.remove(session.get_bind(), "before_cursor_execute", listen)


def cost(session: Session, act: Callable[[], object]) -> int:
    session.expunge_all()
    with statements(session) as seen:
        act()
    return len(seen)


def test_a_to_do_assigned_to_me_is_mine(session: Session) -> None:
    to_do = new_to_do(session, new_campaign(session), "prefecture_review", assignee="gaoyang")
    assert [row.to_do_id for row in queries.rows(session, "mine", "gaoyang")] == [to_do.id]
    assert queries.rows(session, "mine", "chenliqun") == []
    assert queries.rows(session, "claim", "gaoyang") == []


def test_a_to_do_with_me_as_the_only_candidate_is_mine(session: Session) -> None:
    to_do = new_to_do(session, new_campaign(session), "prefecture_review", candidates=["gaoyang"])
    assert [row.to_do_id for row in queries.rows(session, "mine", "gaoyang")] == [to_do.id]
    assert queries.counts(session, "gaoyang") == {"mine": 1, "claim": 0}


def test_a_to_do_with_other_candidates_is_to_be_claimed(session: Session) -> None:
    to_do = new_to_do(session, new_campaign(session), "province_review", candidates=["gaoyang", "chenliqun"])
    assert [row.to_do_id for row in queries.rows(session, "claim", "gaoyang")] == [to_do.id]
    assert queries.counts(session, "gaoyang") == {"mine": 0, "claim": 1}


def test_a_to_do_claimed_by_another_is_in_no_list_of_mine(session: Session) -> None:
    new_to_do(
        session,
        new_campaign(session),
        "province_review",
        candidates=["gaoyang", "chenliqun"],
        assignee="chenliqun",
    )
    assert queries.counts(session, "gaoyang") == {"mine": 0, "claim": 0}
    assert queries.counts(session, "chenliqun") == {"mine": 1, "claim": 0}


def test_the_soonest_due_comes_first_and_those_without_a_day_last(session: Session) -> None:
    campaign = new_campaign(session)
    late = new_to_do(session, campaign, "a", assignee="gaoyang", due_at=NOW - timedelta(days=1))
    never = new_to_do(session, campaign, "b", assignee="gaoyang", due_at=None)
    soon = new_to_do(session, campaign, "c", assignee="gaoyang", due_at=NOW + timedelta(hours=1))
    found = [row.to_do_id for row in queries.rows(session, "mine", "gaoyang")]
    assert found == [late.id, soon.id, never.id]


def test_what_i_decided_is_listed_newest_first_and_counted_for_today(session: Session) -> None:
    campaign = new_campaign(session)
    done = {"state": "done", "outcome": "pass", "closed_by": "gaoyang"}
    old = new_to_do(session, campaign, "a", **done, closed_at=NOW - timedelta(days=2))
    new = new_to_do(session, campaign, "b", **done, closed_at=NOW - timedelta(minutes=5))
    assert [row.to_do_id for row in queries.rows(session, "done", "gaoyang")] == [new.id, old.id]
    assert queries.done_since(session, "gaoyang", NOW - timedelta(hours=10)) == 1


def test_what_i_started_shows_where_it_waits(session: Session) -> None:
    waiting, resting = new_campaign(session, 1), new_campaign(session, 2)
    to_do = new_to_do(session, waiting, "prefecture_review", assignee="gaoyang")
    found = queries.rows(session, "started", "yefang")
    assert [(row.number, row.to_do_id) for row in found] == [
        (resting.number, None),
        (waiting.number, to_do.id),
    ]
    assert [row.stage for row in found] == ["approve", "approve"]
    assert found[1].holder is not None
    assert found[1].holder.name == "高扬"


def test_words_find_a_campaign_by_name_or_number_and_percent_is_no_wildcard(session: Session) -> None:
    for serial in (1, 2):
        new_to_do(session, new_campaign(session, serial), "prefecture_review", assignee="gaoyang")
    numbers = [row.number for row in queries.rows(session, "mine", "gaoyang", "2026-002")]
    assert numbers == ["HD-0101-2026-002"]
    assert len(queries.rows(session, "mine", "gaoyang", "飞信推广")) == 2
    assert len(queries.rows(session, "mine", "gaoyang", "hd-0101")) == 2, "capitals or not, on any database"
    assert queries.rows(session, "mine", "gaoyang", "%") == []


def test_a_row_names_its_stage_its_office_and_its_planner(session: Session) -> None:
    new_to_do(session, new_campaign(session), "prefecture_review", assignee="gaoyang")
    (row,) = queries.rows(session, "mine", "gaoyang")
    assert row.stage == "approve"
    assert row.office is not None and row.planner is not None
    assert (row.office.name, row.planner.name_en) == ("学林县公司", "Ye Fang")


def test_a_longer_list_costs_no_more_statements(session: Session) -> None:
    def read() -> None:
        for tab in queries.TABS:
            queries.rows(session, tab, "gaoyang")
        queries.counts(session, "gaoyang")

    new_to_do(session, new_campaign(session, 1), "prefecture_review", assignee="gaoyang")
    short = cost(session, read)
    for serial in range(2, 30):
        new_to_do(session, new_campaign(session, serial), "prefecture_review", candidates=["gaoyang"])
    session.commit()
    assert cost(session, read) == short == 6


def test_a_longer_story_costs_no_more_statements(session: Session) -> None:
    campaign = new_campaign(session)
    key = new_to_do(session, campaign, "prefecture_review", candidates=["gaoyang", "chenliqun"]).id

    def read() -> None:
        found = case(session, key)
        assert found is not None and found.campaign is not None
        assert [person.office.name for person in found.people.values()]
        assert [channel.content for channel in found.campaign.channels]

    session.commit()
    short = cost(session, read)
    for _ in range(20):
        new_to_do(session, session.merge(campaign), "province_review", candidates=["chenliqun"], state="done")
    session.commit()
    assert cost(session, read) == short <= 13
