"""The ways to a customer: one channel a file on one small base class, and the written list of them."""

from collections.abc import Mapping

from handlers.channels.announcing import announce, service_code
from handlers.channels.base import (
    AlreadyHandedOver,
    Channel,
    Content,
    HandOver,
    NothingToHandOver,
    Preview,
    Row,
    Slip,
)
from handlers.channels.call import CallChannel
from handlers.channels.files import read_channel_keys
from handlers.channels.sms import SmsChannel
from handlers.channels.text import measure
from handlers.channels.wire import split

#: Every channel by its code; a new one is one file and one line here.
CHANNELS: Mapping[str, Channel] = {"sms": SmsChannel(), "call": CallChannel()}

__all__ = [
    "CHANNELS",
    "AlreadyHandedOver",
    "Channel",
    "Content",
    "HandOver",
    "NothingToHandOver",
    "Preview",
    "Row",
    "Slip",
    "announce",
    "measure",
    "read_channel_keys",
    "service_code",
    "split",
]
