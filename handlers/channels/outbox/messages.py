"""One message on its way: to whom, and what goes on the wire; small, for there are many."""


class Message:
    """One message of a batch: to whom, and its parts as they go on the wire."""

    __slots__ = ("contact_id", "is_begun", "parts", "sid")

    def __init__(self, contact_id: int, sid: int, parts: tuple[bytes, ...]) -> None:
        self.contact_id = contact_id
        self.sid = sid
        self.parts = parts
        #: a part of it has gone to the wire
        self.is_begun = False
