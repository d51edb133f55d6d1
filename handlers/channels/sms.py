"""短信: a text of parts of 70 characters, signed, and with a way to refuse the next."""

from collections.abc import Mapping
from datetime import datetime

from handlers.channels.base import Content, Preview, Row
from handlers.channels.listing import ListChannel
from handlers.channels.outbox import open_batches
from handlers.channels.text import (
    MoreThanOneMessage,
    NoRefusal,
    NoSignature,
    PlaceholderLeft,
    StrayBrace,
    Template,
    TooManyParts,
    find_faults,
    has_refusal,
    has_signature,
    measure,
    read_template,
    show,
)
from handlers.channels.wire import MOST_PARTS
from handlers.contacts import AnySession
from models.base import Problem
from models.execution import WorkOrder


class SmsChannel(ListChannel):
    """Short messages, sent by the gateway that reads the list; charged by the part."""

    code = "sms"
    name = "短信"
    name_en = "SMS"
    cost_unit = "part"
    columns = ("message_id", "number", "text")

    def validate(self, content: Content, values: Mapping[str, str]) -> list[Problem]:
        """Every placeholder filled, signed, and a promotion refusable."""
        try:
            template = read_template(content.text)
        except StrayBrace as stray:
            return [stray]
        left = template.unfilled(values)
        text = template.fill_known(values)
        problems: list[Problem] = [PlaceholderLeft(names=", ".join(left))] if left else []
        problems += find_faults(text)
        parts = measure(text).parts
        if parts > MOST_PARTS:
            problems.append(TooManyParts(parts=parts, most=MOST_PARTS))
        if not has_signature(text):
            problems.append(NoSignature())
        if content.is_promotion and not has_refusal(text):
            problems.append(NoRefusal())
        return problems

    def preview(self, content: Content, values: Mapping[str, str], unit_cost: int) -> Preview:
        """The message as it arrives, its length and the parts charged."""
        text, left = show(content.text, values)
        length = measure(text)
        longer = MoreThanOneMessage(characters=length.characters, limit=length.limit, parts=length.parts)
        return Preview(
            text=text,
            characters=length.characters,
            parts=length.parts,
            price=length.parts * unit_cost,
            left=left,
            warnings=(longer,) if length.parts > 1 else (),
        )

    def units(self, row: Row) -> int:
        """The parts of the text."""
        return measure(row[2]).parts

    def fill(self, template: Template, values: Mapping[str, str]) -> str:
        """The text; a placeholder left is refused."""
        return template.fill(values)

    def open(self, session: AnySession, order: WorkOrder, now: datetime) -> int:
        """Batches for the sender."""
        return open_batches(session, order, now)
