"""One batch under way in the sender's memory: who is next, what is still unanswered, and whether to go on."""

from collections.abc import Sequence
from datetime import datetime

from handlers.channels.outbox.messages import Message
from handlers.channels.outbox.tools import Load


class Run:
    """A load on its way; parts are counted from the intent to the answer."""

    def __init__(self, load: Load) -> None:
        self.load = load
        #: parts intended and neither answered nor parked
        self.pending = 0
        #: another has it, or a person holds it back: nothing more is begun, what is heard still counts
        self.is_lost = False
        #: what allowed it has changed: it is given back, to be looked at again
        self.is_stale = False
        self._next = 0

    @property
    def is_at_end(self) -> bool:
        """Everybody was begun."""
        return self._next == len(self.load.messages)

    @property
    def is_over(self) -> bool:
        """Nothing more is begun from here."""
        return self.is_lost or self.is_stale or self.is_at_end

    def may_begin(self, now: datetime) -> bool:
        """Somebody may still be sent to at this moment."""
        return not self.is_lost and not self.is_stale and now < self.load.until

    def next_chunk(self, most: int) -> list[Message]:
        """Who comes next: at most so many parts, but always one message; taken up by `begin`."""
        chunk: list[Message] = []
        parts = 0
        for message in self.load.messages[self._next : self._next + most]:
            parts += len(message.parts)
            if chunk and parts > most:
                break
            chunk.append(message)
        return chunk

    def begin(self, chunk: Sequence[Message]) -> None:
        """These are intended; the next ones come after them."""
        self._next += len(chunk)
