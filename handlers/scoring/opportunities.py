"""Which products still have customers worth asking, and how many successes to expect among the best."""

from collections.abc import Iterable
from dataclasses import dataclass

from handlers.scoring.problems import NoScores
from handlers.scoring.scores import SCALE, ScoreFile, Scores
from handlers.warehouse import Generation
from models.product import Product

TOP_PERCENT = 20


@dataclass(frozen=True, kw_only=True)
class Opportunity:
    """One product as a chance."""

    #: its code
    product: str
    topic: str
    #: customers who do not have it
    without: int
    #: of those, customers among the best fifth of all scored
    best: int
    #: successes to expect if all of the best are asked: the sum of their scores
    expected: int


def opportunities(products: Iterable[Product], generation: Generation, scores: Scores) -> list[Opportunity]:
    """One entry a product with scores for this snapshot, the most expected successes first."""
    found = []
    for product in products:
        if not product.score_topic:
            continue
        try:
            found.append(_opportunity(product, generation, scores(product.score_topic)))
        except NoScores:
            continue  # not scored yet: no chance to tell
    return sorted(found, key=lambda one: (-one.expected, one.product))


def _opportunity(product: Product, generation: Generation, file: ScoreFile) -> Opportunity:
    lacking = generation.present
    if product.owned_tag in generation.columns:
        lacking = lacking & ~generation.flag(product.owned_tag)
    dense = file.dense()
    best = lacking & (dense >= file.threshold(TOP_PERCENT))
    return Opportunity(
        product=product.code,
        topic=file.topic,
        without=int(lacking.sum()),
        best=int(best.sum()),
        expected=round(int(dense[best].sum(dtype="int64")) / SCALE),
    )
