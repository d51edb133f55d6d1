"""Drawing by lot so that anybody can draw again: the control group, ties, and samples (evaluation notes 2.1).

The lot of a customer is splitmix64 applied twice to the subscriber number, xored with the first eight bytes
of a sha256 over the purpose and the salt. It needs no memory, no order and no engine; salts are independent.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from handlers.warehouse import Mask, Sids

Lots = npt.NDArray[np.uint64]
BUCKETS = 10_000
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
#: separates the parts of what is hashed
_SEPARATOR = "\x1f"


def hold_out(sids: Sids, salt: str, basis_points: int) -> Mask:
    """True for the control group: customers whose bucket is below the share (100 basis points are 1 %)."""
    kept_back: Mask = buckets(sids, salt) < basis_points
    return kept_back


def buckets(sids: Sids, salt: str) -> npt.NDArray[np.int64]:
    """The bucket of each customer under a salt, 0 to 9999, all equally likely."""
    shares = ((lots(sids, "holdout", salt) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return (shares * BUCKETS).astype(np.int64)


def lots(sids: Sids, purpose: str, salt: str) -> Lots:
    """64 even bits a customer, independent between purposes and between salts."""
    text = _SEPARATOR.join(("0", purpose, salt))
    key = np.uint64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
    return _mixed(_mixed(sids.astype(np.uint64) ^ key))


def _mixed(values: Lots) -> Lots:
    """One round of splitmix64 (Steele, Lea and Flood 2014), overflow intended."""
    with np.errstate(over="ignore"):
        values = values + _STEP
        values = (values ^ (values >> np.uint64(30))) * _FIRST
        values = (values ^ (values >> np.uint64(27))) * _SECOND
    return values ^ (values >> np.uint64(31))
