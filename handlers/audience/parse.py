"""From JSON to a condition tree: structure by marshmallow, meaning by the tags; every refusal says where."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from handlers.audience import meaning
from handlers.audience.problems import EmptyBranch, FieldUnfit, NotACondition, NotATree, TooDeep, TooLarge
from handlers.audience.tags import Tag
from handlers.audience.tree import (
    OPS,
    VERSION,
    Between,
    Branch,
    Compare,
    InGroup,
    Leaf,
    Node,
    OneOf,
    Presence,
    ScoreCompare,
    Top,
    Tree,
)

MAX_DEPTH = 8
MAX_NODES = 200
BRANCHES = ("all", "any", "none")
_NAME = validate.Regexp(r"^[a-z][a-z0-9_]{0,39}\Z")


def _text(**more: Any) -> fields.String:
    return fields.String(required=True, **more)


def _values() -> fields.Raw:
    return fields.Raw(required=True, validate=_must_be_list)


def _must_be_list(value: object) -> None:
    if not isinstance(value, list):
        raise ValidationError("not a list")


def _number(**more: Any) -> fields.Decimal:
    return fields.Decimal(required=True, allow_nan=False, **more)


def _form(**columns: fields.Field[Any]) -> Schema:
    return Schema.from_dict(dict(columns))()


_OP = validate.OneOf(OPS)
#: the keys of a node say which form it has
FORMS: Mapping[frozenset[str], Schema] = {
    frozenset({"all"}): _form(all=_values()),
    frozenset({"any"}): _form(any=_values()),
    frozenset({"none"}): _form(none=_values()),
    frozenset({"tag", "op", "value"}): _form(
        tag=_text(validate=_NAME), op=_text(validate=_OP), value=fields.Raw(required=True)
    ),
    frozenset({"tag", "in"}): _form(**{"tag": _text(validate=_NAME), "in": _values()}),
    frozenset({"tag", "not_in"}): _form(tag=_text(validate=_NAME), not_in=_values()),
    frozenset({"tag", "between"}): _form(tag=_text(validate=_NAME), between=_values()),
    frozenset({"tag", "is"}): _form(
        **{"tag": _text(validate=_NAME), "is": _text(validate=validate.OneOf(("blank", "given")))}
    ),
    frozenset({"score", "top_percent"}): _form(
        score=_text(validate=_NAME),
        top_percent=_number(validate=validate.Range(min=0, max=100, min_inclusive=False)),
    ),
    frozenset({"score", "op", "value"}): _form(
        score=_text(validate=_NAME),
        op=_text(validate=_OP),
        value=_number(validate=validate.Range(min=0, max=1)),
    ),
    frozenset({"group"}): _form(group=_values()),
}


def parse(described: object) -> Tree:
    """Check a condition tree of version 1; raises a TreeProblem: which node, what is wrong, what to do."""
    if not isinstance(described, Mapping) or described.get("version") != VERSION:
        raise NotATree()
    rest = {key: value for key, value in described.items() if key != "version"}
    if len(rest) != 1 or next(iter(rest)) not in BRANCHES:
        raise NotATree()
    _check_size(rest)
    root = _node(rest, "")
    if not isinstance(root, Branch):
        raise NotATree()
    return Tree(root=root)


def _check_size(root: Mapping[str, Any]) -> None:
    """Count without recursion, so that a hostile tree cannot exhaust the stack."""
    nodes, depth, waiting = 0, 0, [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        nodes, depth = nodes + 1, max(depth, level)
        if nodes > MAX_NODES:
            raise TooLarge(nodes=f">{MAX_NODES}", limit=MAX_NODES)
        if depth > MAX_DEPTH:
            raise TooDeep(depth=depth, limit=MAX_DEPTH)
        if isinstance(node, Mapping):
            for kind in BRANCHES:
                children = node.get(kind)
                if isinstance(children, list):
                    waiting.extend((child, level + _is_branch(child)) for child in children)


def _is_branch(node: object) -> bool:
    return isinstance(node, Mapping) and any(kind in node for kind in BRANCHES)


def _node(raw: object, path: str) -> Node:
    form = FORMS.get(frozenset(raw)) if isinstance(raw, Mapping) else None
    if form is None or not isinstance(raw, Mapping):
        raise NotACondition(path=path)
    try:
        given = form.load(raw)
    except ValidationError as error:
        raise FieldUnfit(path=path, field=", ".join(map(str, error.messages_dict))) from None
    for kind in BRANCHES:
        if kind in given:
            return _branch(kind, given[kind], path)
    return _leaf(given, path)


def _branch(kind: Any, children: list[object], path: str) -> Branch:
    if not children and not (path == "" and kind == "all"):
        raise EmptyBranch(path=path or kind)
    prefix = f"{path}.{kind}" if path else kind
    return Branch(
        kind=kind, nodes=tuple(_node(child, f"{prefix}[{at}]") for at, child in enumerate(children))
    )


def _leaf(given: Mapping[str, Any], path: str) -> Leaf:
    if "group" in given:
        return InGroup(groups=meaning.groups(given["group"], path))
    if "score" in given:
        return _score(given, path)
    tag = meaning.tag(given["tag"], path)
    builders: Mapping[str, Callable[[], Leaf]] = {
        "op": lambda: _compare(tag, given, path),
        "in": lambda: OneOf(tag=tag.name, values=meaning.values(tag, given["in"], path)),
        "not_in": lambda: OneOf(
            tag=tag.name, values=meaning.values(tag, given["not_in"], path), negated=True
        ),
        "between": lambda: _between(tag, given["between"], path),
        "is": lambda: Presence(tag=tag.name, blank=given["is"] == "blank"),
    }
    return next(build() for key, build in builders.items() if key in given)


def _compare(tag: Tag, given: Mapping[str, Any], path: str) -> Compare:
    op = meaning.operator(tag, given["op"], path)
    value = meaning.value(tag, given["value"], path)
    if op == "!=" and isinstance(value, bool):
        return Compare(tag=tag.name, op="=", value=not value)
    return Compare(tag=tag.name, op=op, value=value)


def _between(tag: Tag, ends: list[object], path: str) -> Between:
    low, high = meaning.ends(tag, ends, path)
    return Between(tag=tag.name, low=low, high=high)


def _score(given: Mapping[str, Any], path: str) -> Leaf:
    if "top_percent" in given:
        return Top(topic=given["score"], percent=given["top_percent"].normalize())
    return ScoreCompare(
        topic=given["score"], op=given["op"], value=meaning.ten_thousandths(Decimal(given["value"]))
    )
