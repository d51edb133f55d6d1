"""What a campaign will cost and what it can prove, before anybody is contacted."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from handlers.channels import CHANNELS, Content
from handlers.evaluation import power
from models.campaign import Campaign
from models.product import UnitCost

#: share of the aimed-at success rate that is assumed to come without any contact
SPONTANEOUS_SHARE = Decimal("0.25")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The figures an approver sees."""

    #: contacts, gifts and commission for everybody treated
    cost_fen: int
    #: orders among the treated at the aimed-at rate
    successes: int
    #: chance to prove the aimed-at lift; None without a control group
    power_basis_points: int | None


def estimate(
    campaign: Campaign, *, frozen: int, control: int, unit_costs: Mapping[str, UnitCost]
) -> Estimate:
    """Everybody treated is contacted once a channel; the aimed-at share succeeds (I8).

    `frozen` and `control` are numbers of customers; the power is that of the Newcombe rule.
    """
    treated = frozen - control
    successes = round(treated * campaign.target_basis_points / 10_000)
    gift = max((row.product.gift_fen for row in campaign.products), default=0)
    used = {row.channel: row.content for row in campaign.channels if row.channel in unit_costs}
    contacts = treated * sum(
        CHANNELS[code].preview(Content(text=text), {}, unit_costs[code].cost_fen).price
        for code, text in used.items()
    )
    commission = max((unit_costs[code].success_fen for code in used), default=0)
    return Estimate(
        cost_fen=contacts + successes * (gift + commission),
        successes=successes,
        power_basis_points=_power(campaign.target_basis_points, treated, control),
    )


def _power(target_basis_points: int, treated: int, control: int) -> int | None:
    if not control or not treated or not target_basis_points:
        return None
    rate = Decimal(target_basis_points) / 10_000
    spontaneous = rate * SPONTANEOUS_SHARE
    return round(power(float(rate - spontaneous), float(spontaneous), treated, control) * 10_000)
