"""What every channel must do, and its double just so."""

import importlib
import pkgutil
from pathlib import Path

import pytest

import handlers.channels
from handlers.channels import (
    CHANNELS,
    AlreadyHandedOver,
    Channel,
    Content,
    NothingToHandOver,
)
from handlers.channels.double import ChannelDouble
from handlers.channels.files import NoReaderKey
from handlers.channels.listing import UnsendableValue, ValueMissing
from handlers.channels.recipients import BadId, BadNumber, MetTwice, MissingColumn
from handlers.channels.text import EmptyText, StrayBrace
from models.base import Problem
from tests.handlers.channels.samples import CONTENT, FIELDS, LATER, NOW, identity, recipients, slip

EVERY = [*CHANNELS.values(), *(ChannelDouble(channel) for channel in CHANNELS.values())]
KEYS = [identity()[1]]

pytestmark = pytest.mark.parametrize("channel", EVERY, ids=lambda c: f"{type(c).__name__}-{c.code}")


def test_it_is_named_in_both_languages_and_priced_by_a_unit(channel: Channel) -> None:
    assert CHANNELS[channel.code].name == channel.name
    assert channel.name
    assert channel.name_en.isascii()
    assert channel.cost_unit in {"part", "customer"}
    assert channel.columns[1] == "number"


def test_good_content_passes(channel: Channel) -> None:
    assert channel.validate(CONTENT, FIELDS) == []


@pytest.mark.parametrize(("text", "problem"), [("", EmptyText), ("{产品", StrayBrace)])
def test_unusable_content_is_refused_before_a_row_is_made(
    channel: Channel, text: str, problem: type[Problem]
) -> None:
    content = Content(text=text)
    assert problem in {type(found) for found in channel.validate(content, {})}
    with pytest.raises(problem):
        channel.prepare(recipients(), content, {})


def test_a_preview_shows_the_filled_text_and_its_price(channel: Channel) -> None:
    preview = channel.preview(CONTENT, FIELDS, unit_cost=7)
    assert preview.text == "您的彩铃包年将于3月9日到期，续订回复XD。退订回TD【东屿移动】"
    assert preview.characters == len(preview.text)
    assert (preview.parts, preview.price, preview.left, preview.warnings) == (1, 7, (), ())


def test_a_preview_of_half_typed_content_still_shows(channel: Channel) -> None:
    assert channel.preview(Content(text="您的{产"), {}, unit_cost=5).text == "您的{产"
    assert channel.preview(Content(text="您的{产品}"), {}, unit_cost=5).left == ("产品",)


def test_every_recipient_gets_a_row_in_order(channel: Channel) -> None:
    rows = list(channel.prepare(recipients(), CONTENT, FIELDS))
    text = "您的彩铃包年将于3月9日到期，续订回复XD。退订回TD【东屿移动】"
    assert rows == [(f"m000{i}", f"1380000000{i}", text) for i in range(3)]
    assert all(channel.units(row) == 1 for row in rows)


def test_a_column_fills_its_placeholder_for_each_and_wins_over_the_common_value(channel: Channel) -> None:
    own: list[str | None] = ["3月1日", "3月2日", "3月3日"]
    rows = channel.prepare(recipients(日期=own), CONTENT, FIELDS)
    assert [row[2][8:12] for row in rows] == own


@pytest.mark.parametrize(
    ("value", "problem"), [(None, ValueMissing), (" ", ValueMissing), ("\x07", UnsendableValue)]
)
def test_one_customers_bad_value_is_refused_by_contact(
    channel: Channel, value: str | None, problem: type[Problem]
) -> None:
    rows = channel.prepare(recipients(日期=["3月1日", value, "3月3日"]), CONTENT, FIELDS)
    with pytest.raises(problem, match="m0001"):
        list(rows)


@pytest.mark.parametrize(
    ("column", "cells", "problem"),
    [
        ("id", ["a", "", "c"], BadId),
        ("id", ["a", "-b", "c"], BadId),
        ("id", ["a", None, "c"], BadId),
        ("id", ["a", "b", "a"], MetTwice),
        ("number", ["13800000000", "+8613800000", "13800000001"], BadNumber),
        ("number", ["13800000000", None, "13800000001"], BadNumber),
        ("number", ["13800000000", "13800000000", "13800000001"], MetTwice),
    ],
)
def test_a_list_with_bad_or_repeated_entries_is_refused(
    channel: Channel, column: str, cells: list[str | None], problem: type[Problem]
) -> None:
    table = recipients().drop_columns(column).append_column(column, [cells])
    with pytest.raises(problem) as refused:
        channel.prepare(table, CONTENT, FIELDS)
    assert "138" not in str(refused.value)


def test_a_list_without_numbers_is_refused(channel: Channel) -> None:
    with pytest.raises(MissingColumn):
        channel.prepare(recipients().drop_columns("number"), CONTENT, FIELDS)


def test_a_list_handed_over_twice_is_handed_over_once(channel: Channel, tmp_path: Path) -> None:
    rows = list(channel.prepare(recipients(), CONTENT, FIELDS))
    first = channel.hand_over(slip("A-1"), rows, tmp_path, KEYS, NOW)
    again = channel.hand_over(slip("A-1"), rows, tmp_path, KEYS, LATER)
    assert (first.rows, first.units, first.at, first.is_repeated) == (3, 3, NOW, False)
    assert (again.digest, again.rows, again.units, again.at) == (first.digest, 3, 3, NOW)
    assert again.is_repeated


def test_another_list_under_the_same_number_is_refused(channel: Channel, tmp_path: Path) -> None:
    rows = list(channel.prepare(recipients(), CONTENT, FIELDS))
    channel.hand_over(slip("A-2"), rows, tmp_path, KEYS, NOW)
    with pytest.raises(AlreadyHandedOver, match="A-2"):
        channel.hand_over(slip("A-2"), rows[:2], tmp_path, KEYS, NOW)
    with pytest.raises(AlreadyHandedOver):
        channel.hand_over(slip("A-2", content="another"), rows, tmp_path, KEYS, NOW)


def test_an_empty_list_is_refused(channel: Channel, tmp_path: Path) -> None:
    rows = channel.prepare(recipients(0), CONTENT, FIELDS)
    with pytest.raises(NothingToHandOver):
        channel.hand_over(slip("A-3"), rows, tmp_path, KEYS, NOW)


def test_without_a_key_nothing_is_handed_over(channel: Channel, tmp_path: Path) -> None:
    rows = channel.prepare(recipients(), CONTENT, FIELDS)
    with pytest.raises(NoReaderKey):
        channel.hand_over(slip("A-4"), rows, tmp_path, [], NOW)


def test_every_channel_of_the_package_is_in_the_list(channel: Channel) -> None:
    for module in pkgutil.iter_modules(handlers.channels.__path__, "handlers.channels."):
        importlib.import_module(module.name)
    assert {type(known) for known in CHANNELS.values()} | {ChannelDouble} == _concrete(Channel)
    assert CHANNELS.get(channel.code) is not None


def _concrete(root: type) -> set[type]:
    below: set[type] = set(root.__subclasses__())
    deeper = {found for child in below for found in _concrete(child)}
    return {found for found in below if not getattr(found, "__abstractmethods__", None)} | deeper
