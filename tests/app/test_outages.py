"""No database, no room on the disk: told in words with 503, and nothing of it taken for a fault of ours."""

import errno
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from app.config import Settings
from app.engine import DatabaseGone, DiskFull, outage_of
from models.base import db
from tests.app.tiny import TEST_PAGES, enter, opened, tiny_app

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    (tmp_path / "data").mkdir()
    with opened(TEST_PAGES):
        yield tiny_app(tmp_path / "data", WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)


def take_the_database_away(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        db.engine.dispose()
    (tmp_path / "data").rename(tmp_path / "elsewhere")


def test_without_a_database_a_page_says_so_in_the_readers_language(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    enter(client, "yefang")
    assert client.get("/inbox").status_code == 200
    take_the_database_away(app, tmp_path)
    for language, words in (
        ("zh", "系统暂时取不到数据"),
        ("en", "The system cannot reach its data just now."),
    ):
        client.set_cookie("language", language)
        answer = client.get("/inbox")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert words in answer.text
        assert "Traceback" not in answer.text
        assert 'href="/inbox"' in answer.text, "one verb: try again"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_part_of_a_page_gets_the_words_alone(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    enter(client, "yefang")
    take_the_database_away(app, tmp_path)
    part = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#list"}
    answer = client.get("/inbox", headers=part)
    assert answer.status_code == 503
    assert answer.text.startswith("<section")


def test_a_machine_is_told_to_send_it_again(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    enter(client, "yefang")
    take_the_database_away(app, tmp_path)
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 503
    assert "Send it again" in answer.get_json()["error"]


def test_when_it_is_back_the_page_is(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    enter(client, "yefang")
    take_the_database_away(app, tmp_path)
    assert client.get("/inbox").status_code == 503
    (tmp_path / "elsewhere").rename(tmp_path / "data")
    assert client.get("/inbox").status_code == 200


def test_a_full_disk_is_told_and_pages_that_only_read_still_open(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.app.full_disk", str(tmp_path)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["page"], said["form"], said["file"]) == (200, 503, "DiskFull")
    assert "没有地方可存了" in said["text"]


def of_sqlite(code: int) -> OperationalError:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    return OperationalError("SELECT 1", {}, error)


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL), DiskFull),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), DiskFull),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), DatabaseGone),
        (of_sqlite(sqlite3.SQLITE_BUSY), DatabaseGone),
        (of_sqlite(sqlite3.SQLITE_ERROR), None),
        (OperationalError("x", {}, psycopg.OperationalError("connection refused")), DatabaseGone),
        (OperationalError("x", {}, psycopg.errors.AdminShutdown("terminating")), DatabaseGone),
        (OperationalError("x", {}, psycopg.errors.CannotConnectNow("starting up")), DatabaseGone),
        (OperationalError("x", {}, psycopg.errors.TooManyConnections("sorry")), DatabaseGone),
        (OperationalError("x", {}, psycopg.errors.DiskFull("no room")), DiskFull),
        (OperationalError("x", {}, psycopg.errors.DeadlockDetected("deadlock")), None),
        (OperationalError("x", {}, psycopg.errors.LockNotAvailable("locked")), None),
        (IntegrityError("x", {}, psycopg.errors.UniqueViolation("twice")), None),
        (NoConnectionFree(), DatabaseGone),
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull),
        (OSError(errno.EFBIG, "File too large"), DiskFull),
        (FileNotFoundError(errno.ENOENT, "none"), None),
        (ValueError("x"), None),
    ],
)
def test_an_outage_is_known_from_a_fault(problem: Exception, kind: type | None) -> None:
    found = outage_of(problem)
    assert (type(found) if found else None) is kind
    if found is not None:
        assert outage_of(found) is found
        assert str(found)


def test_a_fault_of_the_database_is_told_without_the_values_it_was_asked_with(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, database=f"sqlite:///{tmp_path / 'any.sqlite'}").flask()
    product = Flask("product")
    product.config.update(settings)
    db.init_app(product)
    with product.app_context(), pytest.raises(OperationalError) as found:
        db.session.execute(text("SELECT :number FROM nowhere"), {"number": "13900000001"})
    assert "nowhere" in str(found.value)
    assert "13900000001" not in str(found.value)
