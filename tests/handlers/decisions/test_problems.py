"""Every refusal and finding says its place and fields, so that it can be translated."""

import inspect
import re

import pytest

from handlers.decisions import Finding, lint, problems
from handlers.decisions.problems import DecisionProblem, Place

KINDS = [
    kind
    for _, kind in inspect.getmembers(problems, inspect.isclass)
    if issubclass(kind, DecisionProblem) and kind is not DecisionProblem
]
FINDINGS = [
    kind
    for _, kind in inspect.getmembers(lint, inspect.isclass)
    if issubclass(kind, Finding) and kind is not Finding
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_has_a_sentence_of_its_own(kind: type[DecisionProblem]) -> None:
    assert kind.message != DecisionProblem.message
    assert kind.message.endswith((".", ")s"))
    assert sum(other.message == kind.message for other in KINDS) == 1


def test_a_place_reads_the_same_in_every_language() -> None:
    place = Place(decision="审批路线", rule=3, column="people", element="cell_7")
    refusal = problems.NoRuleMatches(place)
    assert str(place) == "审批路线 › #3 › people"
    assert {key: refusal.fields[key] for key in ("decision", "rule", "column", "element")} == {
        "decision": "审批路线",
        "rule": 3,
        "column": "people",
        "element": "cell_7",
    }


@pytest.mark.parametrize("kind", FINDINGS)
def test_a_finding_names_its_fields(kind: type[Finding]) -> None:
    fields = dict.fromkeys(re.findall(r"%\((\w+)\)s", kind.message), "x")
    assert fields.keys() <= {"where", "rules", "count", "examples"}
    assert "%(" not in str(kind(decision="d", element="e", fields=fields))
    assert kind.severity in ("error", "warning")
