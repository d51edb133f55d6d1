"""SMPP 3.4 on the wire, both directions: headers, frames, optional parameters and the small bodies.

A PDU is a header of four 32-bit numbers (its length with the header, command, status, sequence) and a body.
Source: Short Message Peer to Peer Protocol Specification v3.4, issue 1.2, chapters 3 to 5.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct, error
from typing import NamedTuple

from handlers.channels.wire.faults import Garbage

HEADER = Struct(">IIII")
#: No PDU we know comes near; a longer one is garbage, not a reason to wait for its end.
LONGEST = 65_536
#: The last number before a session begins again with 1.
LAST_SEQUENCE = 0x7FFF_FFFF
#: The bit that makes a command its own answer.
RESPONSE = 0x8000_0000
INTERFACE_VERSION = 0x34
#: Octets of a string that are looked at for its end; the longest the protocol knows is an id of 65.
LONGEST_STRING = 65
#: Characters of an id the centre gives.
LONGEST_ID = 64

_OPTION = Struct(">HH")


class Command(IntEnum):
    """The commands spoken here."""

    BIND_RECEIVER = 0x0000_0001
    BIND_TRANSMITTER = 0x0000_0002
    SUBMIT_SM = 0x0000_0004
    DELIVER_SM = 0x0000_0005
    UNBIND = 0x0000_0006
    BIND_TRANSCEIVER = 0x0000_0009
    ENQUIRE_LINK = 0x0000_0015
    GENERIC_NACK = 0x8000_0000
    BIND_RECEIVER_RESP = 0x8000_0001
    BIND_TRANSMITTER_RESP = 0x8000_0002
    SUBMIT_SM_RESP = 0x8000_0004
    DELIVER_SM_RESP = 0x8000_0005
    UNBIND_RESP = 0x8000_0006
    BIND_TRANSCEIVER_RESP = 0x8000_0009
    ENQUIRE_LINK_RESP = 0x8000_0015


BINDS = frozenset({Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER})


class Status(IntEnum):
    """The statuses this code decides by, in the names of the specification; a centre may send others."""

    ESME_ROK = 0x00
    ESME_RINVMSGLEN = 0x01
    ESME_RINVCMDLEN = 0x02
    ESME_RINVCMDID = 0x03
    ESME_RINVBNDSTS = 0x04
    ESME_RALYBND = 0x05
    ESME_RSYSERR = 0x08
    ESME_RINVDSTADR = 0x0B
    ESME_RBINDFAIL = 0x0D
    ESME_RINVPASWD = 0x0E
    ESME_RINVSYSID = 0x0F
    ESME_RMSGQFUL = 0x14
    ESME_RSUBMITFAIL = 0x45
    ESME_RTHROTTLED = 0x58
    #: the receiver cannot take it now: send it again
    ESME_RX_T_APPN = 0x64


class Option(IntEnum):
    """The optional parameters this code reads or writes; all others are kept."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SC_INTERFACE_VERSION = 0x0210
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Pdu(NamedTuple):
    """One PDU as it came."""

    command: int
    status: int
    sequence: int
    body: bytes


def pack(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    """The octets of a PDU."""
    return HEADER.pack(16 + len(body), command, status, sequence) + body


def answer(pdu: Pdu, body: bytes = b"", status: int = 0) -> bytes:
    """The octets that answer a request, under its own number."""
    return pack(pdu.command | RESPONSE, pdu.sequence, body, status)


class Frames:
    """Cuts what arrives into PDUs; keeps no more than one unfinished PDU between two pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[Pdu]:
        """The PDUs finished by this piece; after an impossible length `Garbage`, and nothing can follow."""
        octets = self._rest + piece if self._rest else piece
        place, end = 0, len(octets)
        while end - place >= 16:
            length, command, status, sequence = HEADER.unpack_from(octets, place)
            if not 16 <= length <= LONGEST:
                self._rest = b""
                raise Garbage(what=f"a PDU of {length} octets")
            if end - place < length:
                break
            yield Pdu(command, status, sequence, octets[place + 16 : place + length])
            place += length
        self._rest = octets[place:]


def write_string(text: str) -> bytes:
    """A string with its closing zero; what would close it early is refused."""
    octets = text.encode("latin-1")
    if b"\0" in octets:
        raise ValueError(f"a zero inside {text!r}")
    return octets + b"\0"


def read_string(body: bytes, place: int) -> tuple[str, int]:
    """The string at a place and where the next thing begins; `Garbage` if it never ends."""
    end = body.find(b"\0", place, place + LONGEST_STRING)
    if end < 0:
        raise Garbage(what="a string without an end")
    return body[place:end].decode("latin-1"), end + 1


def write_options(options: Mapping[int, bytes]) -> bytes:
    """Optional parameters: tag, length, value."""
    return b"".join(_OPTION.pack(tag, len(value)) + value for tag, value in options.items())


def read_options(body: bytes, place: int) -> dict[int, bytes]:
    """All optional parameters from a place to the end, known or not; `Garbage` if the last one is cut."""
    found: dict[int, bytes] = {}
    while place < len(body):
        try:
            tag, length = _OPTION.unpack_from(body, place)
        except error:
            raise Garbage(what="an optional parameter without an end") from None
        place += _OPTION.size
        if place + length > len(body):
            raise Garbage(what="an optional parameter without an end")
        found[tag] = body[place : place + length]
        place += length
    return found


@dataclass(frozen=True, kw_only=True)
class Bind:
    """Who wants to connect; the body of the three binds."""

    system_id: str
    password: str
    system_type: str = ""
    interface_version: int = INTERFACE_VERSION
    address_range: str = ""

    def write(self) -> bytes:
        """The body."""
        names = b"".join(write_string(text) for text in (self.system_id, self.password, self.system_type))
        return names + bytes((self.interface_version, 0, 0)) + write_string(self.address_range)


def read_bind(body: bytes) -> Bind:
    """The body of a bind; `Garbage` where it is cut."""
    system_id, place = read_string(body, 0)
    password, place = read_string(body, place)
    system_type, place = read_string(body, place)
    if len(body) < place + 3:
        raise Garbage(what="a bind without an end")
    address_range, _ = read_string(body, place + 3)
    return Bind(
        system_id=system_id,
        password=password,
        system_type=system_type,
        interface_version=body[place],
        address_range=address_range,
    )


def write_bind_answer(system_id: str) -> bytes:
    """The body that welcomes a bind: the centre's name and the version it speaks."""
    version: dict[int, bytes] = {Option.SC_INTERFACE_VERSION: bytes((INTERFACE_VERSION,))}
    return write_string(system_id) + write_options(version)


def write_id(centre_id: str) -> bytes:
    """The body of submit_sm_resp: the id the centre gave."""
    return write_string(centre_id)


def read_id(body: bytes) -> str:
    """The id in submit_sm_resp; empty where there is none, cut where it is longer than an id may be."""
    return body.partition(b"\0")[0].decode("latin-1")[:LONGEST_ID]
