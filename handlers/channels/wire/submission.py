"""A message to a customer, and the bodies of the submit_sm PDUs it is sent in."""

import re
from functools import lru_cache
from typing import NamedTuple

from handlers.channels.wire.coding import encode_text
from handlers.channels.wire.faults import BadServiceType, NoNumber, NothingSaid
from handlers.channels.wire.message import HAS_HEADER, write_address, write_rest
from handlers.channels.wire.pdu import write_string
from handlers.channels.wire.settings import LinkSettings

_NUMBER = re.compile(r"\+?[0-9]{1,20}", re.ASCII)
_SERVICE_TYPE = re.compile(r"[0-9A-Za-z]{0,5}", re.ASCII)


class Submission(NamedTuple):
    """One message to one customer."""

    number: str
    text: str
    #: tells the centre, and its bills, what the message belongs to; at most five letters and digits
    service_type: str = ""
    wants_receipt: bool = True


def encode(submission: Submission, settings: LinkSettings) -> tuple[bytes, ...]:
    """The parts of a message, each to be handed to `Link.submit`; the same message gives the same parts.

    Refused with `Unsendable`: a number that is none, an empty text, half a character, too many parts.
    """
    number, text, service_type, wants_receipt = submission
    if not _NUMBER.fullmatch(number):
        raise NoNumber(number=number)
    if not text:
        raise NothingSaid()
    head = _head(service_type, settings.source) + write_address(number)
    data_coding, parts = encode_text(text)
    esm_class = HAS_HEADER if len(parts) > 1 else 0
    return tuple(
        [head + write_rest(esm_class, wants_receipt, data_coding, len(octets)) + octets for octets in parts]
    )


@lru_cache(maxsize=256)
def _head(service_type: str, source: str) -> bytes:
    """What all messages of a work order begin with."""
    if not _SERVICE_TYPE.fullmatch(service_type):
        raise BadServiceType(service_type=service_type)
    return write_string(service_type) + write_address(source)
