"""Operations run inside the step, jobs outside it; what fails is an incident a person sees."""

import json
from datetime import timedelta

import pytest

from app.engine import JobNotDue
from app.engine.problems import Unforeseen
from app.engine.tries import JITTER, LEASE, LONGEST_PAUSE, PAUSE, TRIES
from app.engine.working import Outcome
from models.base import Problem
from models.history import HistoryEvent
from tests.engine import draw
from tests.engine.world import ME, START, incidents, op


class Broken(Problem):
    """An error nobody drew a way for."""

    message = "Broken at %(place)s."


class Passing(Problem):
    """A refusal that passes by itself."""

    message = "Not just now."
    may_pass = True


def told(event: HistoryEvent) -> dict:
    """The details of an event."""
    return json.loads(event.details)


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


def test_what_nobody_foresaw_is_tried_again_with_growing_pauses_and_is_an_incident_at_last(world):
    seen = []
    w = world(op("x.work", failing(9, OSError("the wire is cut"), seen), "n", kind="job", wants_key=True))
    w.publish("p", work())
    p = w.begin("p", n=1)
    pauses = []
    for _ in range(TRIES - 1):
        assert w.run_jobs() != []
        pauses.append(w.jobs()[0].due_at - w.now)
        assert w.run_jobs() == []
        w.now += pauses[-1]
    w.run_jobs()
    for number, pause in enumerate(pauses):
        assert PAUSE * 2**number <= pause <= PAUSE * 2**number * JITTER
    assert w.jobs()[0].state == "failed"
    assert [(i.message, i.fields) for i in incidents(w)] == [
        (Unforeseen.message, {"kind": "OSError", "text": "the wire is cut"})
    ]
    assert len(seen) == TRIES
    assert all(more == seen[0] for more in seen)
    assert w.verbs(p)[1:] == ["job_started"] + ["job_failed"] * TRIES
    assert [told(e)["attempt"] for e in w.history(p) if e.verb == "job_failed"] == [1, 2, 3, 4, 5]


def test_what_failed_by_chance_goes_on_by_itself(world):
    w = world(op("x.work", failing(1, OSError("the wire is cut")), "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    w.run_jobs()
    assert (w.jobs()[0].state, w.jobs()[0].fields["text"]) == ("ready", "the wire is cut")
    w.now = w.jobs()[0].due_at
    w.run_jobs()
    assert w.elements() == ["after"]
    assert incidents(w) == []


def test_what_a_person_must_mend_is_not_tried_again(world):
    w = world(op("x.work", failing(9, Broken(place="wire")), "n", kind="job"))
    w.publish("p", work())
    p = w.begin("p", n=1)
    w.run_jobs()
    found = incidents(w)[0]
    assert (w.jobs()[0].state, found.message, found.fields, found.state) == (
        "failed", "Broken at %(place)s.", {"place": "wire"}, "open",
    )  # fmt: skip
    assert w.run_jobs() == []
    w.rows_follow_the_tree(p)


def test_a_refusal_that_may_pass_is_tried_again(world):
    w = world(op("x.work", failing(1, Passing()), "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    w.run_jobs()
    assert (w.jobs()[0].state, incidents(w)) == ("ready", [])


@pytest.mark.parametrize(("retries", "tries"), [(0, 1), (2, 3)])
@pytest.mark.parametrize("problem", [Broken(place="wire"), OSError("cut")])
def test_the_diagram_may_say_how_often_whatever_fails(world, retries, tries, problem):
    seen = []
    w = world(op("x.work", failing(99, problem, seen), "n", kind="job"))
    w.publish("p", work(retries=retries))
    w.begin("p", n=1)
    for _ in range(tries + 1):
        w.run_jobs()
        w.now += timedelta(hours=2)
    assert (len(seen), w.jobs()[0].state) == (tries, "failed")


def test_no_pause_is_longer_than_the_longest(world):
    w = world(op("x.work", failing(99, Broken(place="wire")), "n", kind="job"))
    w.publish("p", work(retries=20))
    w.begin("p", n=1)
    for _ in range(20):
        w.run_jobs()
        assert w.jobs()[0].due_at <= w.now + LONGEST_PAUSE * JITTER
        w.now = w.jobs()[0].due_at
    assert w.jobs()[0].attempts == 20


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
            w.now += LEASE
            w.run_jobs()
        return {"call": len(calls)}

    w.operations["x.work"] = op("x.work", slow, "n", kind="job")
    w.publish("p", work())
    p = w.begin("p", n=1)
    w.run_jobs()
    assert len(calls) == 2
    assert w.verbs(p).count("job_done") == 1
    assert w.elements() == ["after"]


def test_a_worker_that_gives_signs_of_life_keeps_its_job(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    (taken,) = w.engine.take_jobs(9)
    for _ in range(5):
        w.now += LEASE * 0.9
        assert w.engine.renew(taken)
        assert (w.engine.due_jobs(w.now, 9), w.engine.recover(), w.engine.take_jobs(9)) == ([], 0, [])
    w.engine.close(taken, w.engine.do(taken))
    assert w.elements() == ["after"]


def test_a_worker_that_died_has_had_a_try_and_the_job_is_ready_at_once(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work())
    p = w.begin("p", n=1)
    (taken,) = w.engine.take_jobs(9)
    w.now += LEASE
    assert w.engine.recover() == 1
    assert not w.engine.renew(taken)
    assert (w.jobs()[0].state, w.jobs()[0].attempts, w.jobs()[0].due_at) == ("ready", 1, w.now)
    assert w.run_jobs() != []
    assert w.elements() == ["after"]
    assert w.verbs(p)[1:] == ["job_started", "job_failed", "job_done"]


def test_a_job_whose_workers_die_each_time_is_an_incident(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    for _ in range(TRIES):
        assert w.engine.take_jobs(9) != []
        w.now += LEASE
        w.engine.recover()
    assert w.jobs()[0].state == "failed"
    assert incidents(w)[0].fields == {"attempt": str(TRIES)}
    assert w.engine.take_jobs(9) == []


def test_a_try_that_takes_too_long_is_a_try_and_at_last_an_incident(world):
    """Camunda hands such a job out for ever."""
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work(time_limit="PT10M"))
    p = w.begin("p", n=1)
    for _ in range(TRIES):
        (taken,) = w.engine.take_jobs(9)
        assert taken.time_limit == timedelta(minutes=10)
        w.engine.time_out(taken)
        assert w.engine.close(taken, Outcome(result={"too": "late"})).state != "done"
        w.now += timedelta(hours=2)
    assert w.jobs()[0].state == "failed"
    assert [i.fields for i in incidents(w)] == [{"seconds": "600"}]
    assert w.verbs(p)[1:] == ["job_started"] + ["job_failed"] * TRIES


def test_without_a_word_in_the_diagram_a_try_may_take_half_an_hour(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    assert w.engine.take_jobs(9)[0].time_limit == timedelta(minutes=30)


def test_leases_go_by_the_machine_and_not_by_the_clock_of_a_demo(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.machine_now = START
    w.publish("p", work())
    w.begin("p", n=1)
    assert w.engine.take_jobs(9) != []
    w.now += timedelta(days=30)
    assert w.engine.recover() == 0
    w.machine_now += LEASE
    assert w.engine.recover() == 1


def test_a_clock_set_back_neither_frees_a_job_under_way_nor_holds_a_dead_workers_for_ever(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    (taken,) = w.engine.take_jobs(9)
    w.now -= timedelta(days=300)
    assert (w.engine.recover(), w.engine.take_jobs(9)) == (0, [])
    w.now += LEASE / 3
    assert w.engine.renew(taken)
    w.now += LEASE * 0.9
    assert w.engine.recover() == 0, "it lives"
    w.now += LEASE
    assert w.engine.recover() == 1, "it lives no more"


def test_a_clock_set_back_makes_nobody_wait_for_a_try_put_off_before(world):
    w = world(op("x.work", failing(1, OSError("cut")), "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    w.run_jobs()
    w.now -= timedelta(days=300)
    w.run_jobs()
    assert w.elements() == ["after"]


def test_jobs_of_one_process_are_taken_one_after_the_other_those_of_others_beside_them(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    body = draw.process(
        "p", draw.start(), draw.parallel("fork"), draw.service("a", "x.work", n="n"),
        draw.service("b", "x.work", n="n"), draw.parallel("join"), draw.end(),
        draw.way("start", "fork", "a", "join", "end"), draw.way("fork", "b", "join"),
    )  # fmt: skip
    w.publish("p", draw.file(body))
    first, second = w.begin("p", n=1), w.begin("p", n=2)
    taken = w.engine.take_jobs(9)
    assert [one.process_id for one in taken] == [first, second]
    assert w.engine.take_jobs(9) == []
    w.engine.close(taken[0], w.engine.do(taken[0]))
    (third,) = w.engine.take_jobs(9)
    assert (third.process_id, {taken[0].element, third.element}) == (first, {"a", "b"})


def test_a_worker_takes_no_more_than_it_asks_for(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work())
    begun = [w.begin("p", n=n) for n in range(5)]
    assert [one.process_id for one in w.engine.take_jobs(2)] == begun[:2]
    assert w.engine.take_jobs(0) == []
    assert [one.process_id for one in w.engine.take_jobs(9)] == begun[2:]


def test_an_operation_that_is_gone_is_an_incident(world):
    w = world(op("x.work", lambda n: {}, "n", kind="job"))
    w.publish("p", work())
    w.begin("p", n=1)
    del w.operations["x.work"]
    w.run_jobs()
    assert incidents(w)[0].fields == {"element": "work", "operation": "x.work"}


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
