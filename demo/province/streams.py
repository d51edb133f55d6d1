"""Every value is a function of seed, column and block, so that blocks can be made alone, in any order."""

import zlib
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

#: Customers in a block. A block is always made whole; the last one is cut, so a bigger province begins alike.
BLOCK = 65_536

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Streams:
    """The random streams of one block: one per column, none shared."""

    seed: int
    block: int

    def generator(self, column: str) -> np.random.Generator:
        """The stream of one column; adding a column disturbs no other."""
        name = zlib.crc32(column.encode()) << 32 | self.block
        return np.random.Generator(np.random.Philox(key=np.array([self.seed, name], np.uint64)))

    def normal(self, column: str) -> Floats:
        """One standard normal value per customer of the block."""
        return self.generator(column).standard_normal(BLOCK)

    def uniform(self, column: str) -> Floats:
        """One value in [0, 1) per customer of the block."""
        return self.generator(column).random(BLOCK)

    def chance(self, column: str, probability: float | Floats) -> Mask:
        """True with the given probability, per customer."""
        found: Mask = self.uniform(column) < probability
        return found


def salt(*parts: object) -> np.uint64:
    """64 bits from any words, the same on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return np.uint64(int.from_bytes(sha256(text.encode()).digest()[:8], "big"))


def mix(values: NDArray[np.generic]) -> Words:
    """The finisher of splitmix64 (Steele, Lea, Flood 2014): a bijection of 64-bit words."""
    word: Words = values.astype(np.uint64)
    with np.errstate(over="ignore"):
        word = word + np.uint64(0x9E3779B97F4A7C15)
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def hashed_uniform(indexes: Ints, *parts: object) -> Floats:
    """One value in (0, 1) per customer; it depends on customer and words only, never on the batch."""
    word = mix(mix(indexes.astype(np.uint64) ^ salt(*parts)))
    found: Floats = ((word >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return found


def expit(value: Floats) -> Floats:
    """The logistic function, safe for large values."""
    found: Floats = 0.5 * (1.0 + np.tanh(0.5 * value))
    return found
