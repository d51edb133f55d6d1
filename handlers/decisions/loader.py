"""Turns a DMN file into a model: names, types, tables, expressions, functions and the order of decisions."""

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from lxml import etree

from handlers.decisions import limits, tree
from handlers.decisions.evaluator import Expression, Vocabulary, compile_expression
from handlers.decisions.model import Decision, Function, Model
from handlers.decisions.parser import parse_expression
from handlers.decisions.problems import (
    DecisionCycle,
    NameTaken,
    NameWanted,
    NoLogic,
    NotSupported,
    Place,
    TooMany,
)
from handlers.decisions.reader import Types, read_table
from handlers.decisions.table import Table
from handlers.decisions.types import Type
from handlers.decisions.xml import (
    Element,
    child,
    children,
    deep,
    label_of,
    open_definitions,
    text_of,
    type_ref,
)


def load(xml: bytes) -> Model:
    """Reads a DMN file; a mistake raises a DecisionProblem that names the place and the way out."""
    return _Loader(open_definitions(xml)).model()


class _Loader:
    """One file being read."""

    def __init__(self, root: Element) -> None:
        self.inputs, self.decisions = children(root, "inputData"), children(root, "decision")
        self.functions = children(root, "businessKnowledgeModel")
        elements = [*self.inputs, *self.decisions, *self.functions]
        if len(elements) > limits.ELEMENTS:
            raise TooMany(what="decision, inputData", count=len(elements), limit=limits.ELEMENTS)
        self.types = Types()
        for item in children(root, "itemDefinition"):
            self.types.define(item, Place(decision=item.get("name", ""), element=item.get("id", "")))
        self.check_names(elements)
        self.input_types = {_name(item): self.input_type(item) for item in self.inputs}
        self.loose_inputs()
        self.arity = {_name(item): len(_parameters(item)) for item in self.functions}

    def model(self) -> Model:
        decisions = {_name(item): self.decision(item) for item in self.decisions}
        return Model(
            decisions=_in_order(decisions),
            names={decision.id: decision.name for decision in decisions.values()},
            input_types=self.input_types,
            functions={_name(item): self.function(item) for item in self.functions},
        )

    def check_names(self, elements: list[Element]) -> None:
        for names in (_name, _id):  # a decision may be called by its id what an input is called by its name
            owners: dict[str, Element] = {}
            for element in elements:
                place = Place(decision=_name(element), element=element.get("id", ""))
                if not _name(element):
                    raise NameWanted(place, what=str(etree.QName(element).localname))
                if owners.setdefault(names(element), element) is not element:
                    raise NameTaken(place, name=names(element))

    def input_type(self, item: Element) -> Type:
        place = Place(decision=_name(item), element=item.get("id", ""))
        return self.types.find(type_ref(child(item, "variable")), place)

    def loose_inputs(self) -> None:
        """A table drawn without its inputs (no requirement at all) reads plain names as inputs."""
        taken = {_name(item) for item in (*self.decisions, *self.functions)}
        for decision in self.decisions:
            if children(decision, "informationRequirement"):
                continue
            for expression in deep(decision, "inputExpression"):
                name = text_of(expression, "text")
                if name.isidentifier() and name not in taken:
                    self.input_types.setdefault(name, Type())

    def decision(self, item: Element) -> Decision:
        name, place = _name(item), Place(decision=_name(item), element=item.get("id", ""))
        known = {*self.input_types, *(_name(other) for other in self.decisions)}
        words = Vocabulary(names=frozenset(known), functions=self.arity)
        table, run, reads = self.logic(item, name, words, place)
        return Decision(
            id=item.get("id") or name,
            name=name,
            label=label_of(item, name),
            table=table,
            run=run,
            reads=reads,
        )

    def function(self, item: Element) -> Function:
        name, place = _name(item), Place(decision=_name(item), element=item.get("id", ""))
        logic = child(item, "encapsulatedLogic")
        if logic is None:
            raise NoLogic(place)
        parameters = _parameters(item)
        words = Vocabulary(names=frozenset(parameters), functions=self.arity)
        _, run, _ = self.logic(logic, name, words, place)
        return Function(place=place, parameters=parameters, run=run)

    def logic(
        self, item: Element, name: str, words: Vocabulary, place: Place
    ) -> tuple[Table | None, Expression, frozenset[str]]:
        if (element := child(item, "decisionTable")) is not None:
            table = read_table(element, name, words, self.types)
            return table, table.decide, table.reads
        if (element := child(item, "literalExpression")) is not None:
            node = parse_expression(text_of(element, "text"), words.words, place)
            return None, compile_expression(node, words, place), tree.names_read(node)
        for what in ("context", "invocation", "list", "relation", "functionDefinition", "conditional"):
            if child(item, what) is not None:
                raise NotSupported(place, what=what)
        raise NoLogic(place)


def _name(element: Element) -> str:
    return (element.get("name") or element.get("id") or "").strip()


def _id(element: Element) -> str:
    return element.get("id") or _name(element)


def _parameters(item: Element) -> tuple[str, ...]:
    return tuple(parameter.get("name", "") for parameter in deep(item, "formalParameter"))


def _in_order(decisions: dict[str, Decision]) -> dict[str, Decision]:
    """Each decision with those it stands on, in the order they must be taken; raises DecisionCycle."""
    needs = {name: decision.reads & decisions.keys() for name, decision in decisions.items()}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        path = [str(name) for name in error.args[1]]
        raise DecisionCycle(Place(decision=path[0]), path=" → ".join(path)) from None
    behind: dict[str, set[str]] = {}
    for name in order:
        behind[name] = set(needs[name]).union(*(behind[need] for need in needs[name]))
    position = {name: at for at, name in enumerate(order)}
    return {
        name: replace(decision, before=tuple(sorted(behind[name], key=position.__getitem__)))
        for name, decision in decisions.items()
    }
