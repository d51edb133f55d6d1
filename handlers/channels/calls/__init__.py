"""Outbound calls worked in the product: the list, the next call, its result, and the order it brings."""

from handlers.channels.calls.asking import (
    Question,
    ask_order,
    confirm_orders,
    lapse_orders,
    orderable,
    questions_of,
    wording,
)
from handlers.channels.calls.centre import CallCentre
from handlers.channels.calls.ending import end_calls
from handlers.channels.calls.holding import put_back
from handlers.channels.calls.opening import open_calls
from handlers.channels.calls.order_files import send_orders
from handlers.channels.calls.outcomes import MOST_TRIES, REASONS, Outcome, Result
from handlers.channels.calls.problems import CallProblem
from handlers.channels.calls.progress import Progress, next_due, progress
from handlers.channels.calls.pulling import Held, in_hands_of, pull
from handlers.channels.calls.recording import Recorded, record
from handlers.channels.calls.script import Branch, Piece, Script, fill, read_script
from handlers.channels.calls.slots import Slot, free_slots

__all__ = [
    "MOST_TRIES",
    "REASONS",
    "Branch",
    "CallCentre",
    "CallProblem",
    "Held",
    "Outcome",
    "Piece",
    "Progress",
    "Question",
    "Recorded",
    "Result",
    "Script",
    "Slot",
    "ask_order",
    "confirm_orders",
    "end_calls",
    "fill",
    "free_slots",
    "in_hands_of",
    "lapse_orders",
    "next_due",
    "open_calls",
    "orderable",
    "progress",
    "pull",
    "put_back",
    "questions_of",
    "read_script",
    "record",
    "send_orders",
    "wording",
]
