"""Two web processes and two workers on one database take campaigns through at the same time, and agree."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.orm import Session

from demo.visitor import Page, Refused, wait_until
from models.base import db
from models.campaign import Campaign
from models.clock import DemoClock
from models.execution import Contact, WorkOrder
from models.history import HistoryEvent
from models.organisation import Staff, StaffRole
from models.process import Incident, Job, Process, ToDo
from models.schedule import Leadership, ScheduledRun
from tests.postgresql.cluster import Cluster, name_of
from tests.postgresql.conftest import Template
from tests.postgresql.installation import opened
from tests.postgresql.nodes import Nodes, People, at_work
from tests.postgresql.test_races import WAITING

pytestmark = pytest.mark.postgresql

THURSDAY = date(2026, 3, 5)
SOON = 120.0
CAMPAIGNS = 3


@pytest.fixture(scope="module")
def nodes(cluster: Cluster, template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    folder = tmp_path_factory.mktemp("nodes")
    database = cluster.new_database(name_of(template.database))
    shutil.copytree(template.folder, folder, dirs_exist_ok=True)
    appoint_a_second_approver(folder, database)
    names = ("web0", "web1", "worker0", "worker1")
    with at_work(folder, database, names, {"BY_FILE": "sms,call"}) as found:
        yield found


def appoint_a_second_approver(folder: Path, database: str) -> None:
    """A colleague of the province's approver, who may decide whatever she may."""
    with opened(folder, database):
        first = db.session.scalars(select(Staff).where(Staff.login == "chenliqun")).one()
        second = Staff(
            login="second", name="第二人", name_en="Second", password_hash=first.password_hash,
            office_id=first.office_id, department_id=first.department_id,
            roles=[StaffRole(role="approver")],
        )  # fmt: skip
        db.session.add(second)
        db.session.commit()


@pytest.fixture(scope="module")
def engine(nodes: Nodes) -> Iterator[Engine]:
    engine = create_engine(nodes.database)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@contextmanager
def explained(nodes: Nodes, session: Session) -> Iterator[None]:
    """Where one waits in vain, the failure says how far the jobs are and what the processes said."""
    try:
        yield
    except TimeoutError as late:
        session.rollback()
        for job in session.scalars(select(Job).order_by(Job.id)):
            late.add_note(
                f"{job.process_id} {job.operation} {job.state} {job.attempts} {job.due_at} {job.fields}"
            )
        for name in nodes.processes:
            late.add_note(f"{name}: {nodes.log(name)[-2000:]}")
        raise


def together(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each of these gave; all are done at the same time."""
    with ThreadPoolExecutor(len(acts)) as threads:
        return [one.result() for one in [threads.submit(act) for act in acts]]


def to_approval(people: People) -> str:
    """A campaign of the province, handed in; its number."""
    number = people.begin("zhoulan", "H01", "彩铃潜在用户推荐")
    people.submit("zhoulan", number, THURSDAY, 10)
    return number


@pytest.fixture(scope="module")
def campaigns(nodes: Nodes) -> list[str]:
    """Several campaigns that wait for an approver, begun at the same time through both web processes."""
    acts = [lambda n=n: to_approval(People(nodes.urls[n % 2])) for n in range(CAMPAIGNS)]
    return together(acts)


def test_campaigns_begun_at_once_have_numbers_of_their_own(campaigns: list[str]) -> None:
    assert sorted(campaigns) == [f"HD-00-2026-00{place}" for place in range(1, CAMPAIGNS + 1)]


def decide(people: People, login: str, to_do: int) -> Callable[[], Page | Refused]:
    """Read the page; what is given back presses the button."""
    visitor = people.person(login)
    form = visitor.get(f"/to-dos/{to_do}").form(f"/to-dos/{to_do}/decide")

    def press() -> Page | Refused:
        try:
            return visitor.submit(form, {"opinion": f"同意，{login}", "outcome": "pass"})
        except Refused as refused:
            return refused

    return press


def pressed_at_once(engine: Engine, process: int, presses: list[Callable[[], Any]]) -> list[Any]:
    """Both wait in the database for the same row before either is let go."""
    with ThreadPoolExecutor(len(presses)) as threads, engine.connect() as holder:
        holder.execute(select(Process.id).where(Process.id == process).with_for_update())
        running = [threads.submit(press) for press in presses]
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watcher:
            until = time.monotonic() + SOON
            while watcher.scalar(WAITING) < len(presses):
                assert time.monotonic() < until, [one.result() for one in running if one.done()]
                time.sleep(0.02)
        holder.rollback()
        return [one.result() for one in running]


@dataclass(frozen=True, kw_only=True)
class Race:
    """What two people got who decided the same to-do at the same time."""

    process: int
    to_do: int
    said: list[Page | Refused]


@pytest.fixture(scope="module")
def race(nodes: Nodes, engine: Engine, campaigns: list[str]) -> Race:
    """The first campaign is decided by two people at two web processes."""
    left, right = (People(url) for url in nodes.urls)
    to_do = left.waiting("chenliqun", campaigns[0], "province_review")
    assert right.waiting("second", campaigns[0], "province_review") == to_do
    with Session(engine) as session:
        process = session.scalars(select(ToDo.process_id).where(ToDo.id == to_do)).one()
    presses = [decide(left, "chenliqun", to_do), decide(right, "second", to_do)]
    return Race(process=process, to_do=to_do, said=pressed_at_once(engine, process, presses))


def test_of_two_people_at_two_web_processes_one_decides_and_the_other_is_told_by_whom_and_when(
    session: Session, race: Race
) -> None:
    [late] = [one for one in race.said if isinstance(one, Refused)]
    assert late.status == 409
    winner = session.scalars(select(ToDo.closed_by).where(ToDo.id == race.to_do)).one()
    name = {"chenliqun": "陈立群", "second": "第二人"}[winner]
    assert f"{name}于今天 08:30处理" in late.text.replace("此待办已由", "")
    loser = "second" if winner == "chenliqun" else "chenliqun"
    assert f"同意，{loser}" in late.text, "what was typed is not lost"
    verbs = session.execute(
        select(HistoryEvent.actor, HistoryEvent.verb).where(
            HistoryEvent.chain == f"process:{race.process}",
            HistoryEvent.actor.in_(("chenliqun", "second")),
            HistoryEvent.verb.in_(("completed", "refused")),
        )
    ).all()
    assert sorted(verbs) == sorted([(winner, "completed"), (loser, "refused")])


def go_on(nodes: Nodes, place: int, number: str) -> None:
    """What is left to decide of a campaign, through either web process."""
    people = People(nodes.urls[place % 2])
    if place:
        people.decide("second" if place % 2 else "chenliqun", number, "province_review", "pass")
    people.confirm("huangzhiyong", number, THURSDAY, THURSDAY)


@pytest.fixture(scope="module")
def lists(nodes: Nodes, engine: Engine, campaigns: list[str], race: Race) -> int:
    """The campaigns are taken on until their lists have left; how many those are."""
    with Session(engine) as session, explained(nodes, session):
        together([lambda n=n, number=number: go_on(nodes, n, number) for n, number in enumerate(campaigns)])
        session.scalars(select(DemoClock)).one().now = wake_at(session)
        session.commit()
        return int(wait_until("every list left", lambda: handed_over(session, len(campaigns)), SOON))


def test_both_workers_take_the_campaigns_on_and_nothing_is_done_twice(
    nodes: Nodes, session: Session, lists: int
) -> None:
    assert lists == CAMPAIGNS
    wait_until("every job is closed", lambda: set(tries(session)) == {("done", 1)}, SOON)
    assert session.scalar(select(func.count(Incident.id))) == 0
    assert_each_met_once(session, nodes.folder)


def tries(session: Session) -> Counter[tuple[str, int]]:
    """How many jobs are in each state after so many tries."""
    session.rollback()
    found = session.execute(select(Job.state, Job.attempts))
    return Counter((state, attempts) for state, attempts in found)


def wake_at(session: Session) -> Any:
    """Thursday at nine, and the workers are told."""
    session.execute(text("SELECT pg_notify('bihuan', '')"))
    return session.scalar(select(func.max(WorkOrder.planned_at)))


def handed_over(session: Session, wanted: int) -> int:
    """How many lists left, once that is all."""
    session.rollback()
    found = session.scalar(select(func.count(WorkOrder.id)).where(WorkOrder.state == "dispatched")) or 0
    return found if found == wanted else 0


def assert_each_met_once(session: Session, folder: Path) -> None:
    """Every list holds whom the tables say, and no customer is met twice for one campaign."""
    for order in session.scalars(select(WorkOrder)):
        manifest = json.loads((folder / "out" / "sms" / f"{order.number}.manifest.json").read_text())
        met = select(func.count(Contact.id), func.count(Contact.sid.distinct()))
        rows, people = session.execute(
            met.where(Contact.work_order_id == order.id, Contact.contacted_at.is_not(None))
        ).one()
        assert rows == people == manifest["rows"] == order.people


def test_one_clock_leads_and_every_moment_is_worked_once(nodes: Nodes, session: Session) -> None:
    def over() -> bool:
        session.rollback()
        return set(session.scalars(select(ScheduledRun.state))) == {"done"}

    wait_until("regular work done", over, SOON)
    assert len(session.scalars(select(Leadership)).all()) == 1
    runs = session.execute(select(ScheduledRun.name, ScheduledRun.due_at, ScheduledRun.attempts)).all()
    assert len({(run.name, run.due_at) for run in runs}) == len(runs)
    assert {run.attempts for run in runs} == {1}


def test_no_process_complained(nodes: Nodes, session: Session, lists: int) -> None:
    for name, process in nodes.processes.items():
        assert process.poll() is None, name
        assert "Traceback" not in nodes.log(name), nodes.log(name)[-2000:]
    with opened(nodes.folder, nodes.database) as office:
        assert office.engine.verify(None).broken == []
    assert session.scalar(select(func.count(Campaign.id))) == CAMPAIGNS
