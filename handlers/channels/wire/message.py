"""submit_sm and deliver_sm: one layout for a message to a customer, and for what comes from one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from struct import Struct

from handlers.channels.wire.coding import Part, decode_text, read_header
from handlers.channels.wire.faults import Garbage
from handlers.channels.wire.pdu import Option, read_options, read_string, write_options, write_string

#: esm_class: the message begins with a header.
HAS_HEADER = 0x40
#: esm_class: the bits that say what kind of message it is, and two of the kinds.
KIND = 0x3C
RECEIPT = 0x04
INTERMEDIATE = 0x20
#: Octets short_message has room for.
LONGEST_MESSAGE = 254

#: Type of number and numbering plan.
_INTERNATIONAL, _UNKNOWN, _ALPHANUMERIC = bytes((1, 1)), bytes((0, 1)), bytes((5, 0))
#: esm_class (protocol, priority, schedule, validity) receipt (replace) data_coding (canned text) size
_FIXED = Struct(">B4xBxBxB")


@dataclass(frozen=True, kw_only=True)
class ShortMessage:
    """The body of submit_sm or deliver_sm; schedule, validity, priority and replacing are not used."""

    source: str
    destination: str
    octets: bytes
    service_type: str = ""
    esm_class: int = 0
    data_coding: int = 0
    #: 1 where a receipt is wanted
    registered_delivery: int = 0
    options: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def is_receipt(self) -> bool:
        """It tells what became of another message, for good or so far."""
        return self.esm_class & KIND in {RECEIPT, INTERMEDIATE}

    @property
    def part(self) -> Part | None:
        """Which part of a long message it is; nothing where it is whole."""
        return self._opened[0]

    @property
    def text(self) -> str:
        """What it says, without the header of a part."""
        return decode_text(self._opened[1], self.data_coding)

    @property
    def _opened(self) -> tuple[Part | None, bytes]:
        octets = self.octets or self.options.get(Option.MESSAGE_PAYLOAD, b"")
        return read_header(octets) if self.esm_class & HAS_HEADER else (None, octets)

    def write(self) -> bytes:
        """The body of the PDU."""
        if len(self.octets) > LONGEST_MESSAGE:
            raise ValueError(f"{len(self.octets)} octets do not fit into short_message")
        body = lay_out(
            head=write_string(self.service_type) + write_address(self.source),
            destination=write_address(self.destination),
            esm_class=self.esm_class,
            receipt=self.registered_delivery,
            data_coding=self.data_coding,
            octets=self.octets,
        )
        return body + write_options(self.options)


def lay_out(
    *, head: bytes, destination: bytes, esm_class: int, receipt: int, data_coding: int, octets: bytes
) -> bytes:
    """The body of the PDU: service type and source, then the rest in its order."""
    return head + destination + _FIXED.pack(esm_class, receipt, data_coding, len(octets)) + octets


def write_address(address: str) -> bytes:
    """Type, plan and address: with a plus sign international, with letters alphanumeric, else unknown."""
    if address.isdecimal() or not address:
        return _UNKNOWN + write_string(address)
    if address.startswith("+"):
        return _INTERNATIONAL + write_string(address[1:])
    return _ALPHANUMERIC + write_string(address)


def read_message(body: bytes) -> ShortMessage:
    """The body of submit_sm or deliver_sm; `Garbage` where it is cut."""
    service_type, place = read_string(body, 0)
    source, place = _read_address(body, place)
    destination, place = _read_address(body, place)
    esm_class = _octet(body, place)
    _, place = read_string(body, place + 3)
    _, place = read_string(body, place)
    size, begin = _octet(body, place + 4), place + 5
    if begin + size > len(body):
        raise Garbage(what="a message without an end")
    return ShortMessage(
        source=source,
        destination=destination,
        octets=body[begin : begin + size],
        service_type=service_type,
        esm_class=esm_class,
        data_coding=body[place + 2],
        registered_delivery=body[place],
        options=read_options(body, begin + size),
    )


def _read_address(body: bytes, place: int) -> tuple[str, int]:
    """As the centre wrote it: whether it calls it international says little about how it wrote it."""
    return read_string(body, place + 2)


def _octet(body: bytes, place: int) -> int:
    if place >= len(body):
        raise Garbage(what="a message without an end")
    return body[place]
