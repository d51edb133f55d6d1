"""Work orders, recipients and keys for the tests of channels."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyrage

from handlers.channels import Content, Slip

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 1, tzinfo=UTC)
#: Fit for every channel.
CONTENT = Content(text="您的{产品}将于{日期}到期，续订回复XD。退订回TD【东屿移动】")
FIELDS = {"产品": "彩铃包年", "日期": "3月9日"}


def recipients(count: int = 3, **columns: list[str | None]) -> pa.Table:
    ids = [f"m{i:04}" for i in range(count)]
    numbers = [f"1380000{i:04}" for i in range(count)]
    return pa.table({"id": ids, "number": numbers, **columns})


def slip(work_order: str = "RW-00-2026-001", content: str = CONTENT.text) -> Slip:
    return Slip(
        work_order=work_order,
        campaign="HD-00-2026-001",
        products=("CRBT", "MBOX"),
        start=date(2026, 3, 2),
        end=date(2026, 3, 5),
        sender="10086",
        content=content,
    )


def identity() -> tuple[Any, str]:
    """A private age key and its public half."""
    private = pyrage.x25519.Identity.generate()
    return private, str(private.to_public())


def open_list(path: Path, private: Any) -> list[list[str]]:
    plain = pyrage.decrypt(path.read_bytes(), [private]).decode()
    return list(csv.reader(io.StringIO(plain, newline="")))
