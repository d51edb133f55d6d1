"""What calling needs beside the tables: who customers are, the rules in force, how messages are signed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from handlers.warehouse import Warehouse
from models.campaign import Campaign


@dataclass(frozen=True, kw_only=True)
class CallCentre:
    """Made once by create_app; nothing in it changes while the product runs."""

    warehouse: Warehouse
    #: decide(decision id, inputs) by the version in force
    decide: Callable[[str, Mapping[str, Any]], Any]
    #: raises the Problem that forbids a campaign to call, e.g. an approval withdrawn
    require_approval: Callable[[Campaign], None]
    signature: str
