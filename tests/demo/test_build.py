from datetime import date
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo.build import build
from demo.market.keys import account_of
from demo.market.ledger import FILE, Ledger
from demo.province.streams import BLOCK

DAY = date(2026, 3, 2)
#: The contract between the demo and the product's loaders.
CUSTOMER_COLUMNS = {
    "customer_id": pa.string(), "number": pa.string(), "pref": pa.string(), "county": pa.string(),
    "age": pa.int16(), "sex": pa.string(), "brand": pa.string(), "tenure_m": pa.int16(),
    "arpu_fen": pa.int32(), "mou_s": pa.int32(), "dou_kb": pa.int32(), "id_region": pa.string(),
    "crbt_state": pa.string(), "tone_dl_6m": pa.int16(), "v_crbt": pa.bool_(), "v_mms": pa.bool_(),
    "v_wap": pa.bool_(), "v_mnews": pa.bool_(), "v_fetion": pa.bool_(), "v_musicclub": pa.bool_(),
    "v_callalert": pa.bool_(), "mms_pack": pa.bool_(), "campus": pa.bool_(), "term_age_m": pa.int16(),
    "term_changes_36m": pa.int16(), "is_custom_term": pa.bool_(), "complaints_12m": pa.int16(),
    "paying": pa.string(), "price_attitude": pa.string(), "fashion": pa.string(), "learning": pa.string(),
    "black_list": pa.bool_(), "grey_list": pa.bool_(), "complaint_sensitive": pa.bool_(), "vip": pa.bool_(),
    "dnd_sms": pa.bool_(), "dnd_call": pa.bool_(), "out_of_use": pa.bool_(),
}  # fmt: skip


def digests(folder: Path) -> dict[str, str]:
    files = [path for part in ("load", "truth") for path in (folder / part).rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build(tmp_path / name, customers=2_000, seed=9, d0=DAY)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) == 15


def test_customers_have_the_columns_agreed_on(province: Path) -> None:
    schema = pq.read_schema(province / "load" / "customers.parquet")
    assert {field.name: field.type for field in schema} == CUSTOMER_COLUMNS
    assert schema.names == list(CUSTOMER_COLUMNS)


def test_events_contacts_and_scores_have_the_columns_agreed_on(province: Path) -> None:
    load = province / "load"
    assert pq.read_schema(load / "events.parquet").names == ["customer_id", "product", "event", "day"]
    assert pq.read_schema(load / "contact_history.parquet").names == [
        "customer_id",
        "channel",
        "product",
        "day",
    ]
    for score in (load / "scores").iterdir():
        assert pq.read_schema(score).names == ["customer_id", "score"]


def test_no_column_of_the_truth_is_delivered(province: Path) -> None:
    truth = set(pq.read_schema(province / "truth" / "customers.parquet").names) - {
        "customer_id",
        "out_of_use",
    }
    delivered = {
        name for file in (province / "load").rglob("*.parquet") for name in pq.read_schema(file).names
    }
    assert not truth & delivered
    assert "seed" not in (province / "load" / "world.json").read_text()


def test_several_blocks_join_without_a_seam(tmp_path: Path) -> None:
    world = build(tmp_path, customers=BLOCK + 10, d0=DAY)
    file = pq.ParquetFile(world.load / "customers.parquet")
    assert [file.metadata.row_group(group).num_rows for group in range(2)] == [BLOCK, 10]
    assert len(set(file.read(["number"])["number"].to_pylist())) == BLOCK + 10


def test_the_account_at_the_centre_is_kept_when_the_world_is_built_again(tmp_path: Path) -> None:
    build(tmp_path, customers=100, d0=DAY)
    before = account_of(tmp_path)
    build(tmp_path, customers=200, d0=DAY)
    assert account_of(tmp_path) == before
    assert len(before.password) == 8, "the protocol has room for no more"


def test_another_world_in_the_same_folder_makes_the_market_forget(tmp_path: Path) -> None:
    build(tmp_path, customers=100, d0=DAY)
    Ledger(tmp_path).close()
    build(tmp_path, customers=100, d0=DAY)
    assert (tmp_path / FILE).exists()
    build(tmp_path, customers=101, d0=DAY)
    assert not (tmp_path / FILE).exists()


def test_an_empty_province_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="customers"):
        build(tmp_path, customers=0, d0=DAY)
