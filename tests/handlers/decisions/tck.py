"""Reads the public compatibility kit (TCK): test cases with their inputs and expected results."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from lxml import etree

TCK = "{http://www.omg.org/spec/DMN/20160719/testcase}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One result node: the model, the inputs, the decision asked and what must come out."""

    suite: str
    case: str
    model: Path
    inputs: dict[str, object]
    decision: str
    value: object
    is_table: bool


def result_nodes(root: Path) -> Iterator[Expected]:
    for path in sorted(root.glob("*/*.xml")):
        cases = etree.parse(path).getroot()
        model = path.parent / (cases.findtext(f"{TCK}modelName") or "")
        tables = {
            item.get("name")
            for item in etree.parse(model).getroot().findall("{*}decision")
            if item.find("{*}decisionTable") is not None
        }
        for case in cases.findall(f"{TCK}testCase"):
            inputs = {node.get("name", ""): _value(node) for node in case.findall(f"{TCK}inputNode")}
            for node in case.findall(f"{TCK}resultNode"):
                expected = node.find(f"{TCK}expected")
                yield Expected(
                    suite=path.parent.name,
                    case=case.get("id", ""),
                    model=model,
                    inputs=inputs,
                    decision=node.get("name", ""),
                    value=None if expected is None else _value(expected),
                    is_table=node.get("name") in tables,
                )


def _value(node: etree._Element) -> object:
    value = node.find(f"{TCK}value")
    if value is not None:
        return None if value.get(f"{XSI}nil") == "true" else _scalar(value)
    items = node.find(f"{TCK}list")
    if items is not None:
        return [_value(item) for item in items.findall(f"{TCK}item")]
    components = node.findall(f"{TCK}component")
    return {part.get("name", ""): _value(part) for part in components} if components else None


def _scalar(value: etree._Element) -> object:
    kind, text = (value.get(f"{XSI}type") or "xsd:string").split(":")[-1], value.text or ""
    if kind in ("decimal", "double", "integer"):
        return Decimal(text)
    if kind == "boolean":
        return text.strip() == "true"
    return dt.date.fromisoformat(text) if kind == "date" else text
