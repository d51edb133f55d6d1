"""Our own SMPP 3.4: codec, session and link to an SMS centre; knows nothing of the rest of the product."""

from handlers.channels.wire.coding import MOST_PARTS, Part, split
from handlers.channels.wire.faults import Garbage, Unsendable, WireFault
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
from handlers.channels.wire.settings import LinkSettings
from handlers.channels.wire.submission import Submission, encode

__all__ = [
    "BINDS",
    "MOST_PARTS",
    "RECEIPT",
    "Bind",
    "Command",
    "Frames",
    "Garbage",
    "Incoming",
    "LinkSettings",
    "Option",
    "Part",
    "Pdu",
    "Receipt",
    "ShortMessage",
    "Status",
    "Submission",
    "Unsendable",
    "WireFault",
    "answer",
    "encode",
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
