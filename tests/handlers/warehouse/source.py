"""A small province as files, drawn by a seed: what a nightly load would bring to the tests."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from handlers.warehouse.columns import CONTACTS, CUSTOMERS, EVENTS

ARROW = {
    "VARCHAR": pa.string(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
}
SNAPSHOT = date(2026, 3, 1)
CHOICES = {
    "pref": [f"{n:02d}" for n in range(1, 10)],
    "sex": ["男", "女"],
    "brand": ["全球通", "动感地带", "神州行"],
    "id_region": ["01", "05", "99"],
    "crbt_state": ["未开通", "活跃", "沉默", "已流失"],
    "paying": ["H", "M", "L"],
    "price_attitude": ["I", "E", "T"],
    "fashion": ["L", "F", "C"],
    "learning": ["h", "l"],
}
RANGES = {
    "age": (14, 80), "tenure_m": (0, 200), "arpu_fen": (0, 20_000), "mou_s": (0, 60_000),
    "dou_kb": (0, 500_000), "tone_dl_6m": (0, 6), "term_age_m": (0, 60), "term_changes_36m": (0, 6),
    "complaints_12m": (0, 3),
}  # fmt: skip
RARE = {"black_list", "grey_list", "complaint_sensitive", "dnd_sms", "dnd_call", "out_of_use"}


def customers(size: int, seed: int = 1, blanks: float = 0.0) -> pd.DataFrame:
    """`size` customers; `blanks` is the share of blank values in columns that may be blank."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"customer_id": [f"K{n:07d}" for n in random.permutation(size)]})
    frame["number"] = [f"138{n:08d}" for n in random.permutation(size)]
    for name, kind in list(CUSTOMERS.items())[2:]:
        frame[name] = _drawn(name, kind, size, random)
    frame["county"] = frame["pref"] + [f"{n:02d}" for n in random.integers(1, 5, size)]
    for name in map(str, frame.columns):
        if blanks and name not in RARE | {"customer_id", "number"}:
            frame[name] = frame[name].astype(object).mask(random.random(size) < blanks, None)
    return frame


def events(size: int, count: int, seed: int = 2) -> pd.DataFrame:
    """Events of the last year, of any kind, about three products."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": [f"K{n:07d}" for n in random.integers(0, size, count)],
            "product": random.choice(["CRBT", "PAPER", "MMS3"], count),
            "event": random.choice(
                ["trial", "order", "unsubscribe", "batch_unsubscribe", "complaint"], count
            ),
            "day": [SNAPSHOT - timedelta(days=int(n)) for n in random.integers(0, 400, count)],
        }
    )


def contacts(size: int, count: int, days: int = 60, seed: int = 3) -> pd.DataFrame:
    """Contacts of the last days through SMS and calls."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": [f"K{n:07d}" for n in random.integers(0, size, count)],
            "channel": random.choice(["sms", "call"], count),
            "product": random.choice(["CRBT", "PAPER", "MMS3"], count),
            "day": [SNAPSHOT - timedelta(days=int(n)) for n in random.integers(0, days, count)],
        }
    )


def write_source(
    folder: Path,
    people: pd.DataFrame,
    happenings: pd.DataFrame | None = None,
    met: pd.DataFrame | None = None,
) -> Path:
    """Write the three files of a source; events and contacts may be left empty."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame, columns in (
        ("customers", people, CUSTOMERS),
        ("events", happenings, EVENTS),
        ("contact_history", met, CONTACTS),
    ):
        frame = pd.DataFrame(columns=list(columns)) if frame is None else frame
        pq.write_table(as_table(frame, columns), folder / f"{name}.parquet")
    return folder


def as_table(frame: pd.DataFrame, columns: dict[str, str]) -> pa.Table:
    """A frame as Arrow with the agreed types; columns the frame does not have are left out."""
    schema = pa.schema([(name, ARROW[kind]) for name, kind in columns.items() if name in frame.columns])
    arrays = [
        pa.array([None if pd.isna(v) else v for v in frame[field.name]], type=field.type) for field in schema
    ]
    return pa.table(arrays, schema=schema)


def _drawn(name: str, kind: str, size: int, random: np.random.Generator) -> Any:
    if name in CHOICES:
        return random.choice(CHOICES[name], size)
    if name in RANGES:
        return random.integers(*RANGES[name], size)
    if kind == "BOOLEAN":
        return random.random(size) < (0.02 if name in RARE else 0.3)
    return ""
