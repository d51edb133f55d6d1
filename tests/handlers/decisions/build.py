"""Writes small DMN files for the tests of the engine."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from handlers.decisions import Model, Table, load

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" id="m">'


def text(tag: str, value: str, attributes: str = "") -> str:
    return f"<{tag}{attributes}><text>{escape(value)}</text></{tag}>"


def logic(
    inputs: Mapping[str, str],
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    outputs: Sequence[str] = ("out",),
    values: Mapping[str, str] | None = None,
    default: str = "",
) -> str:
    """A decisionTable element; inputs by expression with their type, values by column name."""
    values = values or {}
    parts = [
        f'<decisionTable id="t" hitPolicy="{policy}"'
        + f' aggregation="{aggregation}"' * bool(aggregation)
        + ">"
    ]
    for name, kind in inputs.items():
        kind = f" typeRef={quoteattr(kind)}" if kind else ""
        allowed = text("inputValues", values[name]) if name in values else ""
        parts.append(f"<input>{text('inputExpression', name, kind)}{allowed}</input>")
    for name in outputs:
        listed = text("outputValues", values[name]) if name in values else ""
        fallback = text("defaultOutputEntry", default) if default else ""
        parts.append(f"<output name={quoteattr(name)}>{listed}{fallback}</output>")
    for number, (cells, gives) in enumerate(rules, 1):
        entries = [text("inputEntry", cell) for cell in cells] + [text("outputEntry", cell) for cell in gives]
        parts.append(f'<rule id="r{number}">{"".join(entries)}</rule>')
    return "".join([*parts, "</decisionTable>"])


def decision(body: str, name: str = "d") -> str:
    return f'<decision id="{name}" name="{name}">{body}</decision>'


def expression(value: str) -> str:
    return text("literalExpression", value)


def file(*elements: str) -> bytes:
    return (HEAD + "".join(elements) + "</definitions>").encode()


def model(*elements: str) -> Model:
    return load(file(*elements))


def table(
    inputs: Mapping[str, str],
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    outputs: Sequence[str] = ("out",),
    values: Mapping[str, str] | None = None,
    default: str = "",
) -> Model:
    """A model of one table, called d."""
    return model(
        decision(
            logic(
                inputs,
                rules,
                policy=policy,
                aggregation=aggregation,
                outputs=outputs,
                values=values,
                default=default,
            )
        )
    )


def only_table(built: Model) -> Table:
    return built.table("d")


def answer(text_of_expression: str, inputs: Mapping[str, object] | None = None) -> object:
    """What an expression gives; every name in the inputs is declared."""
    given = inputs or {}
    declared = [f'<inputData id="i{number}" name={quoteattr(name)}/>' for number, name in enumerate(given)]
    return model(*declared, decision(expression(text_of_expression))).decide("d", given)


def takes(cell: str, value: object, kind: str = "") -> bool:
    """Whether a cell takes a value."""
    return table({"v": kind}, [([cell], ["1"])], policy="COLLECT").decide("d", {"v": value}) == [1]
