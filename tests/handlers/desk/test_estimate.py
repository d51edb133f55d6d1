"""The estimate an approver sees, reckoned by hand."""

import pytest

from handlers.desk.estimate import estimate
from models.campaign import Campaign, CampaignChannel, CampaignProduct
from models.product import Product, UnitCost
from tests.factories.rows import SCRIPT, SMS

COSTS = {
    "sms": UnitCost(channel="sms", unit="part", cost_fen=10, success_fen=0),
    "call": UnitCost(channel="call", unit="customer", cost_fen=150, success_fen=200),
}


def campaign(*channels: tuple[str, str], target: int = 1200, gift: int = 300) -> Campaign:
    return Campaign(
        target_basis_points=target,
        channels=[CampaignChannel(channel=code, content=text) for code, text in channels],
        products=[CampaignProduct(product=Product(code="CRBT", gift_fen=gift))],
    )


def test_every_treated_customer_is_contacted_once_and_the_share_aimed_at_succeeds() -> None:
    found = estimate(campaign(("sms", SMS)), frozen=1000, control=100, unit_costs=COSTS)
    assert found.successes == 108
    assert found.cost_fen == 900 * 10 + 108 * 300


def test_a_text_of_two_parts_costs_twice() -> None:
    long = campaign(("sms", SMS + "。" * 70), target=0)
    assert estimate(long, frozen=100, control=0, unit_costs=COSTS).cost_fen == 100 * 2 * 10


def test_a_second_channel_is_a_second_contact_and_pays_its_commission() -> None:
    found = estimate(campaign(("sms", SMS), ("call", SCRIPT)), frozen=1000, control=100, unit_costs=COSTS)
    assert found.cost_fen == 900 * (10 + 150) + 108 * (300 + 200)


def test_a_channel_without_a_price_costs_nothing_yet() -> None:
    found = estimate(campaign(("sms", SMS)), frozen=1000, control=100, unit_costs={})
    assert found.cost_fen == 108 * 300


@pytest.mark.parametrize(("frozen", "control", "target"), [(100, 0, 1200), (20, 20, 1200), (100, 10, 0)])
def test_where_nothing_can_be_compared_there_is_no_chance_to_prove(
    frozen: int, control: int, target: int
) -> None:
    found = estimate(campaign(("sms", SMS), target=target), frozen=frozen, control=control, unit_costs=COSTS)
    assert found.power_basis_points is None


def test_more_people_are_a_better_chance_to_prove() -> None:
    small = estimate(campaign(("sms", SMS)), frozen=300, control=30, unit_costs=COSTS)
    large = estimate(campaign(("sms", SMS)), frozen=5000, control=500, unit_costs=COSTS)
    assert small.power_basis_points is not None
    assert large.power_basis_points is not None
    assert small.power_basis_points < 6000 < large.power_basis_points <= 10_000
