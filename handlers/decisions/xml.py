"""Opens a DMN file from anybody safely: one explicit parser, no entities, no DOCTYPE, no network."""

from collections.abc import Iterator

from lxml import etree

from handlers.decisions import limits
from handlers.decisions.columns import Label
from handlers.decisions.problems import DoctypeRefused, FileTooLarge, NotDmn, NotXml

Element = etree._Element
_DMN = ("http://www.omg.org/spec/DMN/", "https://www.omg.org/spec/DMN/")
#: element that holds the English twin of an annotation column
NOTE = "{http://bihuan.org/schema/1.0}note"
#: attribute that holds the English twin of a Chinese name
NAME_EN = "{http://bihuan.org/schema/1.0}name_en"


def open_definitions(xml: bytes) -> Element:
    """The root of a DMN file; raises FileTooLarge, NotXml, DoctypeRefused or NotDmn."""
    if len(xml) > limits.FILE_BYTES:
        raise FileTooLarge(size=len(xml), limit=limits.FILE_BYTES)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotXml(reason=str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise DoctypeRefused()
    name = etree.QName(root)
    if name.localname != "definitions" or not (name.namespace or "").startswith(_DMN):
        raise NotDmn(found=str(root.tag))
    return root


def children(element: Element, name: str) -> list[Element]:
    """The children of a name, in the namespace of their parent."""
    return element.findall(f"{{{etree.QName(element).namespace}}}{name}")


def child(element: Element, name: str) -> Element | None:
    """The first child of a name."""
    found = children(element, name)
    return found[0] if found else None


def text_of(element: Element | None, *path: str) -> str:
    """The text at the end of a path of children, stripped; empty where there is none."""
    for name in path:
        element = None if element is None else child(element, name)
    return "" if element is None else "".join(element.itertext()).strip()


def deep(element: Element, name: str) -> Iterator[Element]:
    """All descendants of a name."""
    return element.iter(f"{{{etree.QName(element).namespace}}}{name}")


def label_of(element: Element, fallback: str) -> Label:
    """What people call the element: its label, else its name; the English twin, else the same."""
    name = element.get("label") or element.get("name") or fallback
    return Label(zh=name, en=element.get(NAME_EN) or name)


def type_ref(element: Element | None) -> str:
    """The type an element names, without the prefix older editors write."""
    ref = "" if element is None else element.get("typeRef", "")
    return ref.removeprefix("feel:").strip()
