"""Worker, sender, web and link are killed while a campaign leaves: nobody is lost, and nobody met twice."""

from pathlib import Path

import pytest

from tests.postgresql.cluster import Cluster
from tests.postgresql.crashes import VICTIMS, WINDOW, Ready, crash_run, made_ready

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def ready(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """The small province, a campaign for everybody confirmed."""
    return made_ready(cluster, tmp_path_factory.mktemp("ready"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_random_moments_nobody_is_lost_and_nobody_is_written_to_twice(
    cluster: Cluster, ready: Ready, tmp_path: Path, seed: int
) -> None:
    found = crash_run(cluster, ready, tmp_path, seed)
    assert set(found.kills) == set(VICTIMS)
    assert sum(found.states.values()) == found.listed > 1_000, found
    assert found.doubles == 0, found
    assert found.lost == 0, found
    assert found.unknown <= WINDOW * found.breaks, found
    assert found.left_over == {}, found
    assert found.broken == 0, found
