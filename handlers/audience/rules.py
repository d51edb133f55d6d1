"""The exclusion rules one by one, each a mask over all customers (D8, H2, H3, M)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

import numpy as np
from sqlalchemy import select

from handlers.audience.problems import GroupsNotGiven
from handlers.audience.query import Groups
from handlers.audience.tags import GROUP_CODES
from handlers.contacts import AnySession, Limits, beginning_of, do_not_disturb, met, over_limit, window
from handlers.warehouse import Generation, Mask, Warehouse, mask_of
from models.feedback import Feedback
from models.product import Product

#: stands for "not chosen yet": only what holds for every channel closes it
ANY_CHANNEL = ""
#: no promotional SMS, in any campaign (M, R04, R09, R10)
SMS_AVERSE = ("高潜力型", "中潜力型")
#: shown to the planner, never taken out (M)
LOW_RESPONSE = ("精打细算型", "吝啬型", "低潜力型")
DEFAULT_DAYS = {
    "trial_not_ordered": 180,
    "batch_unsubscribed": 180,
    "unsubscribed": 365,
    "marketed_recently": 90,
    "similar_campaign": 30,
}
LONG_AGO = date(1900, 1, 1)

HAPPENED = """
SELECT DISTINCT sid FROM events
WHERE event = ? AND list_contains(?, product) AND day BETWEEN ? AND ?
"""
TRIED_ONLY = """
SELECT DISTINCT t.sid FROM events t
WHERE t.event = 'trial' AND list_contains(?, t.product) AND t.day BETWEEN ? AND ?
  AND NOT EXISTS (SELECT 1 FROM events o
    WHERE o.event = 'order' AND o.sid = t.sid AND o.product = t.product AND o.day >= t.day)
"""
# An order that nothing ended later; on one day, an end comes after an order.
HOLDING = """
SELECT sid FROM events
WHERE product = ? AND event IN ('order', 'unsubscribe', 'batch_unsubscribe')
GROUP BY sid HAVING arg_max(event = 'order', (day, event <> 'order'))
"""


@dataclass(frozen=True, kw_only=True)
class ExclusionContext:
    """What rules look at."""

    warehouse: Warehouse
    session: AnySession
    generation: Generation
    products: Sequence[Product]
    #: channels of the campaign; empty while none is chosen
    channels: Sequence[str]
    now: datetime
    limits: Limits
    #: needed by sms_averse_group only
    groups: Groups | None = None
    #: contacts of this campaign do not count against it
    campaign_id: int | None = None
    #: local day of the contact; today if not said
    day: date | None = None
    #: products whose campaigns count as similar; those of the campaign itself if empty
    similar_products: Sequence[str] = ()

    @property
    def codes(self) -> list[str]:
        """Codes of the products, sorted."""
        return sorted(product.code for product in self.products)


def low_response(sids: np.ndarray, groups: Groups) -> int:
    """How many of these belong to groups that answer little: a hint, never an exclusion (M)."""
    return int(np.isin(groups[sids], [GROUP_CODES[name] for name in LOW_RESPONSE]).sum())


def _flag(column: str, context: ExclusionContext, days: int) -> Mask:
    return context.generation.flag(column)


def _happened(event: str, context: ExclusionContext, days: int) -> Mask:
    """Something happened with one of the products in the last days; 0 days means ever."""
    first, last = window(context.now, days) if days else (LONG_AGO, context.now.date())
    rows = context.generation.query(HAPPENED, [event, context.codes, first, last])
    return mask_of(rows["sid"].to_numpy(), context.generation.width)


def _tried_only(context: ExclusionContext, days: int) -> Mask:
    first, last = window(context.now, days)
    rows = context.generation.query(TRIED_ONLY, [context.codes, first, last])
    return mask_of(rows["sid"].to_numpy(), context.generation.width)


def _already_ordered(context: ExclusionContext, days: int) -> Mask:
    """Has every product of the campaign: who lacks one can still be asked for it."""
    has = np.full(context.generation.width, bool(context.products))
    for product in context.products:
        has &= _holds(product, context.generation) | _ordered_since(product, context)
    return has


def _holds(product: Product, generation: Generation) -> Mask:
    """By the tag of the product, or by its orders where it has no tag."""
    if product.owned_tag and product.owned_tag in generation.columns:
        return generation.flag(product.owned_tag)
    return mask_of(generation.query(HOLDING, [product.code])["sid"].to_numpy(), generation.width)


def _ordered_since(product: Product, context: ExclusionContext) -> Mask:
    """Orders that came in after the snapshot: today's data do not know of them yet."""
    asked = select(Feedback.sid).where(
        Feedback.feed == "order",
        Feedback.product == product.code,
        Feedback.sid.is_not(None),
        Feedback.occurred_at >= beginning_of(context.generation.snapshot),
    )
    sids = np.array(context.session.scalars(asked).all(), dtype=np.int64)
    return mask_of(sids, context.generation.width)


def _met(context: ExclusionContext, days: int, products: Sequence[str]) -> Mask:
    sids = met(
        products,
        context.now,
        days,
        warehouse=context.warehouse,
        session=context.session,
        campaign_id=context.campaign_id,
    )
    return mask_of(sids, context.generation.width)


def _marketed_recently(context: ExclusionContext, days: int) -> Mask:
    return _met(context, days, context.codes)


def _similar_campaign(context: ExclusionContext, days: int) -> Mask:
    return _met(context, days, sorted(context.similar_products) or context.codes)


def _do_not_disturb(context: ExclusionContext, channel: str) -> Mask:
    sids = do_not_disturb(channel, context.warehouse, context.session)
    return mask_of(sids, context.generation.width)


def _over_frequency(context: ExclusionContext, channel: str) -> Mask:
    sids = over_limit(
        channel,
        now=context.now,
        limits=context.limits,
        warehouse=context.warehouse,
        session=context.session,
        campaign_id=context.campaign_id,
        day=context.day,
    )
    return mask_of(sids, context.generation.width)


def _sms_averse_group(context: ExclusionContext, channel: str) -> Mask:
    if channel != "sms":
        return np.zeros(context.generation.width, dtype=np.bool_)
    if context.groups is None:
        raise GroupsNotGiven()
    averse: Mask = np.isin(context.groups, [GROUP_CODES[name] for name in SMS_AVERSE])
    return averse


#: rules about a person, whatever the channel: (context, days) -> mask over all customers
OF_CUSTOMER: Mapping[str, Callable[[ExclusionContext, int], Mask]] = {
    "black_list": partial(_flag, "black_list"),
    "grey_list": partial(_flag, "grey_list"),
    "complaint_sensitive": partial(_flag, "complaint_sensitive"),
    "already_ordered": _already_ordered,
    "trial_not_ordered": _tried_only,
    "batch_unsubscribed": partial(_happened, "batch_unsubscribe"),
    "unsubscribed": partial(_happened, "unsubscribe"),
    "complained_related": partial(_happened, "complaint"),
    "marketed_recently": _marketed_recently,
    "similar_campaign": _similar_campaign,
    "out_of_use": partial(_flag, "out_of_use"),
}
#: rules about a person and a channel: (context, channel) -> mask over all customers
OF_CHANNEL: Mapping[str, Callable[[ExclusionContext, str], Mask]] = {
    "do_not_disturb": _do_not_disturb,
    "over_frequency": _over_frequency,
    "sms_averse_group": _sms_averse_group,
}
