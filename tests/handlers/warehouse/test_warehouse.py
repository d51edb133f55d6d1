"""Publishing snapshots and reading them back."""

import json
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from handlers.warehouse import Bounds, Keys, NoGeneration, Warehouse
from handlers.warehouse.problems import (
    BlankNotAllowed,
    ColumnsMissing,
    DuplicateKeys,
    GenerationGone,
    KeysDoNotFit,
    SourceMissing,
    SourceUnreadable,
    WarehouseProblem,
    WrongType,
    WrongValue,
)
from tests.handlers.warehouse.source import (
    SNAPSHOT,
    contacts,
    customers,
    events,
    write_source,
)

SIZE = 300


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse", Keys.from_folder(tmp_path / "keys"))


def test_an_empty_warehouse_says_that_nothing_was_loaded(warehouse: Warehouse) -> None:
    with pytest.raises(NoGeneration):
        warehouse.current()


def test_a_published_snapshot_is_current_and_sorted_by_sid(warehouse: Warehouse, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", customers(SIZE), events(SIZE, 500), contacts(SIZE, 400))
    generation = warehouse.publish(source, SNAPSHOT)
    assert generation is warehouse.current()
    assert (generation.id, generation.size, generation.width) == ("gen-20260301-1", SIZE, SIZE)
    sids = pq.read_table(generation.path / "customers.parquet")["sid"].to_numpy()
    assert sids.tolist() == list(range(SIZE))
    manifest = json.loads((generation.path / "manifest.json").read_text())
    assert manifest["rows"] == SIZE and set(manifest["files"]) == {"customers.parquet", "events.parquet"}


def test_no_generation_holds_numbers_ids_or_fractions(warehouse: Warehouse, tmp_path: Path) -> None:
    generation = warehouse.publish(write_source(tmp_path / "source", customers(SIZE)), SNAPSHOT)
    schema = pq.read_schema(generation.path / "customers.parquet")
    assert not {"customer_id", "number"} & set(schema.names)
    assert not [field for field in schema if pa.types.is_floating(field.type)]
    everything = b"".join(path.read_bytes() for path in warehouse.root.rglob("*") if path.is_file())
    assert b"13800000" not in everything


def test_a_column_nobody_agreed_on_stays_outside(warehouse: Warehouse, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", customers(SIZE))
    table = pq.read_table(source / "customers.parquet")
    pq.write_table(table.append_column("full_name", pa.array(["王静"] * SIZE)), source / "customers.parquet")
    assert "full_name" not in warehouse.publish(source, SNAPSHOT).columns


def test_dense_columns_answer_by_sid_with_codes_for_blanks(warehouse: Warehouse, tmp_path: Path) -> None:
    people = customers(SIZE, blanks=0.2).sort_values("customer_id", ignore_index=True)
    generation = warehouse.publish(write_source(tmp_path / "source", people), SNAPSHOT)
    arpu = generation.column("arpu_fen")
    assert arpu.dtype == np.int32 and len(arpu) == SIZE
    assert arpu.tolist() == [np.iinfo(np.int32).min if pd.isna(v) else v for v in people["arpu_fen"]]
    brands = generation.texts("brand", np.arange(SIZE))
    assert brands.tolist() == [v or "" for v in people["brand"]]
    assert generation.categories("brand") == ("全球通", "动感地带", "神州行")
    assert generation.flag("v_crbt").tolist() == [v is True for v in people["v_crbt"]]
    assert generation.column("arpu_fen") is arpu
    with pytest.raises(ValueError, match="read-only"):
        arpu[0] = 1


def test_a_second_snapshot_keeps_old_sids_and_adds_new_ones(warehouse: Warehouse, tmp_path: Path) -> None:
    first = customers(SIZE)
    warehouse.publish(write_source(tmp_path / "one", first), SNAPSHOT)
    ids = first["customer_id"].tolist()
    before = dict(zip(ids, warehouse.sids_of_customers(ids).tolist(), strict=True))
    stay = first.iloc[50:].copy()
    more = customers(30, seed=9)
    more["customer_id"] = [f"A{n:03d}" for n in range(30)]
    more["number"] = [f"139{n:08d}" for n in range(30)]
    generation = warehouse.publish(write_source(tmp_path / "two", pd.concat([stay, more])), date(2026, 3, 2))
    assert dict(zip(ids, warehouse.sids_of_customers(ids).tolist(), strict=True)) == before
    assert warehouse.sids_of_customers(more["customer_id"].tolist()).tolist() == list(range(SIZE, SIZE + 30))
    assert (generation.size, generation.width) == (SIZE - 20, SIZE + 30)
    gone = warehouse.sids_of_customers(first["customer_id"].iloc[:50].tolist())
    assert not generation.present[gone].any() and int(generation.present.sum()) == SIZE - 20


def test_numbers_come_back_only_through_the_registry(warehouse: Warehouse, tmp_path: Path) -> None:
    people = customers(SIZE)
    warehouse.publish(write_source(tmp_path / "source", people), SNAPSHOT)
    sids = warehouse.sids_of_customers(people["customer_id"].tolist())
    assert warehouse.numbers(sids) == people["number"].tolist()
    tokens = [warehouse.token(number) for number in people["number"]]
    assert (warehouse.sids_of_tokens(tokens) == sids).all()
    assert warehouse.sids_of_tokens(["0" * 32, tokens[3]]).tolist() == [-1, sids[3]]
    assert warehouse.numbers(np.array([SIZE + 7])) == [""]
    assert warehouse.mask("13812345678") == "138****5678"


def test_a_number_given_to_another_customer_leaves_the_former(warehouse: Warehouse, tmp_path: Path) -> None:
    people = customers(3)
    warehouse.publish(write_source(tmp_path / "one", people), SNAPSHOT)
    moved = people.iloc[1:].copy()
    number = people["number"].iloc[0]
    moved.loc[moved.index[0], "number"] = number
    warehouse.publish(write_source(tmp_path / "two", moved), SNAPSHOT)
    former, owner = warehouse.sids_of_customers(people["customer_id"].iloc[:2].tolist())
    assert warehouse.sids_of_tokens([warehouse.token(number)]).tolist() == [owner]
    assert warehouse.numbers(np.array([former, owner])) == ["", number]


def test_events_and_contacts_carry_sids(warehouse: Warehouse, tmp_path: Path) -> None:
    happenings, met = events(SIZE, 500), contacts(SIZE, 400)
    source = write_source(tmp_path / "source", customers(SIZE), happenings, met)
    generation = warehouse.publish(source, SNAPSHOT)
    rows = generation.query("SELECT count(*) AS n FROM events WHERE event = ?", ["trial"])
    assert rows["n"].to_pylist() == [(happenings["event"] == "trial").sum()]
    read = warehouse.contacts_between(date(2026, 2, 1), SNAPSHOT).to_pandas()
    expected = met[met["day"] >= date(2026, 2, 1)].drop_duplicates()
    assert len(read) == len(expected)
    assert set(read["day"]) == set(expected["day"])


def test_adding_the_same_contacts_again_changes_nothing(warehouse: Warehouse) -> None:
    day, sids = date(2026, 2, 3), np.array([4, 2, 4])
    assert warehouse.append_contacts(day, sids, ["sms", "sms", "sms"], ["CRBT", "CRBT", "CRBT"]) == 2
    (path,) = (warehouse.root / "contacts").iterdir()
    content = path.read_bytes()
    assert warehouse.append_contacts(day, sids[:2], ["sms", "sms"], ["CRBT", "CRBT"]) == 2
    assert path.name == "day=2026-02-03.parquet" and path.read_bytes() == content
    assert warehouse.append_contacts(day, np.array([1]), ["call"], ["CRBT"]) == 3
    assert warehouse.contacts_between(day, day)["sid"].to_pylist() == [1, 2, 4]


def test_contacts_of_some_customers_are_counted_day_by_day(warehouse: Warehouse) -> None:
    first, second = date(2026, 2, 3), date(2026, 2, 5)
    warehouse.append_contacts(first, np.array([4, 4, 2]), ["sms"] * 3, ["CRBT", "PAPER", "CRBT"])
    warehouse.append_contacts(second, np.array([4, 2]), ["sms", "call"], ["CRBT", "CRBT"])
    found = warehouse.history.daily(first, second, np.array([4, 9])).to_pylist()
    assert sorted((row["day"], row["sid"], row["channel"], row["contacts"]) for row in found) == [
        (first, 4, "sms", 2),
        (second, 4, "sms", 1),
    ]
    assert warehouse.history.daily(second, second, np.array([2]))["channel"].to_pylist() == ["call"]
    assert warehouse.history.daily(date(2027, 1, 1), date(2027, 2, 1), np.array([4])).num_rows == 0


def _without(column: str) -> pd.DataFrame:
    return customers(5).drop(columns=column)


def _with(column: str, values: list[object]) -> pd.DataFrame:
    return customers(len(values)).assign(**{column: values})


@pytest.mark.parametrize(
    ("people", "problem", "says"),
    [
        (_without("black_list"), ColumnsMissing, "black_list"),
        (_with("number", ["13800000001", "13800000001"]), DuplicateKeys, "138****0001"),
        (_with("customer_id", ["K1", "K1", "K2"]), DuplicateKeys, "K1"),
        (_with("number", ["1380000000"]), WrongValue, "number"),
        (_with("dnd_sms", [True, None]), BlankNotAllowed, "dnd_sms"),
        (_with("customer_id", ["K1", None]), BlankNotAllowed, "customer_id"),
    ],
)
def test_a_bad_source_is_refused_and_nothing_changes(
    warehouse: Warehouse, tmp_path: Path, people: pd.DataFrame, problem: type[WarehouseProblem], says: str
) -> None:
    good = warehouse.publish(write_source(tmp_path / "good", customers(SIZE)), SNAPSHOT)
    with pytest.raises(problem) as refused:
        warehouse.publish(write_source(tmp_path / "bad", people), date(2026, 3, 2))
    assert says in str(refused.value)
    assert warehouse.current() is good
    assert [path.name for path in warehouse.root.glob("gen-*")] == [good.id]


def test_a_source_with_fractions_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", customers(5))
    table = pq.read_table(source / "customers.parquet")
    at = table.schema.get_field_index("arpu_fen")
    table = table.set_column(at, "arpu_fen", pa.array([1.5] * 5, type=pa.float32()))
    pq.write_table(table, source / "customers.parquet")
    with pytest.raises(WrongType, match=r"arpu_fen.*INTEGER.*FLOAT"):
        warehouse.publish(source, SNAPSHOT)


def test_a_value_too_large_for_its_column_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", customers(5))
    table = pq.read_table(source / "customers.parquet")
    at = table.schema.get_field_index("age")
    table = table.set_column(at, "age", pa.array([70_000] * 5, type=pa.int32()))
    pq.write_table(table, source / "customers.parquet")
    with pytest.raises(WrongValue, match=r"age.*70000"):
        warehouse.publish(source, SNAPSHOT)
    with pytest.raises(NoGeneration):
        warehouse.current()


def test_missing_and_damaged_files_are_named(warehouse: Warehouse, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", customers(5))
    (source / "events.parquet").write_bytes(b"not parquet")
    with pytest.raises(SourceUnreadable, match=r"events\.parquet"):
        warehouse.publish(source, SNAPSHOT)
    (source / "events.parquet").unlink()
    with pytest.raises(SourceMissing, match=r"events\.parquet"):
        warehouse.publish(source, SNAPSHOT)


def test_an_unknown_event_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    strange = events(5, 3).assign(event="dreamt")
    with pytest.raises(WrongValue, match="dreamt"):
        warehouse.publish(write_source(tmp_path / "source", customers(5), strange), SNAPSHOT)


def test_other_keys_are_refused_before_anything_is_written(warehouse: Warehouse, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", customers(5))
    warehouse.publish(source, SNAPSHOT)
    before = (warehouse.root / "registry.parquet").read_bytes()
    stranger = Warehouse(warehouse.root, Keys.from_folder(tmp_path / "other"))
    with pytest.raises(KeysDoNotFit):
        stranger.publish(source, SNAPSHOT)
    with pytest.raises(KeysDoNotFit):
        stranger.numbers(np.array([0]))
    assert (warehouse.root / "registry.parquet").read_bytes() == before


def test_sweeping_spares_the_current_and_what_is_being_read(warehouse: Warehouse, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", customers(5))
    first = warehouse.publish(source, SNAPSHOT)
    for _ in range(3):
        warehouse.publish(source, SNAPSHOT)
    assert warehouse.sweep(keep=1) == ["gen-20260301-2", "gen-20260301-3"]
    assert first.query("SELECT count(*) AS n FROM customers")["n"].to_pylist() == [5]
    del first
    assert warehouse.sweep(keep=1) == ["gen-20260301-1"]
    with pytest.raises(GenerationGone):
        warehouse.generation("gen-20260301-1")
    assert warehouse.current().id == "gen-20260301-4"


WRITER = """
import sys
from datetime import date
from pathlib import Path
from handlers.warehouse import Keys, Warehouse
root = Path(sys.argv[1])
while True:
    Warehouse(root / "warehouse", Keys.from_folder(root / "keys")).publish(root / "source", date(2026, 3, 1))
"""


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.06])
def test_a_killed_writer_leaves_a_whole_warehouse(warehouse: Warehouse, tmp_path: Path, delay: float) -> None:
    write_source(tmp_path / "source", customers(400), events(400, 400), contacts(400, 400))
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) as writer:
        for _ in range(600):
            if (warehouse.root / "CURRENT").exists():
                break
            time.sleep(0.05)
        time.sleep(delay)
        writer.kill()
    current = warehouse.current()
    assert current.query("SELECT count(*) AS n FROM customers")["n"].to_pylist() == [400]
    assert current.query("SELECT count(*) AS n FROM events")["n"].to_pylist() == [400]
    following = warehouse.publish(tmp_path / "source", SNAPSHOT)
    assert (following.size, following.width) == (400, 400)
    assert not list(warehouse.root.rglob(".tmp-*"))


def test_readers_see_whole_generations_while_a_writer_publishes(warehouse: Warehouse, tmp_path: Path) -> None:
    sources = [write_source(tmp_path / str(size), customers(size)) for size in (40, 60)]
    warehouse.publish(sources[0], SNAPSHOT)
    mixed: list[tuple[int, int]] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            generation = warehouse.current()
            counted = generation.query("SELECT count(*) AS n FROM customers")["n"].to_pylist()[0]
            if counted != generation.size:
                mixed.append((counted, generation.size))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(6):
        warehouse.publish(sources[turn % 2], SNAPSHOT)
        warehouse.sweep(keep=1)
    over.set()
    for reader in readers:
        reader.join()
    assert not mixed


def test_work_larger_than_its_memory_overflows_beside_the_data(tmp_path: Path) -> None:
    root = tmp_path / "warehouse"
    narrow = Warehouse(root, Keys.from_folder(tmp_path / "keys"), Bounds(memory="20MB", threads=1))
    generation = narrow.publish(write_source(tmp_path / "source", customers(50)), SNAPSHOT)
    sql = "SELECT max(n) AS n FROM (SELECT range % 3000000 AS n, count(*) FROM range(3000000) GROUP BY ALL)"
    assert generation.query(sql)["n"].to_pylist() == [2_999_999]
    assert (root / "overflow").is_dir()
