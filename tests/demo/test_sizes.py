"""The audiences have the sizes the story tells, and each exclusion takes its believable part."""

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

DAY = pd.Timestamp(date(2026, 3, 2))
Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def frames(province: Path) -> Frames:
    names = ("customers", "events", "contact_history", "scores/crbt_potential")
    found = {name: pq.read_table(province / "load" / f"{name}.parquet").to_pandas() for name in names}
    for name in ("events", "contact_history"):
        found[name]["ago"] = (DAY - pd.to_datetime(found[name]["day"])).dt.days
    return found


@pytest.fixture(scope="module")
def audiences(frames: Frames) -> dict[str, pd.DataFrame]:
    c, score = frames["customers"], frames["scores/crbt_potential"]
    best = score[score.score >= score.score.quantile(0.8)].customer_id
    open_price = c.price_attitude.isin(["I", "E"]) & (c.learning == "l")
    averse = open_price & (
        ((c.paying == "H") & c.fashion.isin(["L", "F"])) | ((c.paying == "M") & (c.fashion == "L"))
    )
    student = c.campus & (c.county == "0101") & c.age.between(18, 23) & (c.brand == "动感地带")
    return {
        "H01": c[(c.crbt_state == "未开通") & c.customer_id.isin(best)],
        "H06": c[(c.pref == "02") & c.v_mms & ~c.mms_pack & ~averse],
        "H10": c[student & ~c.v_fetion],
    }


PRODUCTS = {"H01": "CRBT", "H06": "MMS3", "H10": "FETION"}


@pytest.mark.parametrize(
    ("campaign", "before", "after"), [("H01", 3918, 3737), ("H06", 1542, 1407), ("H10", 320, 300)]
)
def test_an_audience_has_its_size_before_and_after_lists_and_refusals(
    audiences: dict[str, pd.DataFrame], campaign: str, before: int, after: int
) -> None:
    found = audiences[campaign]
    listed = found.black_list | found.grey_list | found.complaint_sensitive | found.dnd_sms
    assert len(found) == pytest.approx(before, rel=0.10)
    assert len(found[~listed]) == pytest.approx(after, rel=0.10)


def test_at_least_three_hundred_students_live_in_three_cells_of_the_university_town(
    audiences: dict[str, pd.DataFrame], province: Path
) -> None:
    assert len(audiences["H10"]) >= 300
    truth = pq.read_table(
        province / "truth" / "customers.parquet", columns=["customer_id", "cell"]
    ).to_pandas()
    assert truth[truth.customer_id.isin(audiences["H10"].customer_id)].cell.nunique() == 3


def test_the_same_product_within_ninety_days_takes_about_one_in_a_hundred(
    audiences: dict[str, pd.DataFrame], frames: Frames
) -> None:
    met = frames["contact_history"]
    for campaign in ("H01", "H06"):
        same = met[(met["product"] == PRODUCTS[campaign]) & (met.ago <= 90)].customer_id
        assert 0.004 < audiences[campaign].customer_id.isin(same).mean() < 0.02


def test_few_customers_stand_at_the_limit_of_messages(frames: Frames) -> None:
    met = frames["contact_history"]
    last_month = met[(met.channel == "sms") & (met.ago <= 30)].groupby("customer_id").size()
    share = (last_month >= 4).sum() / len(frames["customers"])
    assert 0.001 < share < 0.01
    assert last_month.max() == 4


def test_contacts_are_about_as_frequent_as_the_story_says(frames: Frames) -> None:
    met, size = frames["contact_history"], len(frames["customers"])
    assert met.ago.min() == 1
    assert met.ago.max() == 90
    assert (met.channel == "sms").sum() / size / 3 == pytest.approx(1.1, rel=0.05)
    assert (met.channel == "call").sum() / size / 3 == pytest.approx(0.18, rel=0.10)


@pytest.mark.parametrize(
    ("event", "days"), [("trial", 180), ("batch_unsubscribe", 180), ("unsubscribe", 365), ("complaint", 9999)]
)
def test_what_happened_before_takes_a_believable_part_of_each_audience(
    audiences: dict[str, pd.DataFrame], frames: Frames, event: str, days: int
) -> None:
    happened = frames["events"]
    for campaign in ("H01", "H06"):
        fits = (
            (happened["product"] == PRODUCTS[campaign]) & (happened.event == event) & (happened.ago <= days)
        )
        share = audiences[campaign].customer_id.isin(happened[fits].customer_id).mean()
        assert 0.0005 < share < 0.03


def test_who_has_a_product_ordered_it_and_has_not_left_it(frames: Frames) -> None:
    c, e = frames["customers"], frames["events"]
    for product, column in {
        "CRBT": "v_crbt",
        "MMS3": "mms_pack",
        "FETION": "v_fetion",
        "PAPER": "v_mnews",
    }.items():
        mine = e[e["product"] == product]
        ordered = set(mine[mine.event == "order"].customer_id)
        left = set(mine[mine.event == "unsubscribe"].customer_id)
        assert ordered - left == set(c[c[column]].customer_id)


def test_all_fifty_four_cells_occur(frames: Frames) -> None:
    cells = frames["customers"].groupby(["paying", "price_attitude", "fashion", "learning"]).size()
    assert len(cells) == 54
    assert cells.min() >= 10


def test_levels_have_their_shares(frames: Frames) -> None:
    c = frames["customers"]
    assert (c.paying == "H").mean() == pytest.approx(0.10, abs=0.01)
    assert (c.paying != "L").mean() == pytest.approx(0.40, abs=0.01)
    assert c[c.paying == "H"].arpu_fen.min() > c[c.paying == "M"].arpu_fen.max()
    assert (c.fashion == "L").mean() == pytest.approx(0.15, abs=0.01)


def test_brand_state_and_lists_have_believable_shares(frames: Frames) -> None:
    c = frames["customers"]
    assert (c.crbt_state == "未开通").mean() == pytest.approx(0.39, abs=0.01)
    assert ((c.crbt_state == "活跃") | (c.crbt_state == "沉默")).equals(c.v_crbt)
    assert c.brand.value_counts(normalize=True)["动感地带"] == pytest.approx(0.22, abs=0.02)
    for column in ("black_list", "grey_list", "complaint_sensitive", "out_of_use"):
        assert 0.002 < c[column].mean() < 0.012
