"""Reads off a diagram which element follows which, so that a page can say what comes next."""

from collections.abc import Iterable, Mapping, Set
from functools import lru_cache

from lxml import etree

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


@lru_cache(maxsize=64)
def arrows(xml: str) -> Mapping[str, tuple[str, ...]]:
    """{element: the elements its flows lead to}, in the order of the file."""
    found: dict[str, tuple[str, ...]] = {}
    for flow in etree.fromstring(xml.encode(), _PARSER).iter(f"{_BPMN}sequenceFlow"):
        source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
        found[source] = (*found.get(source, ()), target)
    return found


def nearest(leads: Mapping[str, tuple[str, ...]], begin: Iterable[str], wanted: Set[str]) -> list[str]:
    """The wanted elements that fewest arrows away follow `begin`; empty where none does."""
    seen: set[str] = set()
    edge = list(begin)
    while edge:
        edge = list(dict.fromkeys(target for each in edge for target in leads.get(each, ())))
        found = [each for each in edge if each in wanted]
        if found:
            return found
        edge = [each for each in edge if each not in seen]
        seen.update(edge)
    return []
