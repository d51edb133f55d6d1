"""The part that sends: what of its settings is missing or wrong is told, and mended without a restart."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import sending
from app.config import Settings
from app.sending import BadCentre, BadSettings, NoCentre, NoPassword, link_settings, send
from models.base import Base, Problem, db
from models.sending import Link
from tests.factories.stage import opened
from tests.missing import missing
from tests.peers.centre import NoPeer, running

#: seconds until something must have happened
SOON = 30.0
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with a centre nobody answers at, and its password."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "sms_centre_password").write_text("secret\n")
    return Settings(instance=tmp_path, database="sqlite://", sms_centre="127.0.0.1:9")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"sms_centre": ""}, NoCentre),
        ({"sms_centre": "10086"}, BadCentre),
        ({"sms_centre": "centre:70000"}, BadCentre),
        ({"sms_centre": "centre:port"}, BadCentre),
        ({"sms_receipt_ids": "roman"}, BadSettings),
        ({"sms_window": 0}, BadSettings),
        ({"sms_rate": -1.0}, BadSettings),
        ({"sms_password_file": Path("nowhere")}, NoPassword),
    ],
)
def test_what_is_wrong_with_the_settings_has_a_name(
    settings: Settings, changed: dict[str, object], problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        link_settings(replace(settings, **changed))


def test_the_password_is_what_the_file_says_without_the_end_of_its_line(settings: Settings) -> None:
    found = link_settings(replace(settings, sms_centre="[::1]:2775"))
    assert (found.host, found.port, found.password) == ("::1", 2775, "secret")


@pytest.fixture
def app(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Just enough of the product to send nothing."""
    monkeypatch.setattr(sending, "PAUSE", 0.05)
    with opened(tmp_path / "sending.sqlite") as app:
        Base.metadata.create_all(db.engine)
        workshop = SimpleNamespace(decide=None)
        app.extensions.update(settings=settings, clock=lambda: NOW, warehouse=None, workshop=workshop)
        yield app


def stands(state: str) -> None:
    """Wait until the page would say so."""
    until, said = time.monotonic() + SOON, ""
    while said != state:
        assert time.monotonic() < until, said
        time.sleep(0.02)
        with Session(db.engine) as session:
            said = session.scalar(select(Link.state)) or ""


def test_a_wrong_password_is_told_and_the_right_one_taken_without_a_restart(
    app: Flask, settings: Settings
) -> None:
    password, stop = settings.instance / "keys" / "sms_centre_password", Event()
    password.write_text("wrong")
    try:
        with running(password="secret") as centre:
            app.extensions["settings"] = replace(settings, sms_centre=f"127.0.0.1:{centre.port}")
            sender = Thread(target=send, args=(app, stop))
            sender.start()
            try:
                stands("refused")
                password.write_text("secret")
                stands("up")
            finally:
                stop.set()
                sender.join(SOON)
        assert not sender.is_alive()
    except NoPeer as lacking:
        missing(str(lacking))


def test_without_a_centre_the_page_says_so_and_one_that_is_set_is_dialled(
    app: Flask, settings: Settings
) -> None:
    stop = Event()
    app.extensions["settings"] = replace(settings, sms_centre="")
    sender = Thread(target=send, args=(app, stop))
    sender.start()
    try:
        stands("unset")
        app.extensions["settings"] = settings
        stands("down")
    finally:
        stop.set()
        sender.join(SOON)
    assert not sender.is_alive()
