"""What a campaign's label says of where it stands."""

import pytest

from app.campaigns.stages import ITS_TIME, standing
from app.preview.drafts import ELEMENT


@pytest.mark.parametrize(
    ("open_elements", "submissions", "state"),
    [
        (["plan", ELEMENT], 0, "drafting"),
        (["plan"], 1, "drafting"),
        (["plan", ELEMENT], 1, "to_adjust"),
        (["approve"], 1, "in_approval"),
    ],
)
def test_a_campaign_is_to_be_adjusted_once_its_draft_is_open_again(
    open_elements: list[str], submissions: int, state: str
) -> None:
    found = standing(open_elements, "running", None, submissions)
    assert (found.state, found.stage) == (state, open_elements[0])


@pytest.mark.parametrize(
    ("open_elements", "state"),
    [(["dispatch", ITS_TIME], "to_dispatch"), (["dispatch"], "executing"), (["feedback"], "executing")],
)
def test_a_campaign_is_to_dispatch_while_nothing_of_it_has_left(open_elements: list[str], state: str) -> None:
    assert standing(open_elements, "running", None, 1).state == state
