"""Acts no diagram asks for: what a person does beside a process is history in the same transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.engine import history
from app.engine.history import Happening
from app.engine.steps import Verb
from models.process import Process


@contextmanager
def beside(act: Verb, chain: str, happening: Happening) -> Iterator[None]:
    """Do what is inside as the only writer of a chain ("process:17", or an object's own), then add to it."""
    kind, _, number = chain.partition(":")
    if kind == "process":
        step = act.step(Process.id == int(number), must_run=False)
        yield
        step.happenings.append(happening)
        return
    history.lock(act.session, chain)
    yield
    subject = (kind, int(number)) if number.isdecimal() else (kind, 0)
    history.append(act.session, chain, [happening], actor=act.actor, now=act.around.clock(), subject=subject)
