"""Jobs run outside the step, errors of the business take the way drawn for them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.engine import JobNotDue, JobNotFailed, ReasonMissing
from app.engine.jobs import LEASE, MOST_ATTEMPTS
from models.base import Problem
from models.process import Incident
from tests.engine import draw
from tests.engine.world import ME, START, World, op


class ChannelDown(Problem):
    """An error of the business with a code."""

    message = "The channel %(channel)s is down."
    error_code = "DOWN"


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


def incidents(w: World) -> list[Incident]:
    return list(w.session.scalars(select(Incident).order_by(Incident.id)))


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


def guarded(code: str = "DOWN", at: str = "call") -> bytes:
    inside = draw.process(
        "inner",
        draw.start("i"),
        draw.parallel("f"),
        draw.service("send", "x.send"),
        draw.service("more", "x.more"),
        draw.user("ask"),
        draw.parallel("j"),
        draw.end("ie"),
        draw.way("i", "f", "send", "j", "ie"),
        draw.way("f", "more", "j"),
        draw.way("f", "ask", "j"),
        *(
            [
                draw.border("inner_catch", "send", draw.error(code)),
                draw.end("ie2"),
                draw.way("inner_catch", "ie2"),
            ]
            if at == "task"
            else []
        ),
    )
    return draw.file(
        draw.errors("DOWN", "OTHER"),
        draw.process(
            "p",
            draw.start(),
            draw.call("go", "inner"),
            draw.border("down", "go", draw.error(code if code != "any" else ""), result="why"),
            draw.user("mend"),
            draw.end(),
            draw.end("end2"),
            draw.way("start", "go", "end"),
            draw.way("down", "mend", "end2"),
        ),
        inside,
    )


@pytest.mark.parametrize("kind", ["operation", "job"])
@pytest.mark.parametrize("code", ["DOWN", "any"])
def test_an_error_takes_the_way_drawn_for_it(world, kind, code):
    later = []
    w = world(
        op("x.send", failing0(ChannelDown(channel="sms")), kind=kind),
        op("x.more", lambda: later.append(1) or {}, kind="job"),
    )
    w.publish("p", guarded(code))
    p = w.begin("p")
    w.run_jobs()
    assert w.elements() == ["mend"]
    assert w.open()[0].variables["why"] == {"code": "DOWN", "message": "The channel sms is down."}
    w.rows_follow_the_tree(p)
    assert incidents(w) == []
    w.do("mend")
    assert w.process(p).outcome == "end2"


def failing0(problem):
    def run():
        raise problem

    return run


def test_after_an_error_nothing_else_inside_runs(world):
    ran = []
    w = world(op("x.send", failing0(ChannelDown(channel="sms"))), op("x.more", lambda: ran.append(1) or {}))
    w.publish("p", guarded())
    w.begin("p")
    assert w.elements() == ["mend"]
    assert ran in ([], [1])
    assert len(w.open()) == 1


def test_an_error_of_another_code_is_not_caught(world):
    w = world(op("x.send", failing0(ChannelDown(channel="sms"))), op("x.more", lambda: {}))
    w.publish("p", guarded("OTHER"))
    with pytest.raises(ChannelDown):
        w.begin("p")


def test_the_nearest_border_catches(world):
    w = world(op("x.send", failing0(ChannelDown(channel="sms"))), op("x.more", lambda: {}))
    w.publish("p", guarded(at="task"))
    p = w.begin("p")
    assert w.elements() == ["ask"]
    w.rows_follow_the_tree(p)


def ending(caught: bool = True) -> bytes:
    inside = draw.process(
        "inner",
        draw.start("i"),
        draw.user("ask"),
        draw.end("bad", draw.error("DOWN")),
        draw.way("i", "ask", "bad"),
    )
    border = (
        draw.border("down", "go", draw.error("DOWN")) + draw.user("mend") + draw.end("end2") if caught else ""
    )
    ways = draw.way("start", "go", "after", "end") + (draw.way("down", "mend", "end2") if caught else "")
    outer = draw.process(
        "p", draw.start(), draw.call("go", "inner"), border, draw.user("after"), draw.end(), ways
    )
    return draw.file(draw.errors("DOWN"), outer, inside)


def test_an_error_end_goes_to_the_border_and_the_call_does_not_go_on(world):
    w = world()
    w.publish("p", ending())
    p = w.begin("p")
    w.do("ask")
    assert w.elements() == ["mend"]
    w.rows_follow_the_tree(p)


def test_an_error_end_caught_nowhere_is_said(world):
    from app.engine import ErrorNotCaught

    w = world()
    w.publish("p", ending(caught=False))
    w.begin("p")
    with pytest.raises(ErrorNotCaught):
        w.do("ask")
    assert w.elements() == ["ask"]
