"""What a channel is told of a work order the product carries out itself."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from handlers.channels import Slip, announce, service_code

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
SLIP = Slip(
    work_order="RW-00-2026-0001",
    campaign="HD-00-2026-0001",
    products=("CRBT",),
    start=date(2026, 3, 2),
    end=date(2026, 3, 14),
    sender="10086",
    content="开通彩铃。退订回TD【东屿移动】",
)


def test_the_facts_lie_in_the_channels_folder_and_name_no_customer(tmp_path: Path) -> None:
    path = announce("sms", SLIP, "A1", 3600, tmp_path / "sms", NOW)
    told = json.loads(path.read_text(encoding="utf-8"))
    assert (told["service"], told["campaign"], told["products"], told["people"]) == (
        "A1", "HD-00-2026-0001", ["CRBT"], 3600,
    )  # fmt: skip
    assert [entry.name for entry in path.parent.iterdir()] == ["RW-00-2026-0001.announcement.json"]


def test_what_was_told_once_is_not_told_again(tmp_path: Path) -> None:
    first = announce("sms", SLIP, "A1", 3600, tmp_path, NOW).read_bytes()
    assert announce("sms", SLIP, "A1", 3500, tmp_path, NOW).read_bytes() == first


def test_a_service_is_short_and_different_for_every_work_order() -> None:
    codes = [service_code(number) for number in range(1, 5_000)]
    assert len(set(codes)) == len(codes)
    assert service_code(36) == "10"
    assert max(len(service_code(number)) for number in (1, 10**6, 36**5 - 1)) == 5
