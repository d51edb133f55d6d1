"""Analyse: the scores that are there, the products worth asking about, and what was chosen."""

from models.base import db
from models.product import Product
from tests.factories import rows
from tests.factories.stage import Stage


def test_the_scores_of_the_current_snapshot_are_named(stage: Stage) -> None:
    found = stage.run("analyse.read_scores") or {}
    assert found["generation"] == stage.province.warehouse.current().id
    assert "crbt_potential" in found["topics"]


def test_only_scored_products_are_opportunities_with_people_who_lack_them(stage: Stage) -> None:
    campaign = rows.new_campaign()
    (option,) = (stage.run("analyse.list_opportunities", campaign_id=campaign.id) or {})["opportunities"]
    assert option["value"] == "CRBT"
    assert option["label"].startswith("彩铃：高分 ")
    assert option["label_en"].isascii() or "彩铃" in option["label_en"]


def test_a_product_whose_scores_are_not_made_yet_is_no_opportunity(stage: Stage) -> None:
    db.session.query(Product).update({"score_topic": "not_scored_yet"})
    db.session.commit()
    campaign = rows.new_campaign()
    assert stage.run("analyse.list_opportunities", campaign_id=campaign.id) == {"opportunities": []}


def test_the_chosen_product_becomes_the_campaigns_first(stage: Stage) -> None:
    campaign = rows.new_campaign()
    rows.handed_in(campaign, "choose_opportunity", "choose", answer={"opportunity": "CRBT"})
    for _ in range(2):
        stage.run("analyse.record_opportunity", campaign_id=campaign.id, chosen="choose")
    assert [row.product_code for row in campaign.products] == ["CRBT"]


def test_a_skipped_choice_notes_nothing(stage: Stage) -> None:
    campaign = rows.new_campaign()
    rows.handed_in(campaign, "choose_opportunity", "skip")
    assert stage.run("analyse.record_opportunity", campaign_id=campaign.id, chosen="skip") is None
    assert campaign.products == []
