"""What was mended between two submissions, in words."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.inbox.changes import Change, Piece, changes
from tests.app.inbox.world import FIELDS, TEXT


def say(name: str, value: Any) -> str:
    return str(value)


def marked(change: Change) -> str:
    signs = {"same": "{}", "added": "[+{}]", "removed": "[-{}]"}
    return "".join(signs[piece.kind].format(piece.text) for piece in change.brief)


def with_channel(**changed: str) -> dict[str, Any]:
    return FIELDS | {"channels": {"sms": {"content": TEXT, "hours": "09:00-20:00"} | changed}}


def test_two_like_submissions_show_no_change() -> None:
    assert changes(FIELDS, dict(FIELDS), say) == ()


def test_words_added_to_a_text_stand_between_what_is_near_them() -> None:
    before = with_channel(content=TEXT.replace("，0元/月", ""))
    (change,) = changes(before, FIELDS, say)
    assert (change.name, change.channel) == ("content", "sms")
    assert marked(change) == "…回复KTFX开通[+，0元/月]。退订回TD【东…"


def test_a_value_is_shown_whole_before_and_after() -> None:
    (change,) = changes(FIELDS, with_channel(hours="12:00-13:30,17:30-20:00"), say)
    assert marked(change) == "[-09:00-20:00][+12:00-13:30,17:30-20:00]"


def test_a_text_that_is_another_one_is_shown_whole() -> None:
    (change,) = changes(with_channel(content="春耕时节话费优惠"), FIELDS, say)
    assert [piece.kind for piece in change.pieces] == ["removed", "added"]


def test_a_channel_that_came_is_a_change_and_the_other_is_not() -> None:
    both = FIELDS | {"channels": FIELDS["channels"] | {"call": {"content": "您好", "hours": "09:00-18:00"}}}
    found = changes(FIELDS, both, say)
    assert {change.channel for change in found} == {"call"}
    assert found[0].pieces == (Piece(kind="added", text="您好"),)


def test_a_cap_taken_away_is_only_removed() -> None:
    (change,) = changes({"people_cap": 300}, {"people_cap": None}, say)
    assert change.pieces == (Piece(kind="removed", text="300"),)


@given(st.text("飞信免费0元月", max_size=30), st.text("飞信免费0元月", max_size=30))
def test_the_pieces_give_back_both_texts(was: str, now: str) -> None:
    found = changes({"content": was}, {"content": now}, say)
    if was == now:
        assert found == ()
        return
    pieces = found[0].pieces
    assert "".join(p.text for p in pieces if p.kind != "removed") == now
    assert "".join(p.text for p in pieces if p.kind != "added") == was
