"""The best up to a cap, the control group among them, and the columns of the list that will be frozen."""

from typing import Any

import numpy as np
import numpy.typing as npt

from handlers.audience.lot import hold_out, lots
from handlers.audience.query import Groups
from handlers.warehouse import Generation, Sids

#: stands for "no score" in arrays
NO_SCORE = -1


def ranked(
    sids: Sids,
    *,
    score: npt.NDArray[np.int32],
    cap: int | None,
    salt: str,
    hold_out_basis_points: int,
    generation: Generation,
    groups: Groups | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Columns of a list, sorted by sid: the best `cap` customers, both arms, with rank 1 the best.

    `score` stands beside `sids`, -1 where there is none. The control group is drawn from those kept.
    """
    order = best_first(sids, score, salt)[:cap]
    rank = np.arange(1, len(order) + 1, dtype=np.int32)
    by_sid = np.argsort(sids[order], kind="stable")
    chosen, kept = order[by_sid], sids[order][by_sid]
    return {
        "sid": kept.astype(np.int64),
        "arm": hold_out(kept, salt, hold_out_basis_points).astype(np.int8),
        "group": np.zeros(len(kept), dtype=np.int8) if groups is None else groups[kept],
        "county": generation.texts("county", kept),
        "pref": generation.texts("pref", kept),
        "score": score[chosen].astype(np.int32),
        "rank": rank[by_sid],
    }


def best_first(sids: Sids, score: npt.NDArray[np.int32], salt: str) -> npt.NDArray[np.int64]:
    """Positions from the highest score down, no score last; equal scores by a lot of their own.

    That lot is not the one of the control group: else a cap among equals would keep the control only.
    """
    return np.lexsort((lots(sids, "rank", salt), -score.astype(np.int64)))
