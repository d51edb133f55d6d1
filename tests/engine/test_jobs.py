"""Operations run inside the step, jobs outside it; what fails is an incident a person sees."""

from datetime import timedelta

import pytest

from app.engine import JobNotDue, JobNotFailed, ReasonMissing
from app.engine.jobs import LEASE, MOST_ATTEMPTS
from models.base import Problem
from tests.engine import draw
from tests.engine.world import ME, START, incidents, op


class Broken(Problem):
    """An error nobody drew a way for."""

    message = "Broken at %(place)s."


def work(name: str = "x.work", **how: object) -> bytes:
    return draw.file(
        draw.process(
            "p",
            draw.start(),
            draw.service("work", name, "got", n="n * 2", **how),
            draw.user("after"),
            draw.end(),
            draw.way("start", "work", "after", "end"),
        )
    )


def failing(times: int, problem: Exception, seen: list | None = None):
    left = [times]

    def run(n, **more):
        if seen is not None:
            seen.append(more)
        if left[0]:
            left[0] -= 1
            raise problem
        return {"n": n}

    return run


def test_an_operation_runs_inside_the_step(world):
    w = world(op("x.work", lambda n, now: {"n": n, "at": now.isoformat()}, "n", wants_now=True))
    w.publish("p", work())
    p = w.begin("p", n=4)
    assert w.open()[0].variables["got"] == {"n": 8, "at": START.isoformat()}
    assert "operation" in w.verbs(p)


def test_without_a_variable_the_names_of_the_result_are_variables(world):
    w = world(op("x.work", lambda: {"route": ["a"], "needed": 1}))
    body = draw.process(
        "p",
        draw.start(),
        draw.service("s", "x.work"),
        draw.user("u"),
        draw.end(),
        draw.way("start", "s", "u", "end"),
    )
    w.publish("p", draw.file(body))
    w.begin("p")
    assert w.open()[0].variables == {"route": ["a"], "needed": 1}


def test_a_failing_operation_undoes_the_whole_step(world):
    w = world(op("x.work", failing(1, Broken(place="here")), "n"))
    w.publish(
        "p",
        draw.file(
            draw.process(
                "p",
                draw.start(),
                draw.user("ask"),
                draw.service("work", "x.work", n="n"),
                draw.end(),
                draw.way("start", "ask", "work", "end"),
            )
        ),
    )
    p = w.begin("p", n=1)
    before = w.process(p).revision, w.verbs(p)
    with pytest.raises(Broken):
        w.do("ask")
    assert (w.process(p).revision, w.verbs(p)) == before
    assert w.elements() == ["ask"]
    w.do("ask")
    assert w.process(p).state == "done"


def test_operations_work_on_copies(world):
    def spoil(rows):
        rows.append("spoiled")
        return {}

    w = world(op("x.work", spoil, "rows"))
    body = draw.process(
        "p",
        draw.start(),
        draw.service("s", "x.work", rows="rows"),
        draw.user("u"),
        draw.end(),
        draw.way("start", "s", "u", "end"),
    )
    w.publish("p", draw.file(body))
    w.begin("p", rows=["a"])
    assert w.open()[0].variables == {"rows": ["a"]}


def test_a_job_is_a_row_first_and_completes_in_a_second_step(world):
    seen = []
    w = world(op("x.work", failing(0, Broken(), seen), "n", kind="job", wants_now=True, wants_key=True))
    w.publish("p", work())
    p = w.begin("p", n=4)
    job = w.jobs()[0]
    assert (job.state, job.operation, job.arguments, seen) == ("ready", "x.work", {"n": 8}, [])
    w.rows_follow_the_tree(p)
    w.now += timedelta(minutes=5)
    assert w.run_jobs() == [job.id]
    assert seen == [{"now": w.now, "key": job.key}]
    assert w.jobs()[0].state == "done"
    assert w.open()[0].variables["got"] == {"n": 8}
    assert [v for v in w.verbs(p) if v.startswith("job")] == ["job_started", "job_done"]
    w.rows_follow_the_tree(p)


def test_a_job_runs_outside_any_transaction(world):
    w = world()
    w.operations["x.work"] = op("x.work", lambda n: {"open": w.session.in_transaction()}, "n", kind="job")
    w.publish("p", work())
    w.begin("p", n=1)
    w.run_jobs()
    assert w.open()[0].variables["got"] == {"open": False}


def test_a_failed_job_is_an_incident_until_somebody_retries(world):
    seen = []
    w = world(op("x.work", failing(1, Broken(place="wire"), seen), "n", kind="job", wants_key=True))
    w.publish("p", work())
    p = w.begin("p", n=1)
    w.run_jobs()
    job = w.jobs()[0]
    found = incidents(w)[0]
    assert (job.state, found.message, found.fields, found.state) == (
        "failed",
        "Broken at %(place)s.",
        {"place": "wire"},
        "open",
    )
    w.rows_follow_the_tree(p)
    assert w.run_jobs() == []
    with pytest.raises(ReasonMissing):
        w.engine.retry(job.id, ME, " ")
    w.engine.retry(job.id, ME, "the wire is mended")
    w.run_jobs()
    assert w.elements() == ["after"]
    assert (incidents(w)[0].state, incidents(w)[0].repaired_by) == ("repaired", "zhoulan")
    assert seen[0] == seen[1]
    assert w.verbs(p)[1:] == ["job_started", "job_failed", "retried", "job_done"]


def test_only_a_failed_job_is_retried(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    with pytest.raises(JobNotFailed):
        w.engine.retry(w.jobs()[0].id, ME, "why not")


def test_the_diagram_may_ask_for_more_tries_with_growing_pauses(world):
    w = world(op("x.work", failing(2, Broken(place="wire")), "n", kind="job"))
    w.publish("p", work(retries=2))
    w.begin("p", n=1)
    w.run_jobs()
    first = w.jobs()[0].due_at - w.now
    assert w.run_jobs() == []
    w.now += first
    w.run_jobs()
    second = w.jobs()[0].due_at - w.now
    assert timedelta(minutes=1) <= first <= timedelta(minutes=1.25)
    assert timedelta(minutes=2) <= second <= timedelta(minutes=2.5)
    w.now += second
    w.run_jobs()
    assert w.elements() == ["after"]
    assert incidents(w) == []


def test_two_workers_one_wins(world):
    w = world()
    lost = []

    def slow(n):
        with pytest.raises(JobNotDue):
            w.engine.run_job(job.id)
        lost.append(1)
        return {}

    w.operations["x.work"] = op("x.work", slow, "n", kind="job")
    w.publish("p", work())
    w.begin("p", n=1)
    job = w.jobs()[0]
    w.run_jobs()
    assert lost == [1]
    assert w.elements() == ["after"]


def test_a_lost_worker_comes_too_late(world):
    """Its lease ran out, another worker did the job; its own result is dropped by the fence."""
    w = world()
    calls = []

    def slow(n):
        calls.append(1)
        if len(calls) == 1:
            w.now += LEASE + timedelta(seconds=1)
            w.run_jobs()
        return {"call": len(calls)}

    w.operations["x.work"] = op("x.work", slow, "n", kind="job")
    w.publish("p", work())
    p = w.begin("p", n=1)
    w.run_jobs()
    assert len(calls) == 2
    assert w.verbs(p).count("job_done") == 1
    assert w.elements() == ["after"]


def test_a_job_that_never_comes_back_is_given_up(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    job = w.jobs()[0]
    job.attempts = MOST_ATTEMPTS
    w.session.commit()
    w.run_jobs()
    assert w.jobs()[0].state == "failed"
    assert incidents(w)[0].fields == {"attempts": str(MOST_ATTEMPTS)}


def test_a_result_that_is_no_json_is_an_incident(world):
    w = world(op("x.work", lambda n: {"bad": object()}, "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    w.run_jobs()
    assert "not plain JSON" in incidents(w)[0].message


def test_a_stopped_process_cancels_its_jobs_and_repairs_incidents(world):
    w = world(op("x.work", failing(1, Broken(place="x")), "n", kind="job"))
    w.publish("p", work())
    p = w.begin("p", n=1)
    w.run_jobs()
    w.engine.stop(p, ME, "not wanted")
    assert [j.state for j in w.jobs()] == ["cancelled"]
    assert [i.state for i in incidents(w)] == ["repaired"]
    assert w.process(p).state == "stopped"
    assert w.verbs(p)[-1] == "stopped"
    w.rows_follow_the_tree(p)
