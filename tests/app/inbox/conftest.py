"""What the inbox tests share."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.app.inbox import world


@pytest.fixture
def session() -> Iterator[Session]:
    session = world.empty_session()
    world.furnish(session)
    yield session
    session.close()
    session.get_bind().dispose()
