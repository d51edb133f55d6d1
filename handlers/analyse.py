"""Analyse: which products still have customers worth asking."""

from typing import Any

from sqlalchemy import select

from handlers import scoring
from handlers.desk.answers import campaign_of, latest_answer
from handlers.desk.workshop import Workshop
from handlers.operation import Result, operation
from handlers.scoring import Scores
from models.base import db
from models.campaign import CampaignProduct
from models.product import Product


@operation
def read_scores(workshop: Workshop) -> Result:
    """Say which day's scores are ready; scores are made before anybody asks."""
    generation = workshop.warehouse.current()
    return {"generation": generation.id, "topics": sorted(Scores(workshop.warehouse).topics())}


@operation
def list_opportunities(campaign_id: int, workshop: Workshop) -> Result:
    """List the products with most expected successes among those who do not have them yet."""
    products = list(db.session.scalars(select(Product).where(Product.score_topic != "").order_by(Product.id)))
    found = scoring.opportunities(products, workshop.warehouse.current(), Scores(workshop.warehouse))
    names = {product.code: product for product in products}
    return {"opportunities": [_option(names[o.product], o) for o in found[:10]]}


@operation
def record_opportunity(campaign_id: int, chosen: str) -> Result:
    """Note the chosen product as the campaign's first; a skipped choice notes nothing."""
    if chosen != "choose":
        return None
    code = latest_answer(campaign_id, "choose_opportunity").get("opportunity")
    campaign = campaign_of(campaign_id)
    if code and code not in {row.product_code for row in campaign.products}:
        campaign.products.append(CampaignProduct(product_code=str(code)))
    return {"opportunities": []}


def _option(product: Product, found: scoring.Opportunity) -> dict[str, Any]:
    """One choice of the form: product, people in the best fifth, and successes to expect there."""
    return {
        "value": product.code,
        "label": f"{product.name}：高分 {found.best:,} 户，预计成功 {found.expected:,} 户",
        "label_en": f"{product.name_en}: {found.best:,} likely, {found.expected:,} successes to expect",
    }
