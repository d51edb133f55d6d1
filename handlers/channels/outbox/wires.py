"""What the sender wants of the way to the SMS centre: `handlers.channels.wire.Link`, or its double."""

import asyncio
from typing import Protocol

from handlers.channels.wire import Answer


class Wire(Protocol):
    """Takes parts as long as there is room in the window."""

    async def room(self, places: int = 1) -> None:
        """Wait until the link is up and so many parts may be submitted."""

    def submit(self, part: bytes) -> asyncio.Future[Answer]:
        """Send a part; fails with `NotSent` or `OutcomeUnknown` where the connection broke."""
