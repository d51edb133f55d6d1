"""Language of the reader: which one, and how numbers, money, dates and problems are said in it."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import singledispatch
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, force_locale, get_locale, gettext
from flask_login import current_user

from app.words import cause, tone, word
from models.base import Problem

LOCALES = ("zh", "en")
COOKIE = "language"
#: where the province's clocks stand
ZONE = ZoneInfo("Asia/Shanghai")
CATALOGUES = Path(__file__).parent / "translations"
NOTHING = "—"

_PATTERNS = {
    "zh": {"day": "M月d日", "year": "y年M月d日", "time": "HH:mm", "weekday": "EEEE"},
    "en": {"day": "d MMM", "year": "d MMM y", "time": "HH:mm", "weekday": "EEEE"},
}

#: %(n)d is written like every other number, with its thousands
_COUNTED = re.compile(r"%\((\w+)\)d")

Number = int | float | Decimal


def init_app(app: Flask, clock: Callable[[], datetime]) -> None:
    """Pages speak the reader's language; `clock` gives the aware moment all of the product goes by."""
    app.extensions["clock"] = clock
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(CATALOGUES))
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "zh")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", str(ZONE))
    Babel(app, locale_selector=select_locale)
    for rule in (num, signed, yuan, percent, points, day, moment, when, clock_time, weekday, ago):
        app.add_template_filter(rule)
    for name in (twin, word, cause, tone, translate, listed):
        app.add_template_filter(name)
    app.add_template_global(language, "language")
    app.add_template_global(say, "say")


def now() -> datetime:
    """The aware moment it is, from the clock handed in."""
    moment_now: datetime = current_app.extensions["clock"]()
    return moment_now


def select_locale() -> str:
    """The person's own setting, then the cookie, then the browser, then Chinese."""
    if not has_request_context():
        return "zh"
    if hasattr(current_app, "login_manager") and current_user.is_authenticated:
        chosen = current_user.staff.locale
        if chosen in LOCALES:
            return str(chosen)
    return locale_of_browser()


def locale_of_browser() -> str:
    """The cookie, then the browser, then Chinese: for pages that must do without the person's row."""
    cookie = request.cookies.get(COOKIE)
    return cookie if cookie in LOCALES else _of_browser(request.accept_languages.values())


def _of_browser(wanted: Iterable[str]) -> str:
    for tag in wanted:
        prefix = tag.lower().split("-")[0].split("_")[0]
        if prefix in LOCALES:
            return prefix
    return "zh"


def language() -> str:
    """zh or en: the language of this page."""
    return "en" if str(get_locale() or "zh").startswith("en") else "zh"


def twin(thing: object, field: str = "name") -> str:
    """The name of a thing in the page's language; without an English twin, what its maker wrote."""
    if thing is None:
        return NOTHING
    values = [_part(thing, name) for name in (f"{field}_en", field)]
    first, second = values if language() == "en" else reversed(values)
    return str(first or second or "")


def _part(thing: object, name: str) -> object:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def translate(problem: Problem) -> str:
    """What went wrong, in the reader's language, its fields written as that language writes them."""
    return say(problem.message, problem.fields)


def say(message: str, fields: Mapping[str, object]) -> str:
    """A stored English sentence with its fields, in the reader's language."""
    words = _COUNTED.sub(r"%(\1)s", str(gettext(message)))
    return words % {name: _written(value) for name, value in fields.items()}


@singledispatch
def _written(value: object) -> str:
    """One field of a problem, as the reader's language writes it."""
    return NOTHING if value is None else str(value)


_written.register(Problem, translate)


@_written.register
def _(value: bool) -> str:
    return str(value)


@_written.register(int)
@_written.register(float)
@_written.register(Decimal)
def _(value: Number) -> str:
    return num(value, places=None)


@_written.register
def _(value: datetime) -> str:
    return when(value)


@_written.register
def _(value: date) -> str:
    return day(value)


@_written.register(list)
@_written.register(tuple)
@_written.register(set)
@_written.register(frozenset)
def _(value: Iterable[object]) -> str:
    return ("、" if language() == "zh" else ", ").join(_written(part) for part in value)


def listed(parts: Iterable[object]) -> str:
    """Several things in one line, joined as the language joins them."""
    return _written(list(parts))


def num(value: Number | None, places: int | None = 0) -> str:
    """Thousands with a comma, a true minus sign; None is a dash, zero is 0; `places` None keeps all."""
    if value is None:
        return NOTHING
    pattern = "#,##0.######" if places is None else "#,##0" + ("." + "0" * places if places else "")
    return numbers.format_decimal(value, pattern, locale="en").replace("-", "−")


def signed(value: Number | None, places: int = 0) -> str:
    """A difference: plus or minus before the number, nothing before zero."""
    text = num(value, places)
    return "+" + text if value is not None and value > 0 and text.strip("0.") else text


def yuan(fen: int | None) -> str:
    """Fen as yuan with two decimals: 123450 → 1,234.50."""
    return num(None if fen is None else Decimal(fen) / 100, places=2)


def percent(share: Number | None, places: int = 1) -> str:
    """A share of one as percent: 0.12 → 12.0 %."""
    return NOTHING if share is None else num(_decimal(share) * 100, places) + " %"


def points(value: Number | None) -> str:
    """Percentage points with their sign and one decimal: 8.74 → +8.7."""
    return signed(value, places=1)


def _decimal(value: Number) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def day(value: date | datetime | None) -> str:
    """Month and day; the year too when it is not this one."""
    if value is None:
        return NOTHING
    there = value.astimezone(ZONE).date() if isinstance(value, datetime) else value
    pattern = "day" if there.year == now().astimezone(ZONE).year else "year"
    return dates.format_date(there, _PATTERNS[language()][pattern], locale=language())


def clock_time(value: datetime | None) -> str:
    """Hour and minute in the province."""
    return NOTHING if value is None else value.astimezone(ZONE).strftime("%H:%M")


def weekday(value: date | datetime | None) -> str:
    """The day of the week in full."""
    if value is None:
        return NOTHING
    there = value.astimezone(ZONE).date() if isinstance(value, datetime) else value
    return dates.format_date(there, _PATTERNS[language()]["weekday"], locale=language())


def moment(value: datetime | None) -> str:
    """Day, hour and minute in the province."""
    return NOTHING if value is None else f"{day(value)} {clock_time(value)}"


def when(value: datetime | None) -> str:
    """As `moment`, with yesterday, today and tomorrow by name."""
    if value is None:
        return NOTHING
    distance = (value.astimezone(ZONE).date() - now().astimezone(ZONE).date()).days
    named = {-1: gettext("yesterday"), 0: gettext("today"), 1: gettext("tomorrow")}.get(distance)
    return f"{named or day(value)} {clock_time(value)}"


def ago(value: datetime | None) -> str:
    """How long since, or until, this moment."""
    if value is None:
        return NOTHING
    distance = value.astimezone(UTC) - now()
    if abs(distance) < timedelta(minutes=1):
        return str(gettext("just now"))
    return dates.format_timedelta(distance, granularity="minute", add_direction=True, locale=language())


def in_language(code: str) -> object:
    """A context in which everything is said in this language, for notices written without a page."""
    return force_locale(code)


def compile_catalogues(folder: Path = CATALOGUES) -> list[Path]:
    """Write the .mo file beside each .po file; part of the set-up."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        fresh = source.with_suffix(f".{os.getpid()}.new")
        with source.open("rb") as lines, fresh.open("wb") as out:
            write_mo(out, read_po(lines, locale=source.parent.parent.name))
        fresh.replace(target)
        written.append(target)
    return written
