"""Starting a campaign: its row, its number and its process, in one transaction."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import Actor, Engine
from app.locale import ZONE, now
from handlers.numbers import next_number
from models.base import Problem
from models.campaign import Campaign, Scenario
from models.organisation import Staff

#: campaign types with the purpose each one begins with
TYPES = {
    "precision": "acquire",
    "recurring": "remind",
    "notice": "notice",
    "temporary": "notice",
    "realtime": "activate",
}
#: types whose rules this version cannot carry out yet
NOT_YET = frozenset({"realtime", "temporary"})
FAMILIES = ("event", "product", "place", "personality", "reminder")


class BeginningProblem(Problem):
    """Why a campaign could not be started; `field` says where."""

    field = ""


class NameNeeded(BeginningProblem):
    """Everybody must be able to speak of it."""

    message = "The campaign needs a name of 2 to 80 characters."
    field = "name"


class TypeNeeded(BeginningProblem):
    """The type decides which rules hold."""

    message = "Choose one of the campaign types that can be started."
    field = "campaign_type"


class NoSuchScenario(BeginningProblem):
    """A scenario that is not in the list any more."""

    message = "This scenario does not exist any more; choose another one or begin blank."
    field = "scenario"


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What the first page asks."""

    name: str
    campaign_type: str
    #: code of a scenario; empty for a blank sheet
    scenario: str = ""
    finds_opportunity: bool = False


def begin(session: Session, engine: Engine, staff: Staff, wish: Beginning) -> Campaign:
    """Write the campaign and start its process "loop"; the engine commits both together."""
    scenario = _scenario(session, wish)
    if not 2 <= len(wish.name) <= 80:
        raise NameNeeded()
    if wish.campaign_type not in TYPES or wish.campaign_type in NOT_YET:
        raise TypeNeeded()
    moment = now()
    first = scenario.first_values if scenario else {}
    campaign = Campaign(
        number=next_number(session, "HD", staff.office.code, moment.astimezone(ZONE).year),
        name=wish.name,
        office_id=staff.office_id,
        department_id=staff.department_id,
        planner_id=staff.id,
        campaign_type=wish.campaign_type,
        purpose=first.get("purpose") or TYPES[wish.campaign_type],
        scenario_id=scenario.id if scenario else None,
        created_at=moment,
    )
    session.add(campaign)
    session.flush()
    process = engine.start(
        "loop",
        "campaign",
        campaign.id,
        {"campaign_id": campaign.id, "skip_analysis": not wish.finds_opportunity},
        Actor(login=staff.login),
    )
    campaign.process_id = process.id
    session.commit()
    return campaign


def _scenario(session: Session, wish: Beginning) -> Scenario | None:
    if not wish.scenario:
        return None
    found = session.scalar(select(Scenario).where(Scenario.code == wish.scenario))
    if found is None:
        raise NoSuchScenario()
    return found
