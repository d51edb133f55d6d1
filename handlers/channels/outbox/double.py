"""An SMS centre for tests, in memory: takes parts like a link does, and answers when it is told to."""

import asyncio
from collections import Counter, deque

from handlers.channels.wire import Answer, NotSent, OutcomeUnknown, ShortMessage, WindowFull, read_message

_Waiting = tuple[bytes, asyncio.Future[Answer]]


class CentreDouble:
    """Stands in for link and centre; what it has accepted is the witness of every test."""

    def __init__(self, window: int = 100) -> None:
        self.window = window
        #: messages the centre has, in order, answered or not
        self.accepted: list[ShortMessage] = []
        #: number -> status, for those it will not have
        self.refusing: dict[str, int] = {}
        #: most parts that ever waited for their answers at one time
        self.busiest = 0
        self._unanswered: deque[_Waiting] = deque()
        self._is_answering = True
        self._is_up = True
        self._changed = asyncio.Event()
        self._answering: asyncio.Handle | None = None
        self._serial = 0

    async def room(self, places: int = 1) -> None:
        """As the link."""
        while not self._is_up or self.window - len(self._unanswered) < places:
            await self._change()

    def submit(self, part: bytes) -> asyncio.Future[Answer]:
        """As the link; the centre has the part from now on."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if not self._is_up:
            answer.set_exception(NotSent())
            return answer
        if len(self._unanswered) >= self.window:
            raise WindowFull(window=self.window)
        self._unanswered.append((part, answer))
        self.busiest = max(self.busiest, len(self._unanswered))
        self._tell()
        if self._is_answering and self._answering is None:
            self._answering = asyncio.get_running_loop().call_soon(self._answer_all)
        return answer

    @property
    def numbers(self) -> Counter[str]:
        """How often each number was accepted, in parts."""
        return Counter(message.destination for message in self.accepted)

    @property
    def waiting(self) -> int:
        """Parts without an answer."""
        return len(self._unanswered)

    def hold(self) -> None:
        """Answer nothing until told to go on."""
        self._is_answering = False

    def go_on(self) -> None:
        """Answer what waits, and what comes."""
        self._is_answering = True
        self._answer_all()

    async def until(self, waiting: int) -> None:
        """Wait until so many parts wait for their answers."""
        while len(self._unanswered) != waiting:
            await self._change()

    def break_line(self, accepted: int = 0, lost: int = 0) -> None:
        """The line breaks: of what waits the first were accepted, the next were lost, the rest never left."""
        self._is_up = False
        for place, (part, answer) in enumerate(self._take()):
            if place < accepted:
                self.accepted.append(read_message(part))
            answer.set_exception(OutcomeUnknown() if place < accepted + lost else NotSent())
            answer.exception()
        self._tell()

    def mend(self) -> None:
        """The line stands again."""
        self._is_up = True
        self._tell()

    def _answer_all(self) -> None:
        self._answering = None
        for part, answer in self._take():
            message = read_message(part)
            status = self.refusing.get(message.destination, 0)
            self._serial += 1
            if not status:
                self.accepted.append(message)
            if not answer.done():
                answer.set_result(Answer(status, "" if status else f"c{self._serial}"))
        self._tell()

    def _take(self) -> list[_Waiting]:
        taken = list(self._unanswered)
        self._unanswered.clear()
        return taken

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self) -> None:
        await self._changed.wait()
