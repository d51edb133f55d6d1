"""What is wrong with a draft, field by field, in sentences that say what to do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from handlers.channels import CHANNELS, Content
from models.base import Problem

PURPOSES = ("acquire", "activate", "retain", "remind", "notice")
#: campaign types that tell and do not sell
NOTICES = frozenset({"notice", "temporary"})
#: a price as customers read it
_PRICE = re.compile(r"\d+(?:\.\d+)?\s*元")
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
LONGEST_DAYS = 366
MOST_YUAN = Decimal(10**8)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong, or only worth knowing, at one field."""

    field: str
    problem: Problem
    is_warning: bool = False


class NoName(Problem):
    """A campaign everybody must be able to speak of."""

    message = "The campaign needs a name of 2 to 80 characters."


class NoProduct(Problem):
    """Nothing would be sold."""

    message = "No product is chosen; choose at least one."


class NoPurpose(Problem):
    """The purpose decides whom the rules protect."""

    message = "No purpose is chosen; it decides which customers are taken out."


class NotBetween(Problem):
    """A number outside its range, or none."""

    message = "Write a number from %(low)s to %(high)s."


class NotAnAmount(Problem):
    """Money that cannot be read."""

    message = "Write an amount in yuan, for example 2500 or 2500.50."


class NoConditions(Problem):
    """Without a condition everybody would be meant."""

    message = "There is no condition yet; add one, or nobody knows who is meant."


class NobodyMeant(Problem):
    """The conditions contradict each other or the data."""

    message = "No customer fulfils these conditions; loosen the one with the smallest number beside it."


class NobodyLeft(Problem):
    """The rules of the purpose take everybody out."""

    message = "All %(matched)s customers are taken out by the exclusion rules; widen the conditions."


class CannotProve(Problem):
    """A warning: the control group is too small."""

    message = (
        "Too small to prove an effect: the chance is %(chance)s %%. Keep more customers back, widen the "
        "audience, or evaluate it together with other counties of this scenario."
    )


class NoControl(Problem):
    """A warning: without a control group nobody will know."""

    message = "Without a control group only success rates can be shown, never what the campaign added."


class NoChannel(Problem):
    """Nobody would be contacted."""

    message = "No channel is chosen; choose at least one."


class NoPrice(Problem):
    """A promotion must say what it costs."""

    message = "The text does not say the price; write it as the customer pays it, for example %(example)s."


class WrongHours(Problem):
    """Hours of the day that cannot be read."""

    message = "Write hours as from 09:00 to 20:00, the first before the last."


class NoDay(Problem):
    """A day is missing or cannot be read."""

    message = "Choose a day."


class InThePast(Problem):
    """Nobody can be met yesterday."""

    message = "%(day)s has passed; the first day can be %(earliest)s at the soonest."


class EndsTooEarly(Problem):
    """The window is the wrong way round or longer than a year."""

    message = "The last day must lie between %(first)s and %(last)s."


class BudgetTooSmall(Problem):
    """The campaign would cost more than what is asked for."""

    message = (
        "The campaign costs about %(cost)s yuan, more than the budget of %(budget)s; raise the budget, or "
        "contact fewer customers."
    )


def check_goal(draft: Mapping[str, Any], campaign_type: str) -> Iterator[Fault]:
    """Step 1: name, product, purpose and the figures aimed at; a notice sells nothing and aims at nothing."""
    if not 2 <= len(str(draft.get("name") or "")) <= 80:
        yield Fault(field="name", problem=NoName())
    sells = draft.get("purpose") != "notice" or campaign_type not in NOTICES
    if sells and not draft.get("product_codes"):
        yield Fault(field="product_codes", problem=NoProduct())
    if draft.get("purpose") not in PURPOSES:
        yield Fault(field="purpose", problem=NoPurpose())
    yield from _between(draft, "target_percent", Decimal("0.01") if sells else Decimal(0), Decimal(100))
    yield from _between(draft, "response_days", Decimal(1), Decimal(90), whole=True)
    budget = _decimal(draft.get("budget_yuan"))
    if budget is None or not 0 <= budget <= MOST_YUAN or -budget.as_tuple().exponent > 2:  # type: ignore[operator]
        yield Fault(field="budget_yuan", problem=NotAnAmount())


def check_audience(draft: Mapping[str, Any]) -> Iterator[Fault]:
    """Step 2, without counting: a condition there is, and numbers that are numbers."""
    if not (draft.get("definition") or {}).get("all"):
        yield Fault(field="definition", problem=NoConditions())
    yield from _between(draft, "hold_out_percent", Decimal(0), Decimal(50))
    if draft.get("people_cap") is not None:
        yield from _between(draft, "people_cap", Decimal(1), Decimal(100_000_000), whole=True)


def check_channels(
    draft: Mapping[str, Any], today: date, values: Mapping[str, str], campaign_type: str, example: str
) -> Iterator[Fault]:
    """Step 3: texts fit for their channel, hours and days that can come."""
    if not draft.get("channels"):
        yield Fault(field="channels", problem=NoChannel())
    is_promotion = draft.get("purpose") != "notice" and campaign_type not in NOTICES
    for row in draft.get("channels") or ():
        yield from _check_text(row, values, is_promotion, example)
        if not _are_hours(str(row.get("hours", ""))):
            yield Fault(field=f"hours-{row['channel']}", problem=WrongHours())
    yield from _check_days(draft, today)


def _check_text(
    row: Mapping[str, Any], values: Mapping[str, str], is_promotion: bool, example: str
) -> Iterator[Fault]:
    """What the channel would refuse, and a missing price, which an approver may well ask for."""
    field, text = f"content-{row['channel']}", str(row.get("content", ""))
    content = Content(text=text, is_promotion=is_promotion)
    for problem in CHANNELS[row["channel"]].validate(content, values):
        yield Fault(field=field, problem=problem)
    if is_promotion and text and row["channel"] == "sms" and not _PRICE.search(text):
        yield Fault(field=field, problem=NoPrice(example=example), is_warning=True)


def _are_hours(hours: str) -> bool:
    return bool(_HOURS.fullmatch(hours)) and hours[:5] < hours[6:]


def _check_days(draft: Mapping[str, Any], today: date) -> Iterator[Fault]:
    start, end = _day(draft.get("start_on")), _day(draft.get("end_on"))
    if start is None:
        yield Fault(field="start_on", problem=NoDay())
    elif start < today:
        yield Fault(field="start_on", problem=InThePast(day=start, earliest=today))
    if end is None:
        yield Fault(field="end_on", problem=NoDay())
    elif start is not None and not start <= end <= start + timedelta(days=LONGEST_DAYS):
        last = start + timedelta(days=LONGEST_DAYS)
        yield Fault(field="end_on", problem=EndsTooEarly(first=start, last=last))


def _between(
    draft: Mapping[str, Any], field: str, low: Decimal, high: Decimal, whole: bool = False
) -> Iterator[Fault]:
    number = _decimal(draft.get(field))
    if number is None or not low <= number <= high or (whole and number != int(number)):
        yield Fault(field=field, problem=NotBetween(low=low, high=high))


def _decimal(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
