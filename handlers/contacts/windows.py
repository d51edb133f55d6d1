"""Whether one more contact fits: the fullest of all sliding windows that hold its day (H3)."""

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from handlers.contacts.limits import PASSIVE, TOTAL, Limits, around
from handlers.warehouse import Mask, Sids

#: customers whose days stand in one matrix at a time
PIECE = 16_384
#: contacts of a window, never many
Numbers = npt.NDArray[np.int16]


def full(sids: Sids, channel: str, day: date, limits: Limits, met: pa.Table) -> Mask:
    """Beside `sids`: for whom one more contact on this day would be one too many in some window.

    `met` are contacts made and reserved, before and after the day: sid, channel, contacts, day.
    """
    found = np.zeros(len(sids), dtype=np.bool_)
    for scope, limit in limits.upon(channel).items():
        used = fullest(sids, day, limit.window_days, met.filter(_within(scope)))
        found |= used >= limit.max_contacts
    return found


def fullest(sids: Sids, day: date, days: int, met: pa.Table) -> Numbers:
    """Beside `sids`: contacts in that one of the `days` windows of so many days around a day which has most.

    Exact: a window begins on each of the days from day-days+1 to day itself.
    """
    first, last = around(day, days)
    people, places = np.unique(sids, return_inverse=True)
    met = met.filter((pc.field("day") >= first) & (pc.field("day") <= last)).sort_by("sid")
    who = met["sid"].to_numpy()
    when = (met["day"].to_numpy() - np.datetime64(first)).astype(np.int64)
    contacts = met["contacts"].to_numpy()
    most = np.zeros(len(people), dtype=np.int16)
    for start in range(0, len(people), PIECE):
        piece = people[start : start + PIECE]
        rows = slice(*np.searchsorted(who, [piece[0], piece[-1] + 1]))
        matrix = _matrix(piece, 2 * days - 1, who[rows], when[rows], contacts[rows])
        most[start : start + PIECE] = _most(matrix, days)
    return most[places]


def _within(scope: str) -> pc.Expression:
    """The contacts a limit counts."""
    channel = pc.field("channel")
    return ~channel.isin(sorted(PASSIVE)) if scope == TOTAL else channel == scope


def _matrix(
    people: Sids,
    span: int,
    who: Sids,
    when: npt.NDArray[np.int64],
    contacts: npt.NDArray[np.int64],
) -> Numbers:
    """Customers × days: contacts of each of `people`, sorted, on each day."""
    places = np.searchsorted(people, who)
    asked = people[np.minimum(places, len(people) - 1)] == who
    matrix = np.zeros((len(people), span), dtype=np.int16)
    np.add.at(matrix, (places[asked], when[asked]), contacts[asked].astype(np.int16))
    return matrix


def _most(matrix: Numbers, days: int) -> Numbers:
    """The fullest window of so many days of each row."""
    until = np.zeros((len(matrix), matrix.shape[1] + 1), dtype=np.int16)
    np.cumsum(matrix, axis=1, out=until[:, 1:])
    most: Numbers = (until[:, days:] - until[:, :-days]).max(axis=1)
    return most
