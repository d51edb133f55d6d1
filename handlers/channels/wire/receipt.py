"""What the centre delivers: receipts for our messages, and messages from customers.

A receipt is text of the form of appendix B of the specification, which every centre writes in its own way,
beside optional parameters that say the same; where both are there, the parameters count.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from handlers.channels.wire.coding import Part
from handlers.channels.wire.message import ShortMessage
from handlers.channels.wire.pdu import LONGEST_ID, Option, read_id
from handlers.channels.wire.settings import LinkSettings, ReceiptIds

#: message_state in words, as receipts write them
STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
#: after these more may be heard of a message
UNDECIDED = frozenset({"ENROUTE", "ACCEPTD", "UNKNOWN"})
#: characters of a status; centres have words of their own
LONGEST_STATUS = 16

_FIELD = re.compile(r"\b(id|done ?date|stat|err):(\S*)", re.IGNORECASE)
_HEX = re.compile("[0-9A-Fa-f]+")
_DECIMAL = re.compile("[0-9]+")
_TEXT = re.compile(r"\btext:", re.IGNORECASE)
_MOMENTS = {10: ("%y%m%d%H%M",), 12: ("%y%m%d%H%M%S", "%Y%m%d%H%M"), 14: ("%Y%m%d%H%M%S",)}


@dataclass(frozen=True)
class Receipt:
    """What became of a message, in the words of the centre."""

    #: the id given in the answer to submit_sm; empty where the receipt names none
    centre_id: str
    #: DELIVRD, UNDELIV, EXPIRED, REJECTD, UNKNOWN ..., or a word of the centre's own
    status: str
    #: the moment it came to that, UTC; nothing where it is not told
    at: datetime | None
    #: the customer's number
    number: str
    #: the receipt as it was written
    text: str
    #: the centre's own code of the reason
    error: str = ""

    @property
    def is_final(self) -> bool:
        """Nothing more will be heard of the message."""
        return self.status not in UNDECIDED


@dataclass(frozen=True)
class Incoming:
    """What a customer wrote."""

    number: str
    text: str
    #: the number written to: ours
    destination: str
    #: which part of a longer message this is
    part: Part | None = None


def read_delivery(message: ShortMessage, settings: LinkSettings) -> Receipt | Incoming:
    """A deliver_sm as what it is; a receipt that cannot be understood is still one, with status UNKNOWN."""
    if message.is_receipt:
        return _read_receipt(message, settings)
    return Incoming(
        number=message.source, text=message.text, destination=message.destination, part=message.part
    )


def _read_receipt(message: ShortMessage, settings: LinkSettings) -> Receipt:
    text = message.text
    fields = _FIELD.findall(_TEXT.split(text)[0])
    said = {name.lower().replace(" ", ""): value for name, value in reversed(fields)}
    told_id = message.options.get(Option.RECEIPTED_MESSAGE_ID)
    written = said.get("id", "") if told_id is None else read_id(told_id)
    state = STATES.get(int.from_bytes(message.options.get(Option.MESSAGE_STATE, b"")))
    return Receipt(
        centre_id=convert_id(written, settings.receipt_ids),
        status=state or said.get("stat", "").upper()[:LONGEST_STATUS] or "UNKNOWN",
        at=read_moment(said.get("donedate", ""), ZoneInfo(settings.zone)),
        number=message.source,
        text=text,
        error=said.get("err", ""),
    )


def convert_id(written: str, form: ReceiptIds) -> str:
    """The id of a receipt in the form of the answer to submit_sm; what is no number stays as it is."""
    written = written[:LONGEST_ID]
    if form == "hex_to_decimal" and _HEX.fullmatch(written):
        return str(int(written, 16))
    if form == "decimal_to_hex" and _DECIMAL.fullmatch(written):
        return f"{int(written):x}"
    return written


def plain_id(centre_id: str, form: ReceiptIds) -> str:
    """The id of an answer to submit_sm so that `convert_id` meets it: no zeros before it, small letters."""
    if form == "as_is" or not centre_id:
        return centre_id
    return centre_id.lower().lstrip("0") or "0"


def read_moment(digits: str, zone: ZoneInfo) -> datetime | None:
    """The moment of a receipt, with or without seconds and century; nothing where it is none."""
    for form in _MOMENTS.get(len(digits), ()):
        try:
            return datetime.strptime(digits, form).replace(tzinfo=zone).astimezone(UTC)
        except ValueError:
            continue
    return None


def write_receipt(centre_id: str, status: str, at: datetime, zone: ZoneInfo, text: str = "") -> str:
    """The text of a receipt as appendix B has it; for centres of tests and of the demo."""
    moment = at.astimezone(zone).strftime("%y%m%d%H%M%S")
    delivered = int(status == "DELIVRD")
    return (
        f"id:{centre_id} sub:001 dlvrd:{delivered:03d} submit date:{moment[:10]} "
        f"done date:{moment} stat:{status} err:000 text:{text[:20]}"
    )
