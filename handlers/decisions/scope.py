"""What an expression can see while it runs, and how much it may still do."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from handlers.decisions import limits
from handlers.decisions.problems import InputMissing, Place, TooMuchWork

_UNREAD = object()


@dataclass(kw_only=True, slots=True)
class Budget:
    """The steps one decision may still take, shared by all it calls."""

    steps: int = limits.STEPS
    depth: int = 0

    def spend(self, steps: int, place: Place) -> None:
        """Every call and every list pays; who runs out is stopped."""
        self.steps -= steps
        if self.steps < 0:
            raise TooMuchWork(place)

    @contextmanager
    def deeper(self, place: Place) -> Iterator[None]:
        """Calls inside calls end at the limit; the count is kept whatever happens inside."""
        self.depth += 1
        try:
            if self.depth > limits.CALLS_DEEP:
                raise TooMuchWork(place)
            yield
        finally:
            self.depth -= 1


@dataclass(kw_only=True, slots=True)
class Scope:
    """Values by name, inputs read when first asked for, and the functions the file defines."""

    values: dict[str, object] = field(default_factory=dict)
    #: reads an input of the file by its name; raises InputMissing and its kin
    read_input: Callable[[str, Place], object] | None = None
    knowledge: Mapping[str, Callable[["Scope", list[object]], object]] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    #: what ? stands for in the cell being asked
    question: object = None

    def read(self, name: str, place: Place) -> object:
        """The value of a name; a name without one is an input missing, never null."""
        value = self.values.get(name, _UNREAD)
        if value is _UNREAD:
            if self.read_input is None:
                raise InputMissing(place, name=name)
            value = self.values[name] = self.read_input(name, place)
        return value

    def inner(self, values: dict[str, object]) -> "Scope":
        """The scope of a function: its parameters and nothing else, on the same budget."""
        return Scope(values=values, knowledge=self.knowledge, budget=self.budget)
