"""Who waits for room in the window, in the order they came."""

import asyncio
from collections import deque
from collections.abc import Callable

from handlers.channels.wire.faults import WireFault

#: the places wanted, and who waits for them
_Turn = tuple[int, asyncio.Future[None]]


class Rooms:
    """Lets those in who fit; nobody overtakes."""

    def __init__(self, free: Callable[[], int]) -> None:
        self._free = free
        self._waiting: deque[_Turn] = deque()

    async def wait(self, places: int) -> None:
        """Return when so many places are free and everybody before has been let in."""
        if self._waiting or self._free() < places:
            await self._turn(places, self._waiting.append)
            while self._free() < places:
                await self._turn(places, self._waiting.appendleft)

    def look(self) -> None:
        """Let in who fits now."""
        free = self._free()
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= free):
            places, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= places

    def refuse(self, fault: type[WireFault]) -> None:
        """Send everybody away."""
        while self._waiting:
            _, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(fault())

    async def _turn(self, places: int, stand: Callable[[_Turn], None]) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        stand((places, turn))
        await turn
