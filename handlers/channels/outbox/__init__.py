"""Durable sending: batches with an intent committed before the wire and answers after it."""

from handlers.channels.outbox.claiming import free_what_was_left, under_way
from handlers.channels.outbox.direct import DirectOutbox, park_direct
from handlers.channels.outbox.direct_sender import DirectSender
from handlers.channels.outbox.holding import (
    UNDER_WAY,
    NotPaused,
    NotUnderWay,
    has_work,
    is_open,
    look_again,
    pause,
    resume,
    stop,
)
from handlers.channels.outbox.opening import open_batches
from handlers.channels.outbox.sender import Sender
from handlers.channels.outbox.settling import has_unsettled, settle_next
from handlers.channels.outbox.store import Outbox
from handlers.channels.outbox.tools import Tools
from handlers.channels.outbox.unknown import (
    Verdict,
    hear_of,
    match_centre_ids,
    settle_unknown,
    the_unknown_of,
)

__all__ = [
    "UNDER_WAY",
    "DirectOutbox",
    "DirectSender",
    "NotPaused",
    "NotUnderWay",
    "Outbox",
    "Sender",
    "Tools",
    "Verdict",
    "free_what_was_left",
    "has_unsettled",
    "has_work",
    "hear_of",
    "is_open",
    "look_again",
    "match_centre_ids",
    "open_batches",
    "park_direct",
    "pause",
    "resume",
    "settle_next",
    "settle_unknown",
    "stop",
    "the_unknown_of",
    "under_way",
]
