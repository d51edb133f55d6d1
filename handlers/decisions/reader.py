"""Reads a table from its XML and checks every column and cell while the place is still known."""

from dataclasses import dataclass, field, replace
from itertools import chain

from handlers.decisions import limits, tree
from handlers.decisions.cells import NO_WORDS, Cell, read_cell
from handlers.decisions.columns import Input, Label, Output, Rule, check_cell, infer, with_regions
from handlers.decisions.evaluator import Expression, Vocabulary, compile_expression
from handlers.decisions.functions import FUNCTIONS
from handlers.decisions.grid import Grid
from handlers.decisions.parser import parse_expression
from handlers.decisions.policy import SHORT, Aggregation, HitPolicy
from handlers.decisions.problems import (
    CellCountWrong,
    ColumnWanted,
    NotSupported,
    OneOutputWanted,
    Place,
    PriorityWanted,
    TooMany,
    UnknownAggregation,
    UnknownHitPolicy,
    UnknownType,
)
from handlers.decisions.scope import Scope
from handlers.decisions.table import Table
from handlers.decisions.tree import Node
from handlers.decisions.types import Type, built_in
from handlers.decisions.xml import NAME_EN, NOTE, Element, child, children, label_of, text_of, type_ref

_NOT_SUPPORTED = {
    "time",
    "dayTimeDuration",
    "days and time duration",
    "yearMonthDuration",
    "years and months duration",
}


@dataclass(frozen=True, kw_only=True)
class Types:
    """The types a file defines beside the built-in ones."""

    defined: dict[str, Type] = field(default_factory=dict)

    def find(self, name: str, place: Place) -> Type:
        """The type of a name; no name and Any take everything."""
        if name in ("", "Any"):
            return Type()
        if name in self.defined:
            return self.defined[name]
        if name in _NOT_SUPPORTED:
            raise NotSupported(place, what=name)
        found = built_in(name)
        if found is None:
            raise UnknownType(place, name=name)
        return found

    def define(self, item: Element, place: Place) -> None:
        """Learns a type of the file: a narrowed built-in type, or a structure or list, not looked into."""
        name = item.get("name", "")
        if item.get("isCollection") == "true":
            self.defined[name] = Type()
        elif children(item, "itemComponent"):
            self.defined[name] = Type(kind="context")
        else:
            base = self.find(text_of(item, "typeRef").removeprefix("feel:"), place)
            self.defined[name] = narrow(base, text_of(item, "allowedValues", "text"), NO_WORDS, place)


def narrow(base: Type, text: str, words: Vocabulary, place: Place) -> Type:
    """A type with the allowed values of a text, where there is one."""
    if not text:
        return base
    allowed = read_cell(text, words, place)
    kind = infer(base, [allowed])
    check_cell(allowed, Type(kind=kind.kind, is_whole=kind.is_whole), place)
    return Type(kind=kind.kind, is_whole=kind.is_whole, allowed=allowed)


def read_table(element: Element, name: str, words: Vocabulary, types: Types) -> Table:
    """The table of a decision or business knowledge model; raises what its author has to mend."""
    return _Reader(element, name, words, types).table()


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A rule's cells before the columns are complete."""

    element: Element
    inputs: list[Cell]
    outputs: list[Node]


class _Reader:
    """One table, its words and its types."""

    def __init__(self, element: Element, name: str, words: Vocabulary, types: Types) -> None:
        self.element, self.name, self.words, self.types = element, name, words, types
        self.place = Place(decision=name, element=element.get("id", ""))

    def table(self) -> Table:
        inputs = [
            self.input(item, number) for number, item in enumerate(self.many("input", limits.COLUMNS), 1)
        ]
        outputs = [
            self.output(item, number) for number, item in enumerate(self.many("output", limits.COLUMNS), 1)
        ]
        if not outputs:
            raise ColumnWanted(self.place, what="output")
        policy, aggregation = self.policy(outputs)
        notes = self.notes()
        rows = [
            self.row(item, number, inputs, outputs)
            for number, item in enumerate(self.many("rule", limits.RULES), 1)
        ]
        columns = tuple(self.with_cells(column, at, rows) for at, column in enumerate(inputs))
        rules = tuple(self.rule(row, number, outputs, list(notes)) for number, row in enumerate(rows, 1))
        grid = Grid(
            place=self.place,
            policy=policy,
            aggregation=aggregation,
            inputs=columns,
            outputs=tuple(outputs),
            rules=rules,
        )
        return Table(grid=grid, notes=notes)

    def many(self, name: str, limit: int) -> list[Element]:
        found = children(self.element, name)
        if len(found) > limit:
            raise TooMany(self.place, what=name, count=len(found), limit=limit)
        return found

    def here(self, column: str, element: Element, rule: int = 0) -> Place:
        return Place(decision=self.name, rule=rule, column=column, element=element.get("id", ""))

    def input(self, item: Element, number: int) -> Input:
        text = text_of(item, "inputExpression", "text")
        place = self.here(text or str(number), item)
        if not text:
            raise ColumnWanted(place, what="inputExpression")
        node = parse_expression(text, self.words.words, place)
        type_ = self.types.find(type_ref(child(item, "inputExpression")), place)
        return Input(
            name=text,
            label=label_of(item, text),
            node=node,
            read=compile_expression(node, self.words, place),
            type=narrow(type_, text_of(item, "inputValues", "text"), self.words, place),
            place=place,
        )

    def output(self, item: Element, number: int) -> Output:
        name = (
            item.get("name") or item.get("label") or (self.name if number == 1 else f"{self.name} {number}")
        )
        place = self.here(name, item)
        type_ = self.types.find(type_ref(item), place)
        default = text_of(item, "defaultOutputEntry", "text")
        node = parse_expression(default, self.words.words, place) if default else None
        output = Output(
            name=name,
            label=label_of(item, name),
            type=Type(kind=type_.kind, is_whole=type_.is_whole),
            values=self.listed(text_of(item, "outputValues", "text"), place),
            default=compile_expression(node, self.words, place) if node else None,
            reads=_reads(node) if node else frozenset(),
            place=place,
        )
        if output.default and not output.reads:
            output.check(output.default(Scope()), place)
        return output

    def listed(self, text: str, place: Place) -> tuple[object, ...]:
        """The output values, the most important first; anything but a list of constants is no order."""
        cell = read_cell(text, self.words, place) if text else None
        return cell.constants or () if cell and cell.is_list else ()

    def notes(self) -> dict[str, Label]:
        """The annotation columns by their English twin; DMN has no attribute for it: it is an extension."""
        extension = child(self.element, "extensionElements")
        twins = (
            {}
            if extension is None
            else {item.get("name"): item.get("name_en") for item in extension.iter(NOTE)}
        )
        names = [item.get("name") or "" for item in children(self.element, "annotation")]
        return {(twins.get(name) or name): Label(zh=name, en=twins.get(name) or name) for name in names}

    def policy(self, outputs: list[Output]) -> tuple[HitPolicy, Aggregation | None]:
        text = self.element.get("hitPolicy", "UNIQUE").upper()
        if text not in SHORT and text not in set(HitPolicy):
            raise UnknownHitPolicy(self.place, policy=text, policies=", ".join(HitPolicy))
        policy = SHORT.get(text) or HitPolicy(text)
        aggregation = self.element.get("aggregation", "").upper()
        if aggregation and (policy is not HitPolicy.COLLECT or aggregation not in set(Aggregation)):
            raise UnknownAggregation(self.place, aggregation=aggregation)
        if aggregation and len(outputs) != 1:
            raise OneOutputWanted(self.place, aggregation=aggregation, count=len(outputs))
        if policy.goes_by_output and not any(output.values for output in outputs):
            raise PriorityWanted(self.place, policy=policy)
        return policy, Aggregation(aggregation) if aggregation else None

    def row(self, item: Element, number: int, inputs: list[Input], outputs: list[Output]) -> _Row:
        cells, entries = children(item, "inputEntry"), children(item, "outputEntry")
        if len(cells) != len(inputs) or len(entries) != len(outputs):
            place = self.here("", item, number)
            raise CellCountWrong(place, cells=len(cells) + len(entries), columns=len(inputs) + len(outputs))
        read = []
        for column, cell in zip(inputs, cells, strict=True):
            place = self.here(column.name, cell, number)
            read.append(read_cell(text_of(cell, "text"), self.words, place))
            check_cell(read[-1], column.type, place)
        nodes = [
            parse_expression(
                _or_null(text_of(entry, "text")), self.words.words, self.here(output.name, entry, number)
            )
            for output, entry in zip(outputs, entries, strict=True)
        ]
        return _Row(element=item, inputs=read, outputs=nodes)

    def with_cells(self, column: Input, at: int, rows: list[_Row]) -> Input:
        cells = [row.inputs[at] for row in rows]
        type_ = infer(column.type, cells)
        for number, (cell, row) in enumerate(zip(cells, rows, strict=True), 1):
            check_cell(cell, type_, self.here(column.name, row.element, number))
        return with_regions(replace(column, type=type_), cells)

    def rule(self, row: _Row, number: int, outputs: list[Output], notes: list[str]) -> Rule:
        compiled: list[Expression] = []
        for output, node in zip(outputs, row.outputs, strict=True):
            place = self.here(output.name, row.element, number)
            compiled.append(compile_expression(node, self.words, place))
            if not _reads(node):
                output.check(compiled[-1](Scope()), place)
        return Rule(
            number=number,
            id=row.element.get("id", ""),
            cells=tuple(row.inputs),
            outputs=tuple(compiled),
            reads=frozenset(chain.from_iterable(_reads(node) for node in row.outputs)),
            annotations=_annotations(row.element, notes),
        )


def _or_null(text: str) -> str:
    return "null" if text in ("", "-") else text


def _reads(node: Node) -> frozenset[str]:
    """What an output needs beyond constants: names, and functions of the file."""
    return tree.names_read(node) | (tree.functions_called(node) - FUNCTIONS.keys())


def _annotations(rule: Element, notes: list[str]) -> dict[str, str]:
    entries = [text_of(entry, "text") for entry in children(rule, "annotationEntry")]
    found = {name: text for name, text in zip(notes, entries, strict=False) if text}
    description = text_of(rule, "description")
    if description:
        found |= {"description": description, "description_en": rule.get(NAME_EN) or description}
    return found
