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
from handlers.channels.calls.ending import end_calls, end_overdue
from handlers.channels.calls.holding import put_back
from handlers.channels.calls.opening import open_calls
from handlers.channels.calls.order_files import send_orders
from handlers.channels.calls.outcomes import MOST_TRIES, REASONS, Outcome, Result
from handlers.channels.calls.own import Promise, Waiting, promises_of, questions_by, tries_of
from handlers.channels.calls.problems import (
    CalledOff,
    CallGone,
    CallProblem,
    KeyUsedBefore,
    NoSuchCall,
    OrderConfirmed,
    OutcomeMissing,
    QuestionOpen,
    SlotFull,
)
from handlers.channels.calls.progress import Progress, next_due, progress
from handlers.channels.calls.pulling import Held, in_hands_of, pull
from handlers.channels.calls.recording import Recorded, record
from handlers.channels.calls.script import Branch, Piece, Script, fill, gaps, read_script, spoken
from handlers.channels.calls.showing import Card, Offer, card_of, number_of
from handlers.channels.calls.slots import Slot, free_slots

__all__ = [
    "MOST_TRIES",
    "REASONS",
    "Branch",
    "CallCentre",
    "CallGone",
    "CallProblem",
    "CalledOff",
    "Card",
    "Held",
    "KeyUsedBefore",
    "NoSuchCall",
    "Offer",
    "OrderConfirmed",
    "Outcome",
    "OutcomeMissing",
    "Piece",
    "Progress",
    "Promise",
    "Question",
    "QuestionOpen",
    "Recorded",
    "Result",
    "Script",
    "Slot",
    "SlotFull",
    "Waiting",
    "ask_order",
    "card_of",
    "confirm_orders",
    "end_calls",
    "end_overdue",
    "fill",
    "free_slots",
    "gaps",
    "in_hands_of",
    "lapse_orders",
    "next_due",
    "number_of",
    "open_calls",
    "orderable",
    "progress",
    "promises_of",
    "pull",
    "put_back",
    "questions_by",
    "questions_of",
    "read_script",
    "record",
    "send_orders",
    "spoken",
    "tries_of",
    "wording",
]
