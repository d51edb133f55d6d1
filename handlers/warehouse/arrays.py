"""The few array types and set helpers by which customers are handled: dense by subscriber number."""

from typing import Any

import numpy as np
import numpy.typing as npt

#: subscriber numbers, int64
Sids = npt.NDArray[np.int64]
#: one yes or no a subscriber, or a row
Mask = npt.NDArray[np.bool_]
#: texts, numpy's own variable-width or fixed-width strings
Texts = npt.NDArray[np.str_]


def mask_of(sids: npt.NDArray[np.integer], width: int) -> Mask:
    """True for each of these subscriber numbers; those outside 0..width-1 are left out."""
    mask = np.zeros(width, dtype=np.bool_)
    mask[sids[(sids >= 0) & (sids < width)]] = True
    return mask


def pick(mask: Mask, sids: Sids) -> Mask:
    """The mask's answer for each sid; False for those it does not reach."""
    if len(sids) == 0 or int(sids.max()) < len(mask):
        return mask[sids]
    known = sids < len(mask)
    answer = np.zeros(len(sids), dtype=np.bool_)
    answer[known] = mask[sids[known]]
    return answer


def blank_of(dtype: np.dtype[Any]) -> int:
    """The code that stands for blank in a dense column of this integer type: its smallest value."""
    return int(np.iinfo(dtype).min)
