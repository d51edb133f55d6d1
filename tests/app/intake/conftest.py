"""The door for answers alone: real tables and warehouse, and an engine that remembers what it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from app.config import Settings, secret_file
from app.engine import Actor
from app.intake import bp
from models.campaign import Campaign
from tests.factories.stage import Stage, in_feedback


@dataclass
class Told:
    """What the engine was told: message and correlation."""

    heard: list[tuple[str, object]] = field(default_factory=list)

    def deliver(
        self, message: str, correlation: object, payload: Mapping[str, Any], actor: Actor, allow_none: bool
    ) -> int:
        """Nobody need wait: the market does not know who does."""
        assert allow_none
        self.heard.append((message, correlation))
        return 1


@dataclass(frozen=True, kw_only=True)
class Door:
    """Everything a test of intake needs."""

    stage: Stage
    campaign: Campaign
    client: FlaskClient
    engine: Told
    token: str

    @property
    def inbox(self) -> Path:
        """Where files of answers are put."""
        return self.stage.folder / "in"

    def post(self, feed: str, answers: object, token: str | None = None) -> Any:
        """Hand in answers as the outside world does."""
        bearer = f"Bearer {self.token if token is None else token}"
        return self.client.post(f"/intake/{feed}", json=answers, headers={"Authorization": bearer})

    def number(self, sid: int) -> str:
        """A customer's number."""
        return self.stage.province.warehouse.numbers(np.array([sid]))[0]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with in_feedback(tmp_path) as (stage, campaign):
        engine = Told()
        stage.app.extensions.update(
            settings=Settings(instance=stage.folder, database="sqlite://"),
            warehouse=stage.province.warehouse,
            clock=lambda: stage.now,
            engine=engine,
        )
        stage.app.register_blueprint(bp)
        (stage.folder / "in").mkdir()
        token = secret_file(stage.folder / "keys" / "intake_token")
        yield Door(stage=stage, campaign=campaign, client=stage.app.test_client(), engine=engine, token=token)
