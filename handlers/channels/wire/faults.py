"""What can go wrong on the wire, as plain exceptions: a sentence with named fields for whoever shows it."""

from typing import ClassVar


class WireFault(Exception):
    """Something went wrong between us and the SMS centre."""

    #: English msgid; named fields as %(field)s.
    message: ClassVar[str] = "Something went wrong on the way to the SMS centre."

    def __init__(self, **fields: object) -> None:
        super().__init__()
        self.fields = fields

    def __str__(self) -> str:
        return self.message % self.fields


class Garbage(WireFault):
    """The octets are not SMPP, or a PDU is cut; nothing after them can be understood."""

    message = "The SMS centre sent something that is not SMPP: %(what)s."


class Unsendable(WireFault):
    """A message that cannot be put on the wire, whoever carries it."""

    message = "The message cannot be sent."


class NoNumber(Unsendable):
    """The number is none: digits, at most 20, perhaps with a plus sign before them."""

    message = "“%(number)s” is not a number a message can be sent to."


class NothingSaid(Unsendable):
    """An empty text is no message."""

    message = "The message says nothing."


class HalfCharacter(Unsendable):
    """Half of a character beyond the basic plane; no phone could show it."""

    message = "The text holds half a character at place %(place)d."


class TooLong(Unsendable):
    """More parts than the header of a long message can count."""

    message = "The text makes %(parts)d messages; %(most)d is the most one text can have."


class BadServiceType(Unsendable):
    """The protocol has room for five plain characters."""

    message = "“%(service_type)s” is no service type: at most five plain letters and digits."


class NotSent(WireFault):
    """The message certainly was not sent: it had not been written when the connection ended."""

    message = "The message was not sent: the connection to the SMS centre ended before."


class OutcomeUnknown(WireFault):
    """The message was written and never answered: the centre may have it or not."""

    message = "The message was written, but the SMS centre never answered."


class WindowFull(WireFault):
    """More was given, or asked for, than there can be room for; who submits asks for room first."""

    message = "%(window)d messages wait for their answers and as many for their turn: there is no more room."


class LinkFault(WireFault):
    """Why a link does not stand."""


class NotYet(LinkFault):
    """The first connection is being made."""

    message = "The connection to the SMS centre is being made."


class Unreachable(LinkFault):
    """Nobody listens there, or the way is cut."""

    message = "The SMS centre at %(host)s:%(port)d cannot be reached."


class BindUnanswered(LinkFault):
    """Somebody listens there and does not say a word."""

    message = "The SMS centre at %(host)s:%(port)d did not answer within %(seconds)g seconds."


class BindPutOff(LinkFault):
    """The centre cannot take us just now."""

    message = "The SMS centre cannot take the connection at the moment (status %(status)s)."


class LineBroken(LinkFault):
    """The connection ended without a word."""

    message = "The connection to the SMS centre broke."


class LineSilent(LinkFault):
    """The line is half open: nothing comes back, not even an answer to enquire_link."""

    message = "The SMS centre has not answered for %(seconds)g seconds; the connection was given up."


class LineGarbled(LinkFault):
    """What came was not SMPP."""

    message = "The SMS centre sent something that is not SMPP; the connection was given up."


class SessionEnded(LinkFault):
    """The centre took its leave with unbind."""

    message = "The SMS centre ended the session."


class BindRefused(LinkFault):
    """The centre will not have us, and will not until somebody changes something."""

    message = "The SMS centre refuses the connection of “%(system_id)s” (status %(status)s)."


class WrongPassword(BindRefused):
    """The password is not the one the centre knows."""

    message = "The SMS centre refuses the password of “%(system_id)s”."


class UnknownSystem(BindRefused):
    """The centre does not know this name."""

    message = "The SMS centre does not know “%(system_id)s”."


class AlreadyBound(BindRefused):
    """The centre allows one connection, and there is one already."""

    message = "The SMS centre says that “%(system_id)s” is already connected."


class LinkClosed(LinkFault):
    """We closed it; it takes nothing more."""

    message = "The link to the SMS centre was closed."
