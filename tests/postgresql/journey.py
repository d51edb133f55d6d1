"""One campaign goes round the loop, returned for adjustment once; the same acts on whatever database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from models.campaign import Campaign
from models.evaluation import Evaluation
from models.execution import Contact, WorkOrder
from models.history import HistoryEvent
from models.process import Process, ToDo
from tests.factories import rows
from tests.postgresql.installation import DAY, Installation

#: the day the messages leave
THURSDAY = date(2026, 3, 5)
DRAFT: dict[str, Any] = {**rows.DRAFT, "hold_out_percent": 20}


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A campaign of the county, and the place it is run at."""

    office: Installation
    number: str

    @property
    def campaign(self) -> Campaign:
        """The campaign as it is now."""
        session = self.office.session
        return session.scalars(select(Campaign).where(Campaign.number == self.number)).one()

    @property
    def process(self) -> Process:
        """Its process."""
        process: Process | None = self.campaign.process
        assert process is not None
        return process

    def submit(self, **changed: Any) -> None:
        """The planner hands in the plan; the background makes the list."""
        self.office.decide("yefang", "draft_campaign", "submit", {**DRAFT, **changed})

    def confirm(self) -> None:
        """The keeper of the channel takes everybody, for Thursday."""
        audience = self.campaign.audience
        assert audience is not None
        people = audience.frozen - audience.control
        wanted = {"people": people, "from_day": THURSDAY.isoformat(), "to_day": THURSDAY.isoformat()}
        self.office.decide("huangzhiyong", "confirm_channel", "confirm", wanted)

    def dispatch(self) -> None:
        """From the first draft to the list that left: the prefecture returned the plan once."""
        self.submit()
        self.office.decide("gaoyang", "prefecture_review", "adjust", opinion="人数太多")
        self.submit(people_cap=150, remark="人数降到一百五")
        self.office.decide("gaoyang", "prefecture_review", "pass", opinion="同意")
        self.office.decide("chenliqun", "province_review", "pass", opinion="同意")
        self.confirm()
        self.office.go_to(THURSDAY)

    def receipts(self) -> list[Mapping[str, str]]:
        """What the SMS centre says of every message: one in ten did not arrive."""
        asked = select(Contact.message_id).where(Contact.state == "handed_over").order_by(Contact.id)
        at = "2026-03-05T02:00:00+00:00"
        return [
            {"key": f"R-{message}", "message_id": message, "status": status_of(place), "at": at}
            for place, message in enumerate(self.office.session.scalars(asked))
        ]

    def evaluate(self) -> None:
        """The window passes, its figures are computed and concluded."""
        self.office.go_to(DAY + timedelta(days=20))
        answer = {"conclusion": "没有提升", "verdict": "not_proven", "keep_as_scenario": False}
        self.office.decide("jiangtao", "summarise", "done", {**answer, "scenario_name": ""})

    def told(self) -> dict[str, Any]:
        """What is left in the tables, without ids that are drawn anew each time."""
        office, campaign, process = self.office, self.campaign, self.process
        session, audience = office.session, campaign.audience
        assert audience is not None
        return {
            "campaign": (campaign.number, campaign.submissions, campaign.people_cap, campaign.created_at),
            "audience": (audience.matched, audience.reachable, audience.frozen, audience.control),
            "waterfall": audience.waterfall,
            "list": audience.file_digest,
            "orders": [
                (order.number, order.people, order.state, order.planned_at, order.suppressed)
                for order in session.scalars(select(WorkOrder).order_by(WorkOrder.number))
            ],
            "contacts": session.execute(
                select(Contact.sid, Contact.message_id, Contact.state, Contact.settled_at).order_by(
                    Contact.sid
                )
            ).all(),
            "to-dos": session.execute(
                select(ToDo.path, ToDo.state, ToDo.outcome, ToDo.closed_by, ToDo.closed_at).order_by(ToDo.id)
            ).all(),
            "history": session.execute(
                select(HistoryEvent.seq, HistoryEvent.verb, HistoryEvent.element, HistoryEvent.at)
                .where(HistoryEvent.chain == f"process:{process.id}")
                .order_by(HistoryEvent.seq)
            ).all(),
            "end": (process.state, process.outcome),
            "verified": office.engine.verify(None),
            "figures": session.scalars(select(Evaluation.figures).where(Evaluation.is_final)).one(),
        }


def status_of(place: int) -> str:
    """Every tenth message fails."""
    return "UNDELIV" if place % 10 == 0 else "DELIVRD"


def go_round(office: Installation) -> dict[str, Any]:
    """The whole way, from the first page to the conclusion, each receipt sent twice; what is left of it."""
    campaign = office.begin("yefang", "彩铃潜在用户推荐")
    journey = Journey(office=office, number=campaign.number)
    journey.dispatch()
    receipts = journey.receipts()
    answered = [office.hand_in("receipts", receipts) for _ in range(2)]
    office.go_to(THURSDAY + timedelta(days=1))
    journey.evaluate()
    return {**journey.told(), "answered": answered}
