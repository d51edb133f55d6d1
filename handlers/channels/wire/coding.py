"""How a text becomes octets: its alphabet, its length, where it is cut, and back.

A text all of whose characters are in the GSM-7 alphabet (GSM 03.38) is sent in septets: 160 in one
message, 153 in each part of a longer one, characters of the extension table taking two. Any other text is
sent in UCS-2: 70 and 67 units of 16 bits, characters beyond the basic plane taking two. Neither pair is
ever cut in two. This is the one rule: prices, previews and the wire all ask it.

Septets travel unpacked, one an octet, as SMS centres want them over SMPP.
"""

import re
from codecs import utf_16_be_encode
from functools import lru_cache
from typing import Literal, NamedTuple
from zlib import crc32

from handlers.channels.wire.faults import HalfCharacter, TooLong

Alphabet = Literal["GSM-7", "UCS-2"]

#: In the order of their septets; at 0x1B stands the escape to the extension table.
_SEPTETS = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = "\x1b"
#: Sent as an escape and this second septet.
_EXTENSION = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
GSM_ALPHABET = frozenset(_SEPTETS) - {_ESCAPE}
GSM_EXTENSION = frozenset(_EXTENSION)

#: Units of one undivided message, and of each part of a longer one.
LIMITS: dict[Alphabet, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
#: What an undivided message holds on the wire, a unit of UCS-2 taking two octets.
_MOST_OCTETS = {"GSM-7": LIMITS["GSM-7"][0], "UCS-2": 2 * LIMITS["UCS-2"][0]}
#: The header of a long message counts its parts in one byte.
MOST_PARTS = 255
#: What data_coding says of each alphabet.
DATA_CODING: dict[Alphabet, int] = {"GSM-7": 0, "UCS-2": 8}

_BEYOND_GSM = re.compile(f"[^{re.escape(''.join(sorted(GSM_ALPHABET | GSM_EXTENSION)))}]")
_ENCODED = {ord(sign): chr(septet) for septet, sign in enumerate(_SEPTETS)} | {
    ord(sign): _ESCAPE + chr(septet) for sign, septet in _EXTENSION.items()
}
_DECODED = {chr(septet): sign for septet, sign in enumerate(_SEPTETS)}
_ESCAPED = {_ESCAPE + chr(septet): sign for sign, septet in _EXTENSION.items()}
_SIGN = re.compile(r"\x1b[\x00-\x7f]|[\x00-\xff]", re.DOTALL)
_UNKNOWN = "\ufffd"


class Coded(NamedTuple):
    """A text as it is sent."""

    data_coding: int
    #: The octets of each part, each with its header where there are several.
    parts: tuple[bytes, ...]


class Part(NamedTuple):
    """Which part of which long message."""

    reference: int
    total: int
    number: int


def alphabet_of(text: str) -> Alphabet:
    """The alphabet a text is sent in."""
    return "UCS-2" if _BEYOND_GSM.search(text) else "GSM-7"


def length(text: str, alphabet: Alphabet) -> int:
    """The units a text takes in an alphabet; half a character counts as one."""
    if alphabet == "GSM-7":
        return len(text) + sum(text.count(sign) for sign in GSM_EXTENSION)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str) -> list[str]:
    """The text as the parts it is sent in; each part is readable by itself."""
    return _cut(text, alphabet_of(text))


@lru_cache(maxsize=64)
def encode_text(text: str) -> Coded:
    """The octets of all parts; those of a long message are tied together by a number made from its text.

    Sent again, a long message so falls together with itself on the phone; another one has another number,
    but for one in 256. Most texts go to many customers: the last few are remembered.
    """
    alphabet = alphabet_of(text)
    try:
        whole = _octets(text, alphabet)
    except UnicodeEncodeError as half:
        raise HalfCharacter(place=half.start + 1) from None
    if len(whole) <= _MOST_OCTETS[alphabet]:
        return Coded(DATA_CODING[alphabet], (whole,))
    parts = [_octets(part, alphabet) for part in _cut(text, alphabet)]
    total = len(parts)
    if total > MOST_PARTS:
        raise TooLong(parts=total, most=MOST_PARTS)
    header = bytes((5, 0, 3, crc32(whole) & 0xFF, total))
    headed = tuple(header + bytes((number,)) + part for number, part in enumerate(parts, start=1))
    return Coded(DATA_CODING[alphabet], headed)


def decode_text(octets: bytes, data_coding: int) -> str:
    """The text of one part without its header; what cannot be read is shown as �, never refused."""
    return _read(octets, data_coding).replace("\0", _UNKNOWN)


def read_header(octets: bytes) -> tuple[Part | None, bytes]:
    """What the header of a part says, and the octets behind it; a torn header is no header."""
    end = octets[0] + 1 if octets else 0
    if not 1 < end <= len(octets):
        return None, octets
    return _find_part(octets[1:end]), octets[end:]


def _cut(text: str, alphabet: Alphabet) -> list[str]:
    single, each = LIMITS[alphabet]
    if len(text) <= single and length(text, alphabet) <= single:
        return [text]
    parts, start, used = [], 0, 0
    for place, sign in enumerate(text):
        width = 2 if sign > "\uffff" or (sign in GSM_EXTENSION and alphabet == "GSM-7") else 1
        if used + width > each:
            parts.append(text[start:place])
            start, used = place, 0
        used += width
    return [*parts, text[start:]]


def _octets(part: str, alphabet: Alphabet) -> bytes:
    if alphabet == "GSM-7":
        return part.translate(_ENCODED).encode("latin-1")
    return utf_16_be_encode(part)[0]


def _read(octets: bytes, data_coding: int) -> str:
    if data_coding == DATA_CODING["UCS-2"]:
        return octets.decode("utf-16-be", "replace")
    if data_coding == 1:
        return octets.decode("ascii", "replace")
    if data_coding == 3:
        return octets.decode("latin-1")
    return _SIGN.sub(_read_sign, octets.decode("latin-1"))


def _read_sign(found: re.Match[str]) -> str:
    sign = found.group()
    if len(sign) == 2:
        return _ESCAPED.get(sign, _UNKNOWN)
    return _UNKNOWN if sign == _ESCAPE else _DECODED.get(sign, _UNKNOWN)


def _find_part(header: bytes) -> Part | None:
    """The element that counts parts, with a reference of one octet (0) or two (8)."""
    place = 0
    while place + 2 <= len(header):
        kind, size = header[place], header[place + 1]
        value = header[place + 2 : place + 2 + size]
        if (kind, len(value)) in {(0, 3), (8, 4)}:
            return Part(int.from_bytes(value[:-2]), value[-2], value[-1])
        place += 2 + size
    return None
