"""The calibrated constants of the province: solved once, frozen in a file, never solved again per run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("constants.json")


@dataclass(frozen=True, kw_only=True)
class Response:
    """Log-odds of an order within 30 days, left alone (a0) and reached by a call (a1), with slopes."""

    a0: float
    a1: float
    s0: float
    s1: float


@dataclass(frozen=True, kw_only=True)
class Constants:
    """Cut points, intercepts and responses; keys are names of columns, products and segments."""

    #: Cut points: arpu_high, arpu_mid (fen), fashion_lead, fashion_follow, price_insensitive,
    #: price_economical, learning_high, gotone (paying trait).
    cuts: Mapping[str, float]
    #: Intercepts of yes/no columns on the log-odds scale.
    rates: Mapping[str, float]
    #: Mean and spread of the hidden score index, by topic.
    scores: Mapping[str, tuple[float, float]]
    #: Responses by "PRODUCT/segment".
    responses: Mapping[str, Response]


@cache
def frozen() -> Constants:
    """The constants in force."""
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    return Constants(
        cuts=kept["cuts"],
        rates=kept["rates"],
        scores={topic: (low, spread) for topic, (low, spread) in kept["scores"].items()},
        responses={name: Response(**values) for name, values in kept["responses"].items()},
    )
