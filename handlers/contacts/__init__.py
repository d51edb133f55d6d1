"""Contact control: who refuses, who was met often enough; planning, dispatch and the sender all ask here."""

from handlers.contacts.checking import Blocked, check, do_not_disturb, over_limit
from handlers.contacts.counting import AnySession, Counts, counts_within, met
from handlers.contacts.ledger import hold_places, move, release, release_unsent, reserve, settle
from handlers.contacts.limits import LOCAL, Limit, Limits, beginning_of, local_day, window
from handlers.contacts.many import one_of
from handlers.contacts.refusing import Imported, Refusal, lift, refuse, refuse_numbers

__all__ = [
    "LOCAL",
    "AnySession",
    "Blocked",
    "Counts",
    "Imported",
    "Limit",
    "Limits",
    "Refusal",
    "beginning_of",
    "check",
    "counts_within",
    "do_not_disturb",
    "hold_places",
    "lift",
    "local_day",
    "met",
    "move",
    "one_of",
    "over_limit",
    "refuse",
    "refuse_numbers",
    "release",
    "release_unsent",
    "reserve",
    "settle",
    "window",
]
