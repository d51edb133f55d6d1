import copy

import pytest

from app.reports.figures import HARMFUL, NOT_EVALUABLE, NOT_PROVEN, PROVEN, read
from tests.app.campaigns import world

PAGE = "/evaluations/HD-0101-2026-001"


def changed(**lift):
    figures = copy.deepcopy(world.FIGURES)
    figures["lift"] |= lift
    return figures


def evaluated(session, stage=None, **more):
    campaign = world.new_campaign(session, stage=stage, name="彩铃潜在用户推荐")
    world.with_list(session, campaign)
    world.new_evaluation(session, campaign, **more)
    session.commit()
    return campaign


@pytest.mark.parametrize(
    ("lift", "verdict"),
    [
        ({}, PROVEN),
        ({"points": 3.0, "low": -5.9, "high": 5.2}, NOT_PROVEN),
        ({"points": -3.0, "low": -5.0, "high": -1.0}, HARMFUL),
        ({"points": None, "evaluable": False}, NOT_EVALUABLE),
        ({"evaluable": False}, NOT_EVALUABLE),
    ],
)
def test_the_verdict_is_where_the_whole_interval_lies(lift, verdict):
    assert read(changed(**lift)).lift.verdict == verdict


def test_nothing_computed_is_nothing_to_read():
    assert read({}) is None


def test_orders_the_campaign_brought_are_the_net_lift_of_the_treated():
    assert read(world.FIGURES).lift.brought == 281


def test_the_axis_of_the_groups_holds_zero_and_every_interval():
    assert read(world.FIGURES).axis == (-10.0, 20.0)


def test_one_very_wide_interval_does_not_press_the_others_together():
    wide = {"group": 5, "treated": 25, "control": 21, "rate": 0.1, "points": -5.0, "low": -90.0, "high": 70.0}
    found = read({**world.FIGURES, "by_group": [*world.FIGURES["by_group"], wide]})
    assert found.axis[0] >= -30
    assert found.axis[1] <= 40


def test_the_chart_shows_rates_of_each_arm_in_percent():
    chart = read(world.FIGURES).chart("contacted", "control")
    assert chart["x"] == ["02/01", "02/02"]
    assert [series["values"] for series in chart["series"]] == [[0.62, 1.85], [0.28, 0.56]]


def test_counties_come_best_first():
    assert [row["county"] for row in read(world.FIGURES).by_county] == ["0203", "0101"]


def test_a_county_too_small_for_a_rate_is_not_ranked_first():
    figures = {
        **world.FIGURES,
        "by_county": [*world.FIGURES["by_county"], {"county": "0901", "treated": 4, "rate": 0.5}],
    }
    assert [row["county"] for row in read(figures).by_county] == ["0203", "0101", "0901"]


def test_moments_of_the_window_are_days_in_the_province():
    window = {"from": "2026-01-26T17:00:00+00:00", "to": "2026-02-28", "is_over": True}
    figures = read({**world.FIGURES, "window": window})
    assert (figures.first_day.isoformat(), figures.last_day.isoformat()) == ("2026-01-27", "2026-02-28")


def test_success_and_cost_come_first_then_the_net_lift_with_its_interval(app, session):
    evaluated(session)
    page = world.browser(app, "jiangtao").get(PAGE).text
    assert page.index("12.0<small>%") < page.index("3.09") < page.index("Net lift 8.7 points")
    assert "interval (95 %) 6.0 – 10.5" in page
    assert "about 9 more ordered" in page
    assert "about 281 came from this campaign" in page


def test_it_reads_in_chinese(app, session):
    evaluated(session)
    page = world.browser(app, "jiangtao", "zh").get(PAGE).text
    assert "净提升 8.7 个百分点" in page
    assert "可信范围（95%）6.0 – 10.5" in page


def test_an_interval_that_includes_zero_is_not_called_a_success(app, session):
    evaluated(session, figures=changed(points=3.0, low=-5.9, high=5.2))
    page = world.browser(app, "jiangtao", "zh").get(PAGE).text
    assert "未能证明有效" in page
    assert "净提升 3.0 个百分点" in page


def test_without_a_control_group_only_rates_are_shown_and_why(app, session):
    why = "The effect cannot be evaluated: there is no control group."
    evaluated(session, figures=changed(points=None, low=None, high=None, evaluable=False, why=why, control=0))
    page = world.browser(app, "jiangtao").get(PAGE).text
    assert why in page
    assert "Net lift" not in page.partition("By group")[0]


def test_a_result_that_is_not_final_says_so(app, session):
    evaluated(session, stage="feedback", is_final=False)
    assert "Not final: the response window is still open" in world.browser(app, "jiangtao").get(PAGE).text


def test_a_broken_comparison_is_locked_and_said(app, session):
    figures = copy.deepcopy(world.FIGURES)
    figures["checks"] = {"sample_ratio_p": 0.0001, "sample_ratio_ok": False, "control_contacted": 3}
    evaluated(session, figures=figures)
    page = world.browser(app, "jiangtao").get(PAGE).text
    assert "The comparison does not hold" in page
    assert "3 customers of the control group were contacted" in page


def test_before_anything_is_computed_the_page_says_so(app, session):
    world.new_campaign(session, stage="dispatch")
    session.commit()
    assert "Nothing is computed yet." in world.browser(app, "yefang").get(PAGE).text


def test_the_evaluator_is_led_to_the_conclusion(app, session):
    campaign = evaluated(session, stage="evaluate")
    world.new_to_do(session, campaign.process, "summarise", ["jiangtao"])
    session.commit()
    assert "Write the conclusion" in world.browser(app, "jiangtao").get(PAGE).text
    assert "Write the conclusion" not in world.browser(app, "yefang").get(PAGE).text


def test_a_group_too_small_to_compare_has_no_interval(app, session):
    evaluated(session)
    page = world.browser(app, "jiangtao").get(PAGE).text
    assert "too few to compare" in page
    assert page.count('class="interval') == 2
    assert page.count('class="interval proven"') == 1


def test_the_list_shows_the_latest_evaluation_of_each_campaign(app, session):
    campaign = evaluated(session)
    world.new_evaluation(session, campaign, figures=changed(points=5.0, low=1.0, high=9.0))
    session.commit()
    page = world.browser(app, "jiangtao").get("/evaluations").text
    assert "+5.0" in page
    assert "+8.7" not in page


def test_the_list_narrows_by_conclusion_and_name_and_office(app, session):
    evaluated(session, verdict="proven", conclusion="有效", concluded_by="jiangtao", concluded_at=world.NOW)
    client = world.browser(app, "jiangtao")
    assert "彩铃潜在" in client.get("/evaluations?verdict=proven&q=潜在").text
    assert "No evaluation fits." in client.get("/evaluations?verdict=open").text
    assert "彩铃潜在" not in world.browser(app, "caimin").get("/evaluations").text
