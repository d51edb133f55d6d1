"""One to-do as its page shows it: what is asked, what it rests on, and what this person may do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.diagrams.place import Place
from app.inbox import evidence, route
from app.inbox.case import Case
from app.inbox.changes import Piece
from app.locale import NOTHING, day, language, twin
from app.words import word
from handlers.channels.text import Measure, measure
from models.base import Problem
from models.campaign import CampaignChannel
from models.evaluation import Evaluation
from models.organisation import Staff
from models.process import ToDo

#: outcome → what it is called when done, the key that does it, and how its button looks
OUTCOMES: Mapping[str, tuple[LazyString, str, str]] = {
    "pass": (_l("Pass"), "p", ""),
    "adjust": (_l("Adjust"), "a", ""),
    "reject": (_l("Reject"), "r", "d"),
    "confirm": (_l("Confirm"), "p", ""),
    "choose": (_l("Choose"), "p", ""),
    "skip": (_l("Skip the choice"), "s", ""),
    "done": (_l("Hand in the conclusion"), "p", ""),
    "submit": (_l("Submit for approval"), "p", ""),
    "abandon": (_l("Abandon"), "", "d"),
    "explain": (_l("Keep the explanation"), "p", ""),
    "ask_again": (_l("Ask again"), "a", ""),
    "count_as_sent": (_l("Count as sent"), "p", ""),
    "send_again": (_l("Send again"), "a", ""),
    "write_off": (_l("Write off"), "r", "d"),
}


def outcome_word(outcome: str) -> str:
    """What an outcome is called; one that only its diagram knows is shown as written there."""
    return str(OUTCOMES[outcome][0]) if outcome in OUTCOMES else outcome


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One button of the bar."""

    value: str
    label: str
    key: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """What was approved, and a confirmation may not go beyond."""

    people: int
    first: date | None
    last: date | None


@dataclass(frozen=True, kw_only=True)
class Detail:
    """A to-do for one reader; what the template does not ask for is not worked out."""

    case: Case
    reader: Staff
    now: datetime
    place: Place | None
    evaluation: Evaluation | None = None
    #: the form's fields as markup, filled with what was typed
    fields: str = ""
    #: what was typed as opinion
    typed: str = ""
    #: {field or "opinion": what is wrong with it}
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    #: what was handed in with a closed to-do: label and value of each field
    handed_in: Sequence[tuple[str, Any]] = ()

    @property
    def to_do(self) -> ToDo:
        """The to-do itself."""
        return self.case.to_do

    @property
    def login(self) -> str:
        """Who reads."""
        return self.reader.login

    @property
    def title(self) -> str:
        """The campaign's name, else what the listener wrote, the feed, or the task's name."""
        if self.case.campaign:
            return self.case.campaign.name
        feed = self.case.sheet.feed if self.case.sheet else ""
        return self.to_do.title or (word(feed, "feed") if feed else twin(self.to_do))

    @property
    def is_late(self) -> bool:
        """Open past its time."""
        return self.to_do.due_at is not None and self.to_do.due_at < self.now

    @property
    def may_decide(self) -> bool:
        """Open, and either mine or offered to me."""
        return self.to_do.may_be_decided_by(self.login)

    @property
    def may_claim(self) -> bool:
        """Offered to me and to others, and nobody has it."""
        return self.may_decide and self.to_do.assignee is None and len(self.to_do.candidates) > 1

    @property
    def may_unclaim(self) -> bool:
        """I have it, and somebody else could."""
        return self.may_decide and self.to_do.assignee is not None and len(self.to_do.candidates) > 1

    @property
    def holders(self) -> str:
        """The names of those the to-do waits for."""
        to_do = self.to_do
        logins = [to_do.assignee] if to_do.assignee else [one.login for one in to_do.candidates]
        names = [twin(self.case.people[login]) for login in logins if login in self.case.people]
        return ("、" if language() == "zh" else ", ").join(names) or str(gettext("nobody yet"))

    @cached_property
    def gone(self) -> ToDo | None:
        """The to-do that settled this one, where it is no longer open; it may be itself."""
        if self.to_do.state == "open":
            return None
        return evidence.dealt_with(self.case) or self.to_do

    @property
    def gone_by(self) -> Staff | None:
        """Who settled it."""
        return self.case.people.get(self.gone.closed_by or "") if self.gone else None

    @cached_property
    def stops(self) -> tuple[route.Stop, ...]:
        """The way of the submission in question."""
        return route.way(self.case)

    @property
    def next_stop(self) -> route.Stop | None:
        """Where a pass leads."""
        return route.following(self.stops)

    @property
    def outcomes(self) -> list[str]:
        """The outcomes the diagram names, in its order."""
        return outcomes_of(self.to_do)

    @property
    def takes_opinion(self) -> bool:
        """An opinion is asked for where some outcome needs one."""
        return bool(self.to_do.properties.get("opinion_required"))

    @property
    def opinion_hint(self) -> str:
        """Which outcomes need an opinion."""
        names = [outcome_word(outcome) for outcome in needing_opinion(self.to_do)]
        return str(gettext("Opinion, needed for: %(outcomes)s", outcomes=" / ".join(names)))

    @property
    def verbs(self) -> list[Verb]:
        """One button an outcome; the first is filled and says where it leads."""
        return [self._verb(outcome, at == 0) for at, outcome in enumerate(self.outcomes)]

    def _verb(self, outcome: str, is_first: bool) -> Verb:
        label, key, kind = OUTCOMES.get(outcome, (outcome, "", ""))
        stop = self.next_stop if outcome == "pass" else None
        words = str(label)
        if stop and stop.people:
            words = str(gettext("%(verb)s, on to %(name)s", verb=words, name=twin(stop.people[0])))
        return Verb(value=outcome, label=words, key=key, kind="p" if is_first else kind)

    @cached_property
    def difference(self) -> evidence.Difference | None:
        """What changed since the submission before."""
        return evidence.difference(self.case, self.login)

    @cached_property
    def opinions(self) -> tuple[evidence.Opinion, ...]:
        """What was said about any submission, newest first."""
        return evidence.opinions(self.case)

    @property
    def remark(self) -> str:
        """What the planner said about the mending, with the last submission."""
        said = [one.text for one in self.opinions if one.outcome == "submit"]
        return said[0] if said else ""

    @property
    def asked(self) -> tuple[evidence.Opinion, ...]:
        """What must be mended before the next submission."""
        return evidence.asked_for(self.case)

    @property
    def sentence(self) -> str:
        """Who is meant, in one sentence."""
        definition = self.case.campaign.definition if self.case.campaign else None
        return evidence.audience_sentence(definition, self.case.places)

    @property
    def is_small(self) -> bool:
        """The list may prove nothing."""
        return evidence.is_small(self.case)

    @property
    def lengths(self) -> dict[str, Measure]:
        """Characters and parts of each channel's text."""
        rows = self.case.campaign.channels if self.case.campaign else []
        return {row.channel: measure(row.content) for row in rows}

    @property
    def window(self) -> str:
        """The days of the campaign, short: Chinese readers know 3/5 for the fifth of March."""
        campaign = self.case.campaign
        if campaign is None or campaign.start_on is None or campaign.end_on is None:
            return NOTHING
        days = (campaign.start_on, campaign.end_on)
        if language() == "zh":
            return " – ".join(f"{one.month}/{one.day}" for one in days)
        return " – ".join(day(one) for one in days)

    def marked(self, row: CampaignChannel) -> tuple[Piece, ...]:
        """The text of a channel as it is now, with what came since the last submission set apart."""
        field = f"channels.{row.channel}.content"
        changed = [one for one in self.difference.changes if one.field == field] if self.difference else []
        now = [piece for one in changed for piece in one.pieces if piece.kind != "removed"]
        if "".join(piece.text for piece in now) != row.content:
            return (Piece(kind="same", text=row.content),)
        return tuple(now)

    @property
    def channel_names(self) -> str:
        """The channels in words."""
        rows = self.case.campaign.channels if self.case.campaign else []
        return ("、" if language() == "zh" else ", ").join(word(row.channel, "channel") for row in rows)

    @property
    def ceiling(self) -> Ceiling | None:
        """What the last submission binds; None before there is one."""
        return ceiling_of(self.case)


def outcomes_of(to_do: ToDo) -> list[str]:
    """The outcomes the diagram names; a task without any is simply done."""
    named = str(to_do.properties.get("outcomes") or "done")
    return [outcome.strip() for outcome in named.split(",") if outcome.strip()]


def needing_opinion(to_do: ToDo) -> list[str]:
    """The outcomes that must be explained."""
    named = str(to_do.properties.get("opinion_required") or "")
    return [outcome.strip() for outcome in named.split(",") if outcome.strip()]


def ceiling_of(case: Case) -> Ceiling | None:
    """People and days an approval binds, from the submission itself."""
    if case.approval is None:
        return None
    bound = case.approval.bound
    days = (bound.get("start_on"), bound.get("end_on"))
    first, last = (date.fromisoformat(text) if text else None for text in days)
    return Ceiling(people=int(bound["people"]), first=first, last=last)


def stop_word(stop: route.Stop) -> str:
    """What happens at a stop of the route."""
    steps: dict[str, Any] = {
        "submit": _l("submits for approval"),
        "prefecture": _l("prefecture review"),
        "province": _l("province review"),
        "leader": _l("leader review"),
        "duty": _l("duty review"),
    }
    if stop.kind == "confirm":
        return str(gettext("confirms %(channel)s", channel=word(stop.word, "channel")))
    return str(steps.get(stop.word, stop.word))


def field_word(name: str) -> str:
    """What a field of a submission is called."""
    return str(evidence.FIELDS.get(name, name))
