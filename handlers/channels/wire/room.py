"""Who waits for room in the window, in the order they came."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from handlers.channels.wire.faults import WireFault


class Rooms:
    """Lets in who fits; who came later waits for who came before."""

    def __init__(self, free: Callable[[], int]) -> None:
        self._free = free
        self._numbers = count()
        #: number, places wanted, who waits
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    async def wait(self, places: int) -> None:
        """Return when so many places are free and everybody before has been let in."""
        number, is_next = next(self._numbers), not self._waiting
        while not is_next or self._free() < places:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heappush(self._waiting, (number, places, turn))
            await turn
            is_next = True

    def look(self) -> None:
        """Wake who would fit now; a place nobody then takes is there for the next."""
        free = self._free()
        while self._waiting and (self._waiting[0][1] <= free or self._waiting[0][2].done()):
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)

    def refuse(self, fault: type[WireFault]) -> None:
        """Send everybody away."""
        while self._waiting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                turn.set_exception(fault())
