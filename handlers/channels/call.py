"""外呼: a script read out by a call agent; what the list does not know is filled in at the desk."""

from collections.abc import Mapping
from datetime import datetime

from handlers.channels.base import Content, Preview, Row
from handlers.channels.calls import open_calls
from handlers.channels.listing import ListChannel
from handlers.channels.text import StrayBrace, Template, find_faults, read_template, show
from handlers.contacts import AnySession
from models.base import Problem
from models.execution import WorkOrder


class CallChannel(ListChannel):
    """Outbound calls; charged by the customer, however many tries it takes."""

    code = "call"
    name = "外呼"
    name_en = "Outbound call"
    cost_unit = "customer"
    columns = ("contact_id", "number", "script")

    def validate(self, content: Content, values: Mapping[str, str]) -> list[Problem]:
        """A script that can be read out; placeholders may be left, the call agent fills them in."""
        try:
            template = read_template(content.text)
        except StrayBrace as stray:
            return [stray]
        return find_faults(template.fill_known(values))

    def preview(self, content: Content, values: Mapping[str, str], unit_cost: int) -> Preview:
        """The script as the agent reads it, with what is left to fill in; one call is one unit."""
        text, left = show(content.text, values)
        return Preview(text=text, characters=len(text), parts=1, price=unit_cost, left=left, warnings=())

    def units(self, row: Row) -> int:
        """One customer."""
        return 1

    def fill(self, template: Template, values: Mapping[str, str]) -> str:
        """The script, filled as far as the list knows."""
        return template.fill_known(values)

    def open(self, session: AnySession, order: WorkOrder, now: datetime) -> int:
        """Calls for the call agents."""
        return open_calls(session, order, now)
