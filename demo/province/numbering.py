"""Customer ids and phone numbers: bijections of the index, so that neighbours and families do not show."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.province.streams import Ints, Words, mix, salt

#: Both permutations work on 28 bits: 268 million customers at most.
CAPACITY = 1 << 28
_HALF = np.uint64(14)
_LOW = np.uint64((1 << 14) - 1)
_ROUNDS = 4
#: The province's ranges; what lies outside is a number the province never gave.
_PREFIXES = np.array([138, 139, 150], np.int64)
_UNKNOWN_PREFIX = 151
_SERIES = 100_000_000


def _turn(word: Words, seed: int, purpose: str, number: int) -> Words:
    return mix(word ^ salt(seed, purpose, number)) & _LOW


def scatter(indexes: Ints, seed: int, purpose: str) -> Ints:
    """A Feistel permutation of [0, 2**28) (Luby and Rackoff 1988)."""
    word = indexes.astype(np.uint64)
    left, right = word >> _HALF, word & _LOW
    for number in range(_ROUNDS):
        left, right = right, left ^ _turn(right, seed, purpose, number)
    return ((left << _HALF) | right).astype(np.int64)


def gather(places: Ints, seed: int, purpose: str) -> Ints:
    """The way back from `scatter`."""
    word = places.astype(np.uint64)
    left, right = word >> _HALF, word & _LOW
    for number in reversed(range(_ROUNDS)):
        left, right = right ^ _turn(left, seed, purpose, number), left
    return ((left << _HALF) | right).astype(np.int64)


def customer_ids(indexes: Ints, seed: int) -> pa.Array:
    """The operator's customer ids, texts such as C012345678."""
    digits = pc.utf8_lpad(pa.array(scatter(indexes, seed, "customer")).cast(pa.string()), 9, "0")
    return pc.binary_join_element_wise("C", digits, "")


def numbers(indexes: Ints, seed: int) -> pa.Array:
    """Phone numbers, texts of 11 digits, no two alike."""
    place = scatter(indexes, seed, "number")
    digits = _PREFIXES[place // _SERIES] * _SERIES + place % _SERIES
    return pa.array(digits).cast(pa.string())


def unknown_number(draw: int) -> str:
    """A number no customer of the province has."""
    return str(_UNKNOWN_PREFIX * _SERIES + draw % _SERIES)


def indexes_of_ids(ids: pa.Array, seed: int) -> Ints:
    """Customers' indexes from their ids."""
    places = pc.utf8_slice_codeunits(ids, 1).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return gather(places, seed, "customer")


def indexes_of_numbers(texts: pa.Array, seed: int, customers: int) -> Ints:
    """Customers' indexes from their numbers; -1 for a number that is nobody's."""
    digits = texts.cast(pa.int64()).to_numpy(zero_copy_only=False)
    series = np.searchsorted(_PREFIXES, digits // _SERIES)
    known = np.isin(digits // _SERIES, _PREFIXES)
    place = np.where(known, series * _SERIES + digits % _SERIES, 0)
    found = gather(np.minimum(place, CAPACITY - 1), seed, "number")
    good = known & (place < CAPACITY) & (found < customers)
    return np.where(good, found, -1).astype(np.int64)
