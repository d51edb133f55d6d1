from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import kstest, mannwhitneyu

from demo.market.choices import (
    LENGTH,
    NEVER,
    Season,
    Standing,
    chances,
    order_alone,
    order_asked,
    sms_status,
    temper,
)
from demo.market.truth import outcomes, true_lift
from demo.market.world import World
from demo.province.constants import frozen
from demo.province.streams import Floats, Ints

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
EVERYBODY = np.arange(50_000, dtype=np.int64)


def season(product: str = "CRBT", campaign: str = "HD-1") -> Season:
    return Season(campaign=campaign, product=product, start=START)


def nothing_yet(world: World, indexes: Ints, about: Season) -> Standing:
    return Standing(moment=order_alone(world, indexes, about), persuaded=np.zeros(indexes.size, bool))


def asked(world: World, indexes: Ints, about: Season, channel: str) -> Floats:
    standing = nothing_yet(world, indexes, about)
    return order_asked(world, indexes, about, channel, np.zeros(indexes.size), standing).after.moment


def test_an_answer_does_not_depend_on_who_else_is_asked(world: World) -> None:
    some = np.random.default_rng(1).permutation(EVERYBODY)[:777]
    for channel in ("sms", "call"):
        assert np.array_equal(
            asked(world, EVERYBODY, season(), channel)[some], asked(world, some, season(), channel)
        )


def test_one_draw_decides_both_outcomes(world: World) -> None:
    draw = temper(world, EVERYBODY, season())
    alone, touched = chances(world, EVERYBODY, "CRBT", "sms")
    there = world.gone_at(EVERYBODY) > 60 * 86_400
    y0 = order_alone(world, EVERYBODY, season()) < NEVER
    y1 = asked(world, EVERYBODY, season(), "sms") < NEVER
    reached = sms_status(world, EVERYBODY, "HD-1", np.zeros(50_000)) == 0
    assert np.array_equal(y0[there], (draw < alone)[there])
    assert np.array_equal(y1[there & reached], (draw < touched)[there & reached])
    assert np.array_equal(y1[~reached], y0[~reached])


def test_the_draw_is_uniform_and_partly_lasting(world: World) -> None:
    first, second = (temper(world, EVERYBODY, season(campaign=name)) for name in ("HD-1", "HD-2"))
    assert kstest(first, "uniform").pvalue > 0.001
    assert 0.5 < np.corrcoef(first, second)[0, 1] < 0.65
    other = temper(world, EVERYBODY, season("FETION"))
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.02


def test_a_message_keeps_part_of_the_effect_of_a_talk(world: World) -> None:
    alone, touched = chances(world, EVERYBODY, "CRBT", "sms")
    _, talked = chances(world, EVERYBODY, "CRBT", "call")
    between = (np.minimum(alone, talked) <= touched) & (touched <= np.maximum(alone, talked))
    assert between.all()
    assert (touched.mean() - alone.mean()) < 0.7 * (talked.mean() - alone.mean())


def test_contact_puts_some_of_the_annoyed_off(world: World) -> None:
    put_off = np.isfinite(order_alone(world, EVERYBODY, season())) & ~np.isfinite(
        asked(world, EVERYBODY, season(), "sms")
    )
    annoy = world.column("annoy", EVERYBODY)
    assert put_off.sum() > 20
    assert annoy[put_off].min() > 0.6


def test_all_orders_of_a_season_fall_inside_it(world: World) -> None:
    for moment in (order_alone(world, EVERYBODY, season()), asked(world, EVERYBODY, season(), "sms")):
        made = moment[np.isfinite(moment)]
        assert made.min() >= 0
        assert made.max() <= LENGTH


def test_who_ordered_before_the_contact_is_not_changed_by_it(world: World) -> None:
    about = season()
    standing = nothing_yet(world, EVERYBODY, about)
    late = np.full(50_000, LENGTH - 86_400)
    after = order_asked(world, EVERYBODY, about, "sms", late, standing).after
    early = standing.moment < late
    assert np.array_equal(after.moment[early], standing.moment[early])


def test_a_second_contact_does_not_undo_what_the_first_won(world: World) -> None:
    about = season()
    called = order_asked(
        world, EVERYBODY, about, "call", np.zeros(50_000), nothing_yet(world, EVERYBODY, about)
    )
    written = order_asked(world, EVERYBODY, about, "sms", np.full(50_000, 60.0), called.after)
    assert np.isfinite(written.after.moment[called.won]).all()


@pytest.mark.parametrize(
    ("product", "name", "treated", "alone"),
    [("CRBT", "H01", 12.0, 3.3), ("MMS3", "H06", 8.0, 1.5), ("FETION", "H10", 20.0, 4.0)],
)
def test_a_campaign_succeeds_as_often_as_the_story_says(
    world: World, province: Path, product: str, name: str, treated: float, alone: float
) -> None:
    indexes = _audience(world, province, name)
    at_once = np.zeros(indexes.size)
    y0, y1 = (
        np.mean([outcomes(world, indexes, season(product, f"HD-{n}"), "sms", at_once, 30)[arm].mean()
                 for n in range(5)])
        for arm in (0, 1)
    )  # fmt: skip
    slack = 4 * 100 * np.sqrt(treated / 100 / indexes.size)
    assert 100 * y1 == pytest.approx(treated, abs=slack)
    assert 100 * y0 == pytest.approx(alone, abs=slack / 2)


def test_a_score_sees_the_hidden_propensity_through_noise(world: World, province: Path) -> None:
    topics = {
        "crbt_potential": "CRBT",
        "fetion_potential": "FETION",
        "mms_potential": "MMS3",
        "paper_potential": "PAPER",
    }
    for topic, product in topics.items():
        kept = pq.read_table(province / "load" / "scores" / f"{topic}.parquet")
        indexes = world.indexes_of_ids(kept["customer_id"].to_pylist())
        _, ordered = outcomes(world, indexes, season(product), "sms", np.zeros(indexes.size), 30)
        assert 0.58 < area_under_roc(ordered, kept["score"].to_numpy()) < 0.80


def area_under_roc(happened: np.ndarray, score: np.ndarray) -> float:
    """Return how often a score is higher where it happened: Mann and Whitney's U over all pairs."""
    yes, no = score[happened == 1], score[happened == 0]
    return float(mannwhitneyu(yes, no).statistic / (yes.size * no.size))


def test_every_product_is_answered_for(world: World) -> None:
    for name in frozen().responses:
        y0, y1 = outcomes(world, EVERYBODY, season(name.split("/")[0]), "call", np.zeros(50_000), 30)
        assert y1.mean() > 2 * y0.mean() > 0


def test_the_true_lift_is_the_mean_difference_of_both_outcomes(world: World, province: Path) -> None:
    ids = pq.read_table(province / "load" / "customers.parquet", columns=["customer_id"])[
        "customer_id"
    ].to_pylist()
    lift = true_lift(province, "HD-1", "CRBT", "sms", ids[:5_000], date(2026, 3, 2))
    y0, y1 = outcomes(world, world.indexes_of_ids(ids[:5_000]), season(), "sms", np.zeros(5_000), 30)
    assert lift == pytest.approx(100 * (y1.mean() - y0.mean()))
    assert true_lift(province, "HD-1", "CRBT", "sms", ids[:5_000][::-1], date(2026, 3, 2)) == pytest.approx(
        lift
    )


def test_an_empty_list_has_no_lift(province: Path) -> None:
    with pytest.raises(ValueError, match="empty"):
        true_lift(province, "HD-1", "CRBT", "sms", [], date(2026, 3, 2))


def _audience(world: World, province: Path, name: str) -> Ints:
    frame = pq.read_table(province / "load" / "customers.parquet").to_pandas()
    if name == "H01":
        score = pq.read_table(province / "load" / "scores" / "crbt_potential.parquet").to_pandas()
        return world.indexes_of_ids(list(score[score.score >= score.score.quantile(0.8)].customer_id))
    chosen = {
        "H06": (frame.pref == "02") & frame.v_mms & ~frame.mms_pack,
        "H10": frame.campus & ~frame.v_fetion & (frame.brand == "动感地带"),
    }[name]
    return world.indexes_of_ids(list(frame[chosen].customer_id))
