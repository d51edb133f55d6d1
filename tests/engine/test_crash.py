"""Killed at any moment, there is no half-written step: what was begun is done whole or not at all."""

import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from models.process import Job, ToDo
from tests import databases
from tests.engine import draw
from tests.engine.world import World, op

ROOT = Path(__file__).parents[2]
PEOPLE = [f"p{n}" for n in range(12)]


def diagram() -> bytes:
    """Many people sign, a job after each signature, in a called process."""
    inner = draw.process(
        "inner",
        draw.start("i"),
        draw.user("sign", candidates="person", result="vote"),
        draw.service("job", "x.job"),
        draw.end("ie"),
        draw.way("i", "sign", "job", "ie"),
        takes="person",
        gives="vote",
    )
    outer = draw.process(
        "p",
        draw.start(),
        draw.call("each", "inner", draw.many("people", "person", "votes", "vote")),
        draw.end(),
        draw.way("start", "each", "end"),
    )
    return draw.file(outer, inner)


def installed(url: str) -> World:
    w = World(op("x.job", lambda: {}, kind="job"), url=url, live=64)
    w.publish("p", diagram())
    return w


def spawn(url: str, seed: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engine.crash_worker", url, str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )


@pytest.mark.long
@pytest.mark.database
def test_a_killed_worker_leaves_no_half_written_step(tmp_path):
    url = databases.url(tmp_path / "e.sqlite")
    w = installed(url)
    ids = [w.begin("p", people=PEOPLE) for _ in range(8)]
    w.close()
    dice = random.Random(1)
    for round_ in range(6):
        workers = [spawn(url, 2 * round_), spawn(url, 2 * round_ + 1)]
        time.sleep(dice.uniform(1.6, 3.0))
        for worker in workers:
            worker.kill()
            worker.communicate()
        check(url, ids)
    last = spawn(url, 99)
    said = last.communicate(timeout=240)[1]
    assert last.returncode == 0, said[-500:]
    finish(url, ids)


def check(url: str, ids: list[int]) -> None:
    """Whenever everybody was killed: every row is what the stored process says, and history holds."""
    w = installed(url)
    try:
        for p in ids:
            w.rows_follow_the_tree(p)
        assert w.engine.verify().broken == []
    finally:
        w.close()


def finish(url: str, ids: list[int]) -> None:
    """Jobs whose worker was killed are taken again; then everybody's vote is there exactly once."""
    w = installed(url)
    try:
        w.session.execute(update(Job).where(Job.state == "running").values(leased_until=w.now - timedelta(1)))
        w.session.commit()
        while w.run_jobs():
            pass
        check(url, ids)
        for p in ids:
            assert (w.process(p).state, w.data(p)["votes"]) == ("done", ["done"] * len(PEOPLE))
            done = list(
                w.session.scalars(select(ToDo.token).where(ToDo.process_id == p, ToDo.state == "done"))
            )
            assert len(done) == len(set(done)) == len(PEOPLE)
            assert w.verbs(p).count("completed") == w.verbs(p).count("job_done") == len(PEOPLE)
    finally:
        w.close()
