"""A call list of one day and the people who work it, on real tables and a real warehouse."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from handlers.channels import calls
from handlers.channels.calls import CallCentre, Held, Recorded, Result
from models.base import Problem, db
from models.call import Call, CallAttempt, OrderRequest
from models.campaign import Campaign
from models.execution import Contact, WorkOrder
from models.product import Product
from tests.factories import rows
from tests.factories.stage import Stage

KEYS = count(1)


@dataclass
class Desk:
    """One call list, its campaign, and the verbs of those who work it."""

    stage: Stage
    campaign: Campaign
    order: WorkOrder
    sids: list[int] = field(default_factory=list)
    #: what stands against a campaign
    withdrawn: Problem | None = None

    @property
    def centre(self) -> CallCentre:
        """What calling needs beside the tables."""
        workshop = self.stage.workshop
        return CallCentre(
            warehouse=workshop.warehouse,
            decide=workshop.decide,
            require_approval=self.require_approval,
            signature=workshop.signature,
        )

    def require_approval(self, campaign: Campaign) -> None:
        """Approved, unless a test has it withdrawn."""
        if self.withdrawn is not None:
            raise self.withdrawn

    def pull(self, login: str = "dujuan") -> Held | None:
        """What this call agent gets now."""
        return calls.pull(db.session, self.centre, login, self.stage.now)

    def take(self, login: str = "dujuan") -> Held:
        """As `pull`, where something must be due."""
        held = self.pull(login)
        assert held is not None
        return held

    def say(self, held: Held, outcome: str, login: str = "dujuan", **more: Any) -> Recorded:
        """Record a result for what was pulled."""
        more.setdefault("key", f"k{next(KEYS)}")
        result = Result(outcome=outcome, **more)  # type: ignore[arg-type]
        return calls.record(db.session, self.centre, held.call_id, held.fence, login, result, self.stage.now)

    def ask(self, held: Held, product: str = "CRBT", login: str = "dujuan") -> calls.Question:
        """Put the question of an order to the customer."""
        return calls.ask_order(
            db.session, self.centre, held.call_id, held.fence, login, product, self.stage.now
        )

    def yes(self, held: Held) -> int:
        """The customer answers 是."""
        confirmed = calls.confirm_orders(db.session, held.sid, self.stage.now)
        db.session.commit()
        return confirmed

    def in_vain(self, times: int = 1) -> Recorded:
        """So many tries nobody answers, each at its time."""
        for _ in range(times):
            said = self.say(self.take(), "not_reached", reason="no_answer")
            if said.next_at is not None:
                self.stage.now = said.next_at
        return said

    def leave_only(self, held: Held) -> None:
        """Nobody else is on the list."""
        db.session.query(Call).filter(Call.id != held.call_id).update({"state": "done"})
        db.session.commit()

    def later(self, **more: float) -> None:
        """Time passes."""
        self.stage.now += timedelta(**more)

    def call(self, held: Held) -> Call:
        """The row, as it is now."""
        db.session.expire_all()
        return db.session.get_one(Call, held.call_id)

    def contact(self, held: Held) -> Contact:
        """The customer's contact, as it is now."""
        db.session.expire_all()
        return db.session.get_one(Contact, held.contact_id)

    def attempts(self) -> list[CallAttempt]:
        """Every try so far."""
        return list(db.session.query(CallAttempt).order_by(CallAttempt.id))

    def requests(self) -> list[OrderRequest]:
        """Every order asked for."""
        db.session.expire_all()
        return list(db.session.query(OrderRequest).order_by(OrderRequest.id))


def willing(stage: Stage, people: int, after: int = 0) -> list[int]:
    """Customers of the snapshot who refuse nothing and were called by nobody."""
    sids = stage.province.sids_where("NOT dnd_call AND NOT out_of_use")
    counts = stage.province.warehouse.history.counts
    met = set(counts(stage.now.date() - timedelta(days=60), stage.now.date())["sid"].to_pylist())
    free = [int(sid) for sid in sids if sid not in met]
    return free[after : after + people]


def open_list(
    stage: Stage,
    sids: Sequence[int],
    products: Sequence[str] = ("CRBT",),
    at: datetime | None = None,
    **changed: Any,
) -> Desk:
    """A work order of today with these customers, opened for calling."""
    campaign = rows.drafted_campaign(channels=("call",), products=tuple(products), **changed)
    at = at or stage.now
    order = WorkOrder(
        number=f"RW-00-2026-{campaign.id:04d}",
        campaign_id=campaign.id,
        submission=1,
        channel="call",
        planned_on=at.date(),
        planned_at=at,
        people=len(sids),
        content=rows.SCRIPT,
        state="dispatched",
    )
    db.session.add(order)
    db.session.flush()
    for place, sid in enumerate(sids, start=1):
        db.session.add(
            Contact(
                campaign_id=campaign.id,
                work_order_id=order.id,
                sid=sid,
                channel="call",
                message_id=f"{order.number}-{place}",
            )
        )
    db.session.flush()
    calls.open_calls(db.session, order, at)
    db.session.commit()
    return Desk(stage=stage, campaign=campaign, order=order, sids=list(sids))


def sell_by_word() -> None:
    """Both products can be ordered by a word, so a success needs the customer's yes."""
    for product, word in (("CRBT", "KTCL"), ("CLUB", "GJHY")):
        db.session.query(Product).filter_by(code=product).one().order_word = word
    db.session.commit()
