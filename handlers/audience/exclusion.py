"""Who must not be asked: rules in their order, each counted, so that all see what took whom (D3, O1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handlers.audience import rules
from handlers.audience.problems import UnknownRule
from handlers.audience.rules import ExclusionContext
from handlers.warehouse import Sids, pick


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of an exclusion set; without days it looks back as far as the requirements say."""

    name: str
    days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one rule did."""

    rule: str
    #: customers it took out at its place in the order
    removed: int
    #: customers it would take out if it stood alone
    alone: int
    #: customers left after it
    left: int


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """All rules in order, and who is left."""

    steps: tuple[Step, ...]
    #: sorted; may be met through at least one channel
    kept: Sids
    #: channel -> who of them may be met through it; empty where no channel was chosen
    by_channel: Mapping[str, Sids]


def exclude(sids: Sids, order: Sequence[Rule], context: ExclusionContext) -> Waterfall:
    """Apply the rules in order; raises UnknownRule.

    A rule about a channel closes that channel only: a customer is out when none is left open. Contacts of the
    campaign itself close nothing.
    """
    channels = tuple(context.channels) or (rules.ANY_CHANNEL,)
    opened = np.ones((len(channels), len(sids)), dtype=np.bool_)
    steps = []
    for rule in order:
        closed = _closed(rule, sids, channels, context)
        before = int(opened.any(axis=0).sum())
        opened &= ~closed
        left = int(opened.any(axis=0).sum())
        alone = int(closed.all(axis=0).sum())
        steps.append(Step(rule=rule.name, removed=before - left, alone=alone, left=left))
    return Waterfall(
        steps=tuple(steps),
        kept=sids[opened.any(axis=0)],
        by_channel={channel: sids[mask] for channel, mask in zip(context.channels, opened, strict=False)},
    )


def _closed(
    rule: Rule, sids: Sids, channels: Sequence[str], context: ExclusionContext
) -> npt.NDArray[np.bool_]:
    """One row a channel: who may not be met through it by this rule."""
    if rule.name in rules.OF_CUSTOMER:
        days = rules.DEFAULT_DAYS.get(rule.name, 0) if rule.days is None else int(rule.days)
        mask = pick(rules.OF_CUSTOMER[rule.name](context, days), sids)
        return np.broadcast_to(mask, (len(channels), len(sids)))
    if rule.name in rules.OF_CHANNEL:
        of_channel = rules.OF_CHANNEL[rule.name]
        return np.stack([pick(of_channel(context, channel), sids) for channel in channels])
    raise UnknownRule(rule=rule.name)
