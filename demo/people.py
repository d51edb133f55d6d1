"""The staff of the demo at work: they draft, decide and confirm over HTTP, with anybody's forms."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from demo.office.staff import DEMO_PASSWORD
from demo.visitor import Page, Visitor, wait_until

#: seconds the background may take to make the next to-do
PATIENCE = 180.0
Answer = Mapping[str, str]


class Staff:
    """Everybody who can sign in; each signs in once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._visitors: dict[str, Visitor] = {}

    def person(self, login: str) -> Visitor:
        """The browser of this person."""
        if login not in self._visitors:
            self._visitors[login] = Visitor(self.url, login, DEMO_PASSWORD)
        return self._visitors[login]

    def begin(
        self,
        login: str,
        scenario: str,
        name: str,
        campaign_type: str = "precision",
        looks_for_opportunity: bool = False,
    ) -> str:
        """Start a campaign from a scenario; its number."""
        visitor = self.person(login)
        page = visitor.get("/campaigns/new")
        changes = {"scenario": scenario, "name": name, "campaign_type": campaign_type}
        if looks_for_opportunity:
            changes["find_opportunity"] = "1"
        after = visitor.submit(page.form("/campaigns/new"), changes)
        return after.url.rsplit("/campaigns/", 1)[1].split("/")[0].split("?")[0]

    def choose_opportunity(self, login: str, number: str, product: str) -> None:
        """Take the opportunity of a product."""
        self.decide(login, number, "choose_opportunity", "choose", {"opportunity": product})

    def submit(self, login: str, number: str, first: date, days: int, changes: Answer | None = None) -> None:
        """Fill in the days and what else is to change, and hand the plan in."""
        self.waiting(login, number, "draft_campaign")
        visitor = self.person(login)
        plan = f"/campaigns/{number}/plan"
        window = {"start_on": first.isoformat(), "end_on": (first + timedelta(days=days)).isoformat()}
        wanted = {**window, **(changes or {})}
        for step in range(1, 6):
            form = visitor.get(f"{plan}?step={step}").form("/plan")
            offered = {name for name, _ in form.fields}
            mine = {name: value for name, value in wanted.items() if name in offered}
            act = "submit" if step == 5 else "next"
            page = visitor.submit(form, {**mine, "go": act})
        if not page.url.endswith(f"/campaigns/{number}"):
            raise RuntimeError(f"{number} was not submitted: {page.url}")

    def decide(
        self,
        login: str,
        number: str,
        element: str,
        outcome: str,
        answer: Answer | None = None,
        opinion: str = "",
    ) -> Page:
        """Wait until the to-do is there, fill its form and decide."""
        to_do = self.waiting(login, number, element)
        visitor = self.person(login)
        page = visitor.get(f"/to-dos/{to_do}")
        form = page.form(f"/to-dos/{to_do}/decide")
        return visitor.submit(form, {**(answer or {}), "opinion": opinion, "outcome": outcome})

    def confirm(self, login: str, number: str, first: date, last: date) -> str:
        """Take as many customers as were approved, between these days; how many that are."""
        to_do = self.waiting(login, number, "confirm_channel")
        page = self.person(login).get(f"/to-dos/{to_do}")
        people = dict(page.form(f"/to-dos/{to_do}/decide").fields)["people"]
        answer = {"people": people, "from_day": first.isoformat(), "to_day": last.isoformat()}
        self.decide(login, number, "confirm_channel", "confirm", answer)
        return people

    def waiting(self, login: str, number: str, element: str) -> int:
        """The id of this person's to-do at this element, as soon as there is one."""
        visitor = self.person(login)

        def look() -> int | None:
            feed = visitor.json(f"/api/v1/to-dos?campaign={number}")
            return next((row["id"] for row in feed if row["element"] == element), None)

        return int(wait_until(f"{element} of {number} for {login}", look, PATIENCE))

    def ended(self, login: str, number: str) -> dict[str, Any]:
        """The figures once the campaign's process has come to its end."""

        def look() -> dict[str, Any] | None:
            found = self.evaluation(login, number)
            return found if found["state"] == "done" else None

        found: dict[str, Any] = wait_until(f"the end of {number}", look, PATIENCE)
        return found

    def evaluation(self, login: str, number: str) -> dict[str, Any]:
        """The latest figures of a campaign."""
        found: dict[str, Any] = self.person(login).json(f"/api/v1/campaigns/{number}/evaluation")
        return found


class DemoClock:
    """The clock of the demo, seen and wished at from outside."""

    def __init__(self, staff: Staff, login: str) -> None:
        self._staff, self._login = staff, login

    def read(self) -> dict[str, Any]:
        """What time it is, and whether anything due is left."""
        found: dict[str, Any] = self._staff.person(self._login).json("/demo/clock")
        return found

    def wish(self, days: int) -> None:
        """Wish it were so many mornings later."""
        visitor = self._staff.person(self._login)
        form = visitor.get("/to-dos").form("/demo/clock/wish")
        visitor.submit(form, {"days": str(days)})

    def wait(self, seconds: float = 600.0, on_step: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Wait until the wished moment has come and everything due is done."""

        def arrived() -> bool:
            clock = self.read()
            if on_step is not None:
                on_step(clock)
            return bool(clock["idle"]) and (clock["wished"] is None or clock["now"] >= clock["wished"])

        wait_until(f"the demo's clock: {json.dumps(self.read())}", arrived, seconds, pause=0.5)
