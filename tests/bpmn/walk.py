"""A rig to walk the diagrams: real engine, diagrams, forms and tables; our own operations, people and clock.

Every verb reads the process back from the database, so a walk is also a walk through restarts.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from lxml import etree
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, scoped_session, sessionmaker

import models.tables  # noqa: F401
from app.engine import SYSTEM, Actor, Bundle, Engine
from handlers import loop
from handlers.decisions import Library
from handlers.operation import FROM_HOST, Operation, Result, operations_of
from models.base import Base, prepare_engine
from models.process import Candidate, Job, MessageWait, OpenNode, Process, ProcessVersion, ToDo

BPMN = Path(__file__).parents[2] / "bpmn"
NAMESPACE = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
STAGES = ("analyse", "plan", "approve", "confirm", "dispatch", "feedback", "evaluate")
#: processes beside the loop, each of one diagram
OTHERS = ("reconcile",)
DIAGRAMS = ("loop", *STAGES, *OTHERS)
#: Monday, nine in the morning where the company works
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CAMPAIGN = 17
#: the line of the reconciliation a walk is about
BALANCE = 5
REAL = operations_of((*loop.STAGES, *loop.PROCESSES), workshop=None)

Script = Result | Callable[..., Result]

#: the flows of every walk of this session as diagram/flow, read off the engine at its end
taken: set[str] = set()
#: decision tables by digest; they never change, so all walks share them
library = Library()


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, kw_only=True)
class Call:
    """An operation the diagram called, with what it was given."""

    name: str
    given: Mapping[str, Any]


class People:
    """Appoints by role, and a keeper by channel; tasks that name their candidates are left alone."""

    PLACES = {"planner": "yefang", "evaluator": "jiangtao", "sms": "huangzhiyong", "call": "zhenghaiyan"}

    def to_do_opened(self, session: Session, to_do: ToDo, data: Mapping[str, Any]) -> None:
        """A single person has it at once."""
        role = to_do.properties.get("role")
        if role is not None:
            to_do.assignee = self.PLACES[data["channel"] if role == "channel_keeper" else role]
            to_do.candidates = [Candidate(login=to_do.assignee)]

    def to_do_closed(self, session: Session, to_do: ToDo) -> None:
        """Nobody needs to know."""

    def process_ended(self, session: Session, process: Process) -> None:
        """Nobody needs to know."""


def signing(flow: str = "submit", **steps: tuple[Sequence[Sequence[str]], int]) -> dict[str, Any]:
    """What find_route says: for each step who signs in how many to-dos, and how many passes are needed."""
    found: dict[str, Any] = {"flow": flow}
    for step in ("prefecture", "province", "leader"):
        signers, needed = steps.get(step, ((), 0))
        found |= {f"{step}_signers": [list(s) for s in signers], f"{step}_needed": needed}
        found[f"{step}_votes"] = []
    return found


def _find_route(steps: list[dict[str, Any]], **_: object) -> Result:
    """Any one of two people at each step the table names."""
    people = {"prefecture": "gaoyang", "province": "chenliqun", "leader": "xujianping"}
    named = {s["step"]: ([[people[s["step"]], "deputy"]], 1) for s in steps}
    return signing(steps[0]["flow"], **named)


def _record_decision(votes: list[str], is_passed: bool, **_: object) -> Result:
    return {"approval": "pass" if is_passed else "reject" if "reject" in votes else "adjust"}


#: what the operations say in a campaign of 900 people and 2,500 yuan of a county office
SAID: Mapping[str, Script] = {
    "analyse.read_scores": {"generation": "gen-20260301-1", "topics": ["crbt_potential"]},
    "analyse.list_opportunities": {"opportunities": [{"value": "CRBT", "label": "彩铃", "label_en": "Tone"}]},
    "analyse.record_opportunity": {"opportunities": []},
    "plan.record_campaign": {"campaign_type": "precision", "purpose": "acquire"},
    "plan.build_audience": {"audience_id": 4},
    "plan.exclude": None,
    "plan.hold_out": None,
    "plan.size": {"people": 900},
    "plan.withdraw_submission": None,
    "approve.bind": {
        "office_level": "county",
        "department": "market",
        "campaign_type": "precision",
        "people": 900,
        "cost": 2500.0,
    },
    "approve.find_route": _find_route,
    "approve.file_for_record": {"approval": "pass"},
    "approve.record_decision": _record_decision,
    "approve.reserve_contacts": {"reserved": 900},
    "confirm.ask_capacity": {"channels": ["sms"], "confirmations": []},
    "confirm.book": {"confirmation": "confirm"},
    "confirm.release": {"confirmation": "adjust"},
    "dispatch.split_work_orders": {"work_orders": [{"id": 1, "planned_at": "2026-03-05T09:00:00+08:00"}]},
    "dispatch.recheck_limits": {"suppressed": 3},
    "dispatch.hand_over": {"handed_over": 897},
    "dispatch.stop_work_orders": {"stopped": 1},
    "feedback.open_window": {"next_check": "2026-03-06T09:00:00+08:00"},
    "feedback.match_receipts": {"receipts": 10},
    "feedback.match_orders": {"orders": 2},
    "feedback.settle_contacts": {"is_over": True, "next_check": "2026-03-07T09:00:00+08:00"},
    "feedback.measure_so_far": None,
    "evaluate.measure_lift": {"lift_points": 8.7, "is_evaluable": True},
    "evaluate.measure_cost": {"cost_fen": 54_000},
    "evaluate.record_summary": {"keep_as_scenario_wanted": False},
    "evaluate.keep_as_scenario": None,
    "evaluate.return_labels": {"labels": 1000},
    "reconcile.weigh": {"finding": "other", "channel": "sms"},
    "reconcile.settle": {"settled": 3},
    "reconcile.explain": None,
}


def files(folder: str, kind: str) -> dict[str, bytes]:
    """The files of one kind of a folder of the process owners' room."""
    return {path.name: path.read_bytes() for path in sorted((BPMN / folder).glob(f"*.{kind}"))}


def the_loop(**changed: bytes) -> Bundle:
    """The bundle as it ships, with some of its diagrams changed: the_loop(approve=xml)."""
    diagrams = files("loop", "bpmn") | {f"{name}.bpmn": xml for name, xml in changed.items()}
    return Bundle(diagrams=diagrams, forms=files("forms", "json"), key="loop")


def other_process(key: str) -> Bundle:
    """A process beside the loop as it ships."""
    return Bundle(diagrams={f"{key}.bpmn": (BPMN / f"{key}.bpmn").read_bytes()}, key=key)


def with_answer(table: bytes, rule: str, column: str, text: str) -> bytes:
    """A decision table in which one rule gives another answer in one column."""
    tree = etree.fromstring(table)
    outputs = [output.get("name") for output in tree.iter("{*}output")]
    row = tree.find(f".//{{*}}rule[@id='{rule}']")
    row.findall("{*}outputEntry")[outputs.index(column)].find("{*}text").text = text
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


class Walk:
    """One world with the loop in force, in which campaigns go their way."""

    def __init__(self, database: Path) -> None:
        self.clock = Clock()
        self.calls: list[Call] = []
        self._said: dict[str, list[Script]] = {name: [said] for name, said in SAID.items()}
        self._bind = create_engine(f"sqlite:///{database}")
        prepare_engine(self._bind)
        self.session = scoped_session(sessionmaker(self._bind, expire_on_commit=False))
        self.engine = Engine(
            session_factory=self.session,
            clock=self.clock,
            operations={name: self._fake(real) for name, real in REAL.items()},
            decide=library.decide,
            listeners=[People()],
            live_processes=0,
        )
        self.process_id = 0

    def publish_tables(self, *tables: bytes) -> None:
        """Put decision tables in force."""
        for xml in tables:
            library.add(xml)
            self.engine.publish_decision(xml, SYSTEM)

    # -- what operations say

    def _fake(self, real: Operation) -> Operation:
        return replace(real, function=partial(self._called, real))

    def _called(self, real: Operation, **given: Any) -> Result:
        asked = set(given) - FROM_HOST
        assert set(real.required) <= asked <= set(real.parameters), real.name
        assert ("now" in given) == real.wants_now, real.name
        self.calls.append(Call(name=real.name, given=given))
        scripts = self._said[real.name]
        said = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        return said(**given) if callable(said) else said

    def says(self, operation: str, *scripts: Script) -> None:
        """Let an operation say this; of several, one a call and the last one ever after."""
        assert operation in REAL, operation
        self._said[operation] = list(scripts)

    def called(self, *names: str) -> list[str]:
        """The operations called so far in order; only those named, if any are."""
        return [call.name for call in self.calls if not names or call.name in names]

    def given(self, operation: str) -> Mapping[str, Any]:
        """What the latest call of an operation was given by the diagram."""
        latest = next(call for call in reversed(self.calls) if call.name == operation)
        return {name: value for name, value in latest.given.items() if name not in FROM_HOST}

    # -- verbs

    def start(self, skip_analysis: bool = True, campaign: int = CAMPAIGN) -> int:
        """Start a campaign's process; it becomes the one the other verbs speak of."""
        data = {"campaign_id": campaign, "skip_analysis": skip_analysis}
        self.process_id = self.engine.start("loop", "campaign", campaign, data, Actor("yefang")).id
        self.work()
        return self.process_id

    def reconcile(self, balance: int = BALANCE) -> int:
        """Start the process of a line that does not balance; it becomes the one the other verbs speak of."""
        data = {"balance_id": balance}
        self.process_id = self.engine.start("reconcile", "balance", balance, data, SYSTEM).id
        self.work()
        return self.process_id

    def decide(self, element: str, outcome: str, by: str = "", opinion: str = "", **answer: Any) -> ToDo:
        """Let a person take a minute and decide the first open to-do of an element that is theirs."""
        self.clock.now += timedelta(minutes=1)
        to_do = next(t for t in self.open_to_dos(element) if not by or t.may_be_decided_by(by))
        login = by or to_do.assignee or to_do.candidates[0].login
        if opinion == "" and outcome in to_do.properties.get("opinion_required", ""):
            opinion = "请写明资费"
        done = self.engine.complete(to_do.id, Actor(login), outcome, answer, opinion)
        self.work()
        return done

    def send(self, message: str, campaign: int = CAMPAIGN) -> int:
        """Deliver a message about the campaign."""
        reached = self.engine.deliver(message, campaign, {}, Actor("yefang"))
        self.work()
        return reached

    def go_to(self, day: int, hour: int = 9, minute: int = 0) -> None:
        """Move the clock to a day of March 2026, local time, and do what is due there."""
        self.clock.now = datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)
        self.work()

    def work(self) -> None:
        """Run what is due until nothing is."""
        for _ in range(50):
            timers = self.engine.due_timers(self.clock.now, 100)
            jobs = self.engine.due_jobs(self.clock.now, 100)
            self.session.rollback()
            if not timers and not jobs:
                return
            for process_id in timers:
                self.engine.wake(process_id)
            for job_id in jobs:
                job = self.engine.run_job(job_id)
                assert job.state in ("done", "cancelled"), (job.operation, job.state)
        raise AssertionError("there is always something due")

    # -- whole stretches

    def submit(self) -> None:
        """Hand in the draft."""
        self.decide("draft_campaign", "submit")

    def approve(self) -> None:
        """Say yes wherever a review is open, until none is."""
        while reviews := [t for t in self.open_elements() if t.endswith("_review")]:
            self.decide(reviews[0], "pass")

    def to_approve(self) -> None:
        """A new campaign, handed in."""
        self.start()
        self.submit()

    def to_confirm(self) -> None:
        """A new campaign, approved."""
        self.to_approve()
        self.approve()

    def to_dispatch(self) -> None:
        """A new campaign, confirmed by all its channels."""
        self.to_confirm()
        while self.open_to_dos("confirm_channel"):
            self.decide("confirm_channel", "confirm")

    def to_feedback(self) -> None:
        """A new campaign whose lists have left."""
        self.to_dispatch()
        self.go_to(5)

    def to_evaluate(self) -> None:
        """A new campaign whose window is over."""
        self.to_feedback()
        self.go_to(6)

    # -- what is

    @property
    def process(self) -> Process:
        """The process as its row says."""
        self.session.rollback()
        found = self.session.get(Process, self.process_id, populate_existing=True)
        assert found is not None
        return found

    def open_to_dos(self, element: str = "") -> list[ToDo]:
        """Open to-dos of the process, oldest first."""
        return [t for t in self.to_dos(element) if t.state == "open"]

    def to_dos(self, element: str = "") -> list[ToDo]:
        """All to-dos of the process, oldest first."""
        self.session.rollback()
        asked = select(ToDo).where(ToDo.process_id == self.process_id).order_by(ToDo.id)
        if element:
            asked = asked.where(ToDo.element == element)
        return list(self.session.scalars(asked, execution_options={"populate_existing": True}))

    def open_elements(self) -> list[str]:
        """Elements at which a person is asked, one a to-do."""
        return [to_do.element for to_do in self.open_to_dos()]

    def stages(self) -> set[str]:
        """What is open at the top of the diagram."""
        asked = select(OpenNode.element).where(OpenNode.process_id == self.process_id, OpenNode.depth == 0)
        found = set(self.session.scalars(asked))
        self.session.rollback()
        return found & set(STAGES)

    def waits(self) -> set[str]:
        """Messages the process would hear."""
        asked = select(MessageWait.name).where(MessageWait.process_id == self.process_id)
        found = set(self.session.scalars(asked))
        self.session.rollback()
        return found

    def jobs(self, state: str) -> list[str]:
        """Operations of the jobs in this state."""
        mine = (Job.process_id == self.process_id, Job.state == state)
        found = list(self.session.scalars(select(Job.operation).where(*mine).order_by(Job.id)))
        self.session.rollback()
        return found

    def flows(self) -> set[str]:
        """Flows the process has taken, as diagram/flow."""
        found = self.engine.path(self.process_id).flows
        self.session.rollback()
        return {_in_diagram(flow, self._key(self.process_id)) for flow in found}

    def _key(self, process_id: int) -> str:
        asked = select(ProcessVersion.key).join(Process).where(Process.id == process_id)
        key: str = self.session.scalars(asked).one()
        self.session.rollback()
        return key

    def close(self) -> None:
        """Remember the flows of every process, check the history, and let go of the database."""
        if self.engine.verify().broken:
            raise AssertionError("a walk left a broken chain of history")
        for process_id in self.session.scalars(select(Process.id)).all():
            key = self._key(process_id)
            taken.update(_in_diagram(flow, key) for flow in self.engine.path(process_id).flows)
        self.session.remove()
        self._bind.dispose()


def _in_diagram(flow: str, key: str) -> str:
    """Calling elements are called like the diagrams they call; a sub-process belongs to its diagram."""
    path, _, name = flow.rpartition("/")
    return f"{path.split('/')[0] or key}/{name}"


def drawn_flows() -> set[str]:
    """Every sequence flow of every diagram that ships, as diagram/flow."""
    return {
        f"{name}/{flow.get('id')}"
        for name in DIAGRAMS
        for flow in etree.parse(next(BPMN.rglob(f"{name}.bpmn"))).iter(f"{NAMESPACE}sequenceFlow")
    }


def prepare(folder: Path) -> Path:
    """A database with the shipped tables and diagrams in force, to be copied for each walk."""
    database = folder / "template.sqlite"
    bind = create_engine(f"sqlite:///{database}")
    prepare_engine(bind)
    Base.metadata.create_all(bind)
    bind.dispose()
    walk = Walk(database)
    walk.publish_tables(*files("rules", "dmn").values())
    walk.engine.publish(the_loop(), SYSTEM)
    for key in OTHERS:
        walk.engine.publish(other_process(key), SYSTEM)
    walk.close()
    return database


def begin(template: Path, folder: Path) -> Walk:
    """A fresh world out of the prepared one."""
    database = folder / "walk.sqlite"
    shutil.copyfile(template, database)
    return Walk(database)
