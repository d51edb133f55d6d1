"""Events put into words: who did what, for whom, and what came of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.diagrams.sight import SYSTEM
from app.engine.values import NodeState
from app.inbox.detail import outcome_word
from app.locale import say, twin
from models.history import HistoryEvent
from models.organisation import Staff

#: verbs in which only the machine goes on
MACHINE = frozenset(
    {
        "entered",
        "left",
        "timer",
        "operation",
        "decided",
        "job_started",
        "job_done",
        "job_failed",
        "timer_failed",
        "ended",
    }
)

#: details the line says in words already
TOLD = frozenset({"outcome"})
TOLD_REFUSED = TOLD | {"verb", "message", "fields", "task"}
#: longest text of one detail
LONGEST = 400

#: what the details of an event are called
DETAILS: Mapping[str, LazyString] = {
    "outcome": _l("Outcome"),
    "opinion": _l("Opinion"),
    "reason": _l("Reason"),
    "operation": _l("Operation"),
    "decision": _l("Decision table"),
    "message": _l("Message"),
    "correlation": _l("Meant for"),
    "version": _l("Version"),
    "attempt": _l("Attempt"),
    "next_try": _l("Next try"),
    "job": _l("Number of the job"),
    "incident": _l("Number of the incident"),
    "before": _l("Before"),
    "after": _l("After"),
    "to_do": _l("Number of the to-do"),
    "task": _l("Task"),
    "path": _l("Where"),
    "due": _l("Due"),
    "verb": _l("Tried"),
    "key": _l("Key"),
    "digest": _l("Digest of the table"),
    "rules": _l("Rules that fired"),
    "inputs": _l("What was asked"),
    "result": _l("Result"),
    "payload": _l("What it carried"),
    "fields": _l("Details"),
    "work_order": _l("Work order"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event as a line of the trail."""

    event: HistoryEvent
    who: str
    #: for whom it was done, where not for oneself
    for_whom: str
    #: "" machine back refused revealed
    kind: str
    act: str
    #: what else is worth knowing at a glance
    note: str
    details: Mapping[str, Any]
    is_broken: bool

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What else was written down, apart from what the line says already."""
        told = TOLD_REFUSED if self.kind == "refused" else TOLD
        return [
            (str(DETAILS.get(name, name)), _written(value))
            for name, value in self.details.items()
            if name not in told and value not in (None, "", [], {})
        ]

    @property
    def mark(self) -> str:
        """The first letters of the digest, to be compared by eye."""
        return self.event.digest[:4]


def lines(
    events: Sequence[HistoryEvent],
    people: Mapping[str, Staff],
    nodes: Sequence[NodeState],
    broken: frozenset[int],
) -> list[Line]:
    """Every event in words, in the order of the chain; `broken` holds the seq numbers that fail the check."""
    names = {node.element: twin(node) for node in nodes if node.name or node.name_en}
    return [_line(event, people, names, event.seq in broken) for event in events]


def by_people(found: Sequence[Line]) -> list[Line]:
    """What people did or tried; the steps of the machine are left out."""
    return [line for line in found if line.kind != "machine"]


def _line(
    event: HistoryEvent, people: Mapping[str, Staff], names: Mapping[str, str], is_broken: bool
) -> Line:
    details = json.loads(event.details or "{}")
    if isinstance(details.get("path"), str):
        details["path"] = " › ".join(names.get(part, part) for part in details["path"].split("/"))
    about = event.element or str(details.get("task") or "")
    element = names.get(about, about)
    word = _WORDS.get(event.verb, _plain)
    return Line(
        event=event,
        who=_name(event.actor, people),
        for_whom=_name(event.on_behalf_of, people) if event.on_behalf_of else "",
        kind=_kind(event, details),
        act=word(event.verb, element, details),
        note=_note(details),
        details=details,
        is_broken=is_broken,
    )


def _name(login: str | None, people: Mapping[str, Staff]) -> str:
    if login == SYSTEM:
        return str(gettext("System"))
    person = people.get(login or "")
    return twin(person) if person else str(login)


def _kind(event: HistoryEvent, details: Mapping[str, Any]) -> str:
    if event.verb == "refused":
        return "refused"
    if details.get("outcome") in ("adjust", "reject"):
        return "back"
    if event.verb == "revealed":
        return "revealed"
    return "machine" if event.actor == SYSTEM or event.verb in MACHINE else ""


def _note(details: Mapping[str, Any]) -> str:
    opinion = details.get("opinion")
    if opinion:
        return str(opinion)
    payload = details.get("payload")
    sent = payload.get("reason") if isinstance(payload, Mapping) else None
    reason = details.get("reason") or sent
    return reason if isinstance(reason, str) else ""


def _written(value: object) -> str:
    """Plain values as they are, anything else as JSON; too long a text is cut."""
    text = str(value) if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


Details = Mapping[str, Any]


def _plain(verb: str, element: str, details: Details) -> str:
    return f"{verb} {element}".strip()


def _refused(verb: str, element: str, details: Details) -> str:
    """What was tried, and the sentence it was refused with."""
    message = details.get("message")
    why = say(str(message), details.get("fields") or {}) if message else ""
    tried = str(details.get("verb") or "")
    return str(
        gettext(
            "tried to %(verb)s %(element)s and was refused: %(why)s",
            verb=_TRIED.get(tried, lambda: tried)(),
            element=element,
            why=why,
        )
    )


_TRIED: Mapping[str, Callable[[], str]] = {
    "claim": lambda: str(gettext("claim")),
    "unclaim": lambda: str(gettext("put back")),
    "complete": lambda: str(gettext("decide")),
    "save_draft": lambda: str(gettext("save a draft of")),
    "deliver": lambda: str(gettext("send a message to")),
    "retry": lambda: str(gettext("repeat")),
    "correct": lambda: str(gettext("correct")),
    "skip": lambda: str(gettext("skip")),
    "stop": lambda: str(gettext("stop")),
    "work_order_paused": lambda: str(gettext("pause a work order of")),
    "work_order_resumed": lambda: str(gettext("resume a work order of")),
    "work_order_stopped": lambda: str(gettext("stop a work order of")),
}


def _order(details: Details) -> str:
    return str(details.get("work_order") or "")


_WORDS: Mapping[str, Callable[[str, str, Details], str]] = {
    "started": lambda v, e, d: str(gettext("started the process")),
    "claimed": lambda v, e, d: str(gettext("claimed %(element)s", element=e)),
    "unclaimed": lambda v, e, d: str(gettext("put %(element)s back", element=e)),
    "completed": lambda v, e, d: str(
        gettext("%(element)s: %(outcome)s", element=e, outcome=outcome_word(str(d.get("outcome") or "done")))
    ),
    "refused": _refused,
    "entered": lambda v, e, d: str(gettext("came to %(element)s", element=e)),
    "left": lambda v, e, d: str(gettext("left %(element)s", element=e)),
    "cancelled": lambda v, e, d: str(gettext("%(element)s is no longer needed", element=e)),
    "job_started": lambda v, e, d: str(gettext("began %(element)s", element=e)),
    "job_done": lambda v, e, d: str(gettext("finished %(element)s", element=e)),
    "job_failed": lambda v, e, d: str(gettext("could not finish %(element)s", element=e)),
    "timer_failed": lambda v, e, d: str(gettext("could not go on after a timer")),
    "retried": lambda v, e, d: str(gettext("repeats %(element)s", element=e)),
    "corrected": lambda v, e, d: str(gettext("corrected what %(element)s was given", element=e)),
    "skipped": lambda v, e, d: str(gettext("skipped %(element)s", element=e)),
    "message": lambda v, e, d: str(gettext("sent the message “%(name)s”", name=d.get("message") or e)),
    "operation": lambda v, e, d: str(gettext("did %(element)s", element=e)),
    "decided": lambda v, e, d: str(gettext("asked the decision table of %(element)s", element=e)),
    "timer": lambda v, e, d: str(gettext("the time of %(element)s came", element=e)),
    "stopped": lambda v, e, d: str(gettext("stopped the process")),
    "work_order_paused": lambda v, e, d: str(gettext("paused work order %(number)s", number=_order(d))),
    "work_order_resumed": lambda v, e, d: str(gettext("resumed work order %(number)s", number=_order(d))),
    "work_order_stopped": lambda v, e, d: str(gettext("stopped work order %(number)s", number=_order(d))),
    "ended": lambda v, e, d: str(gettext("the process ended: %(element)s", element=e)),
}
