"""What a form asks: the part of the form-js schema we understand, checked when it is loaded."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from app.forms.condition import Condition, ConditionBroken, names, parse
from app.forms.problems import FormBroken

INPUTS = frozenset(
    {"textfield", "textarea", "number", "select", "radio", "checkbox", "checklist", "date", "dynamiclist"}
)
LAYOUT = frozenset({"text", "heading", "group", "separator"})
CHOICES = frozenset({"select", "radio", "checklist"})
#: fields of the page around the form; no form may use them as a key
RESERVED = frozenset({"csrf_token", "outcome", "opinion", "back", "verb", "revision"})
MOST_ROWS = 30
#: such as (a+)+, whose matching time grows without bound
_REPEATED_REPETITION = re.compile(r"[+*}]\)+[+*{]")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing to choose."""

    value: str
    label: str
    label_en: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """A field, a text, or a group of parts."""

    kind: str
    key: str = ""
    label: str = ""
    label_en: str = ""
    description: str = ""
    description_en: str = ""
    #: unit behind the field
    unit: str = ""
    unit_en: str = ""
    is_required: bool = False
    least: Decimal | None = None
    most: Decimal | None = None
    shortest: int | None = None
    longest: int | None = None
    pattern: str | None = None
    #: digits after the point; None leaves them free
    places: int | None = None
    #: a number handed on as text, so that no digit is lost
    as_text: bool = False
    options: tuple[Option, ...] = ()
    #: name in `data` that holds the options instead
    options_key: str = ""
    default: object = None
    hide: Condition | None = None
    parts: tuple["Part", ...] = ()

    @property
    def is_input(self) -> bool:
        """Something is asked here."""
        return self.kind in INPUTS


@dataclass(frozen=True, kw_only=True)
class Form:
    """A human task's fields in order."""

    key: str
    label: str
    label_en: str
    parts: tuple[Part, ...]

    def inputs(self) -> Iterator[Part]:
        """Every field, also those in groups; the fields of a row belong to their list."""
        yield from _inputs(self.parts)


def _inputs(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        if part.is_input:
            yield part
        else:
            yield from _inputs(part.parts)


def load(source: str | bytes | Mapping[str, Any]) -> Form:
    """Read a schema; raises FormBroken naming the field and what is wrong with it."""
    try:
        schema = source if isinstance(source, Mapping) else json.loads(source)
    except ValueError as error:
        raise FormBroken(form="?", field="-", reason=str(error)) from error
    name = str(schema.get("id", "?"))
    form = Form(
        key=name,
        label=str(schema.get("label", "")),
        label_en=str(schema.get("label_en", "")),
        parts=tuple(_part(name, component) for component in schema.get("components", ())),
    )
    _check_names(name, form.parts)
    return form


def _check_names(form: str, parts: Sequence[Part]) -> None:
    inputs = list(_inputs(parts))
    keys = [part.key for part in inputs]
    for key in keys:
        if keys.count(key) > 1:
            raise FormBroken(form=form, field=key, reason="two fields have this key")
    for part in _all(parts):
        unknown = set(names(part.hide)) - set(keys) if part.hide else set()
        if unknown:
            raise FormBroken(form=form, field=part.key or part.label, reason=f"hides by unknown {unknown}")
    for row in (row for part in inputs for row in part.parts):
        if row.hide or not row.is_input or row.kind in ("checkbox", "checklist", "dynamiclist"):
            raise FormBroken(form=form, field=row.key, reason="a row holds plain fields that do not hide")
    for part in inputs:
        _check_names(form, part.parts)


def _all(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        if not part.is_input:
            yield from _all(part.parts)


def _part(form: str, component: Mapping[str, Any]) -> Part:
    kind = _kind(component)
    where = str(
        component.get("key") or component.get("path") or component.get("label") or component.get("id")
    )
    if kind not in INPUTS | LAYOUT:
        raise FormBroken(form=form, field=where, reason=f"type {component.get('type')!r} is not known")
    key = str(component.get("path" if kind == "dynamiclist" else "key", "")) if kind in INPUTS else ""
    if kind in INPUTS and (not _KEY.fullmatch(key) or key in RESERVED):
        raise FormBroken(form=form, field=where, reason=f"key {key!r} cannot be used")
    try:
        return _built(form, kind, key, component)
    except (ConditionBroken, InvalidOperation, re.error, TypeError, ValueError) as error:
        raise FormBroken(form=form, field=where, reason=f"{type(error).__name__}: {error}") from error


def _built(form: str, kind: str, key: str, component: Mapping[str, Any]) -> Part:
    rules = component.get("validate") or {}
    unit = component.get("appearance") or {}
    hide = (component.get("conditional") or {}).get("hide")
    label = "text" if "text" in component else "label"
    return Part(
        kind=kind,
        key=key,
        label=str(component.get(label) or component.get("dateLabel") or key),
        label_en=str(component.get(f"{label}_en", "")),
        description=str(component.get("description", "")),
        description_en=str(component.get("description_en", "")),
        unit=str(unit.get("suffixAdorner", "")),
        unit_en=str(unit.get("suffixAdorner_en", "")),
        is_required=bool(rules.get("required", False)),
        least=_decimal(rules.get("min")),
        most=_decimal(rules.get("max")),
        shortest=_count(rules.get("minLength")),
        longest=_count(rules.get("maxLength")),
        pattern=_pattern(rules.get("pattern")),
        places=_count(component.get("decimalDigits")),
        as_text=bool(component.get("serializeToString", False)),
        options=options(component.get("options") or component.get("values") or ()),
        options_key=str(component.get("valuesKey", "")),
        default=component.get("defaultValue"),
        hide=parse(str(hide)) if hide else None,
        parts=tuple(_part(form, child) for child in component.get("components", ())),
    )


def _kind(component: Mapping[str, Any]) -> str:
    kind = str(component.get("type"))
    if kind == "datetime":
        return "date" if component.get("subtype", "date") == "date" else "datetime"
    return kind


def _pattern(text: str | None) -> str | None:
    if text and _REPEATED_REPETITION.search(text):
        raise ValueError("the pattern repeats what is repeated already, which can take for ever")
    return re.compile(text).pattern if text else None


def _decimal(value: object) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def _count(value: object) -> int | None:
    return None if value in (None, "") else int(str(value))


def options(items: Sequence[Mapping[str, Any] | str]) -> tuple[Option, ...]:
    """Options from a schema or from the data of the page: texts, or value, label and English twin."""
    made = []
    for item in items:
        entry = item if isinstance(item, Mapping) else {"value": item}
        value = str(entry["value"])
        label = str(entry.get("label", value))
        made.append(Option(value=value, label=label, label_en=str(entry.get("label_en", ""))))
    return tuple(made)


def options_of(part: Part, data: Mapping[str, Any]) -> tuple[Option, ...]:
    """What can be chosen in a field just now."""
    return options(data.get(part.options_key, ())) if part.options_key else part.options
