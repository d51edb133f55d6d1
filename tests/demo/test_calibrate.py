import json
from pathlib import Path

import pytest

from demo.province import calibrate
from demo.province.constants import FILE


@pytest.mark.long
def test_solving_again_gives_the_frozen_constants(tmp_path: Path) -> None:
    frozen = json.loads(FILE.read_text(encoding="utf-8"))
    calibrate.write(tmp_path / "constants.json")
    solved = json.loads((tmp_path / "constants.json").read_text(encoding="utf-8"))
    for part, values in frozen.items():
        for name, value in values.items():
            assert solved[part][name] == pytest.approx(value, abs=1e-5)
