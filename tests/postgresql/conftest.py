"""A server of our own for these tests, on it a fresh database for each, and the product set up once."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import databases
from tests.postgresql.cluster import Cluster, name_of
from tests.postgresql.installation import Installation, opened, set_up


@dataclass(frozen=True, kw_only=True)
class Template:
    """What a furnished installation is copied from."""

    folder: Path
    database: str


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """A running server; where there is none to run, the reason says what is missing."""
    return databases.server()


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    """The URL of an empty database."""
    url = cluster.new_database()
    yield url
    cluster.drop(url)


@pytest.fixture(scope="session")
def template(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The demo province of 3,000 customers, loaded; copied for each test."""
    made = Template(folder=tmp_path_factory.mktemp("set-up"), database=cluster.new_database())
    set_up(made.folder, made.database)
    return made


@pytest.fixture
def office(cluster: Cluster, template: Template, tmp_path: Path) -> Iterator[Installation]:
    """The product on PostgreSQL, on Monday, 2 March 2026, half past eight, nothing begun."""
    url = cluster.new_database(name_of(template.database))
    shutil.copytree(template.folder, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path, url) as office:
        yield office
    cluster.drop(url)
