"""What the sender asks before it sends, and what it is given to put on the wire."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.channels.base import Channel
from handlers.channels.outbox.claiming import Taken
from handlers.channels.outbox.journal import Standing
from handlers.channels.outbox.messages import Message
from handlers.channels.wire import LinkSettings
from handlers.warehouse import Warehouse
from models.campaign import Campaign


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Joined by the part of the worker that sends; nothing in it changes while it runs."""

    channel: Channel
    warehouse: Warehouse
    #: decide(decision id, inputs) by the version in force
    decide: Callable[[str, Mapping[str, Any]], Any]
    #: raises the Problem that forbids a campaign to be sent, e.g. an approval withdrawn
    require_approval: Callable[[Campaign], None]
    settings: LinkSettings


@dataclass(frozen=True, kw_only=True)
class Load:
    """A batch ready for the wire."""

    taken: Taken
    campaign_id: int
    channel: str
    #: what may have been lost is sent again; else it is parked
    is_repeated: bool
    looked_at: datetime
    #: from this moment on nothing is begun before everything was looked at again
    until: datetime
    standing: Standing
    #: in order of their contacts
    messages: Sequence[Message]
