import re
from datetime import date

import pytest

from app.preview.pool import Pool
from models.ledger import LedgerEntry
from models.process import ToDo
from tests.app.campaigns import world
from tests.app.campaigns.test_plan import ROWS

PREVIEW = "/audiences/preview?number=HD-0101-2026-001"


@pytest.fixture
def planning(session):
    campaign = world.new_campaign(session)
    world.new_to_do(session, campaign.process, "draft_campaign", ["yefang"], draft=world.DRAFT)
    session.commit()
    return campaign


def figures(page: str) -> dict[str, int]:
    """The counts of the waterfall, by the words before them."""
    rows = re.findall(r'class="wl">([^<]+)</th>\s*<td class="n"[^>]*>([^<]+)</td>', page)
    return {name: int(n.replace(",", "").replace("−", "-")) for name, n in rows}


def test_the_preview_counts_down_to_those_who_can_be_met(app, planning):
    page = world.browser(app, "yefang").post(PREVIEW, data=ROWS).text
    found = figures(page)
    losses = sum(n for name, n in found.items() if n < 0 and not name.startswith("control"))
    assert found["meets the conditions"] + losses == found["can be met"] > 0
    assert "age is between 18 and 40" in page
    assert "the chance to prove it is" in page
    assert "****" in page
    assert not re.search(r"138\d{8}", page)


def test_a_hint_takes_nobody_out(app, planning):
    page = world.browser(app, "yefang").post(PREVIEW, data=ROWS).text
    assert "A hint, nobody is taken out" in page
    assert "penny-pinchers" in page


def test_each_condition_is_counted_alone(app, planning):
    page = world.browser(app, "yefang").post(PREVIEW, data=ROWS).text
    assert '<hx-partial hx-target="#hit-0">' in page
    assert '<hx-partial hx-target="#hit-1">' in page


def test_the_share_kept_back_moves_the_control_group(app, planning):
    client = world.browser(app, "yefang")
    ten = figures(client.post(PREVIEW, data=ROWS).text)
    none = figures(client.post(PREVIEW, data={**ROWS, "hold_out_percent": "0"}).text)
    control = next(name for name in ten if name.startswith("control"))
    assert 0 < -ten[control] < ten["can be met"] / 5
    assert control not in none


def test_limits_are_asked_about_the_first_day_of_the_campaign(app, session, planning):
    """Four campaigns have all customers in May: no fifth message goes out in those thirty days."""
    for number in range(2, 6):
        other = world.new_campaign(session, number).id
        for sid in range(app.extensions["warehouse"].current().width):
            session.add(
                LedgerEntry(
                    campaign_id=other, channel="sms", sid=sid, day=date(2026, 5, 20), changed_at=world.NOW
                )
            )
    session.commit()
    client = world.browser(app, "yefang")
    assert figures(client.post(PREVIEW, data=ROWS).text)["can be met"] > 0
    to_do = session.query(ToDo).filter_by(element="draft_campaign").one()
    to_do.draft = {**world.DRAFT, "start_on": "2026-05-01", "end_on": "2026-05-20"}
    session.commit()
    assert figures(client.post(PREVIEW, data=ROWS).text)["can be met"] == 0


def test_a_cap_keeps_the_best(app, planning):
    page = world.browser(app, "yefang").post(PREVIEW, data={**ROWS, "people_cap": "100"}).text
    assert "With the cap: the best 100 by score" in page


def test_another_sample_shows_others(app, planning):
    client = world.browser(app, "yefang")
    first = re.findall(r"\d{3}\*{4}\d{4}", client.post(PREVIEW, data=ROWS).text)
    other = re.findall(r"\d{3}\*{4}\d{4}", client.post(PREVIEW + "&seed=1", data=ROWS).text)
    assert len(first) == len(other) == 20
    assert first != other


def test_without_a_condition_nothing_is_counted(app, planning):
    page = world.browser(app, "yefang").post(PREVIEW, data={"k.r": "all"}).text
    assert "Add a condition; the count appears here." in page


def test_conditions_that_cannot_be_read_are_told(app, planning):
    rows = {**ROWS, "v.0": "many", "o.0": ">="}
    assert "is not a value of" in world.browser(app, "yefang").post(PREVIEW, data=rows).text


def test_a_count_that_takes_long_asks_again_by_itself(app, planning):
    usual = app.extensions["preview_pool"]
    app.extensions["preview_pool"] = Pool(patience=0)
    page = world.browser(app, "yefang").post(PREVIEW, data={**ROWS, "people_cap": "77"}).text
    app.extensions["preview_pool"].close()
    app.extensions["preview_pool"] = usual
    assert "Still counting" in page
    assert 'hx-trigger="load delay:1s"' in page


def test_the_campaign_of_another_office_is_not_previewed(app, planning):
    assert world.browser(app, "caimin").post(PREVIEW, data=ROWS).status_code == 404


def act(app, what: str, rows=ROWS, login="yefang"):
    return world.browser(app, login).post(f"/audiences/conditions?act={what}", data=rows)


def test_a_condition_is_added_and_has_the_focus(app, planning):
    answer = act(app, "add:r")
    assert 'id="s-2"' in answer.text
    assert re.search(r'id="s-2"[^>]*autofocus', answer.text)
    assert "#conditions" in answer.headers["HX-Trigger"]


def test_a_condition_is_taken_out(app, planning):
    page = act(app, "remove:0").text
    assert 'value="tag:v_fetion" selected' in page
    assert 'value="tag:age" selected' not in page


def test_groups_nest(app, planning):
    page = act(app, "group:r").text
    assert 'name="k.2"' in page
    assert 'name="k.2.0"' in page


def test_choosing_what_a_condition_is_about_brings_its_comparisons_and_values(app, planning):
    page = act(app, "pick:0", {"k.r": "all", "k.0": "condition", "s.0": "tag:brand"}).text
    assert "is one of" in page
    assert "GoTone" in page


def test_every_control_of_the_editor_has_a_name_for_those_who_cannot_see_it(app, planning):
    page = act(app, "group:r").text
    for control in re.findall(r"<(?:select|input)[^>]*>", page):
        assert "aria-label=" in control or 'type="hidden"' in control or 'type="checkbox"' in control
