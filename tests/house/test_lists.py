"""Written lists name every file they should."""

from pathlib import Path

from handlers import loop
from handlers.channels import CHANNELS
from models import tables

ROOT = Path(__file__).parents[2]


def stems(folder: str, *but: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__", *but}


def test_every_table_file_is_in_the_list_of_tables() -> None:
    assert {module.__name__.rpartition(".")[2] for module in tables.ALL} == stems("models", "base", "tables")


def test_every_stage_and_process_file_is_in_its_list() -> None:
    listed = {module.__name__.rpartition(".")[2] for module in (*loop.STAGES, *loop.PROCESSES)}
    assert listed == stems("handlers", "loop", "operation", "numbers")


def test_every_channel_says_its_own_code() -> None:
    assert {code: channel.code for code, channel in CHANNELS.items()} == {code: code for code in CHANNELS}
