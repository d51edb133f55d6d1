"""Our own SMPP 3.4: codec, session and link to an SMS centre; knows nothing of the rest of the product."""

from handlers.channels.wire.coding import MOST_PARTS, Part, encode_text, split
from handlers.channels.wire.deliveries import OnDelivered
from handlers.channels.wire.faults import (
    Garbage,
    LinkClosed,
    NotSent,
    OutcomeUnknown,
    Unsendable,
    WindowFull,
    WireFault,
)
from handlers.channels.wire.link import Link, LinkState
from handlers.channels.wire.message import RECEIPT, ShortMessage, read_message
from handlers.channels.wire.pdu import (
    BINDS,
    Bind,
    Command,
    Frames,
    Option,
    Pdu,
    Status,
    answer,
    pack,
    read_bind,
    read_id,
    write_bind_answer,
    write_id,
)
from handlers.channels.wire.receipt import Incoming, Receipt, read_delivery, write_receipt
from handlers.channels.wire.session import Answer
from handlers.channels.wire.settings import LinkSettings
from handlers.channels.wire.submission import Submission, encode

__all__ = [
    "BINDS",
    "MOST_PARTS",
    "RECEIPT",
    "Answer",
    "Bind",
    "Command",
    "Frames",
    "Garbage",
    "Incoming",
    "Link",
    "LinkClosed",
    "LinkSettings",
    "LinkState",
    "NotSent",
    "OnDelivered",
    "Option",
    "OutcomeUnknown",
    "Part",
    "Pdu",
    "Receipt",
    "ShortMessage",
    "Status",
    "Submission",
    "Unsendable",
    "WindowFull",
    "WireFault",
    "answer",
    "encode",
    "encode_text",
    "pack",
    "read_bind",
    "read_delivery",
    "read_id",
    "read_message",
    "split",
    "write_bind_answer",
    "write_id",
    "write_receipt",
]
