"""What must be known of an SMS centre to send through it."""

from dataclasses import dataclass
from typing import Literal

ReceiptIds = Literal["as_is", "hex_to_decimal", "decimal_to_hex"]


@dataclass(frozen=True, kw_only=True)
class LinkSettings:
    """Where the centre is, who we are there, and how much it takes."""

    host: str
    port: int
    system_id: str
    password: str
    #: most messages that wait for their answers at one time
    window: int = 100
    #: messages a second by contract
    rate: float = 500.0
    #: seconds of silence after which we ask whether the line still stands
    enquire_every: float = 30.0
    #: seconds for connecting, and for the answer to anything we say
    answer_within: float = 30.0
    #: what must be done to an id in a receipt to get the id in the answer to submit_sm
    receipt_ids: ReceiptIds = "as_is"
    #: the number customers see as the sender
    source: str = "10086"
    #: where the clock of the centre stands, whose receipts tell local time
    zone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        if self.window < 1 or self.rate <= 0 or self.enquire_every <= 0 or self.answer_within <= 0:
            raise ValueError("window, rate and both times must be more than nothing")
        for text in (self.system_id, self.password, self.source):
            if not text.isascii() or not text.isprintable():
                raise ValueError("name, password and source must be plain characters")
