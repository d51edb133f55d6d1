"""What people handed in at a to-do: stages read it here instead of carrying it through the diagram."""

from typing import Any

from sqlalchemy import select

from models.base import Problem, db
from models.campaign import Campaign
from models.process import ToDo


class NoSuchCampaign(Problem):
    """A diagram asked about a campaign that is not there."""

    message = "There is no campaign with the id %(campaign_id)s."


class NothingHandedIn(Problem):
    """A stage expected the answer of a to-do that nobody has done yet."""

    message = "Nothing was handed in at %(element)s for this campaign."


def campaign_of(campaign_id: int) -> Campaign:
    """The campaign a diagram speaks of."""
    found = db.session.get(Campaign, campaign_id)
    if found is None:
        raise NoSuchCampaign(campaign_id=campaign_id)
    return found


def answers(campaign_id: int, element: str) -> list[ToDo]:
    """The to-dos done at this element for the campaign, latest first."""
    asked = (
        select(ToDo)
        .where(ToDo.subject_type == "campaign", ToDo.subject_id == campaign_id)
        .where(ToDo.element == element, ToDo.state == "done")
        .order_by(ToDo.closed_at.desc(), ToDo.id.desc())
    )
    return list(db.session.scalars(asked))


def latest_answer(campaign_id: int, element: str) -> dict[str, Any]:
    """What was handed in last at this element."""
    done = answers(campaign_id, element)
    if not done:
        raise NothingHandedIn(element=element)
    return dict(done[0].answer or {})
