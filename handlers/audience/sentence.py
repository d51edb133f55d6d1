"""A condition tree said in one sentence, as an approver would say it, in Chinese or in English."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from handlers.audience.tags import GROUPS, SCORES, TAGS, Measure, Tag
from handlers.audience.tree import (
    SCORE_SCALE,
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
from handlers.audience.words import Places, Words

AND = Words("，并且", ", and ")
OR = Words("，或者", ", or ")
EITHER = Words("或", " or ")
EVERYBODY = Words("全部在网客户", "All customers")
IN_PLACE = Words("%s在网客户", "Customers in %s")
ROUND = Words("（%s）", "(%s)")
NONE_OF = Words("不符合%s", "not %s")
COMPARED: Mapping[Measure, Mapping[str, Words]] = {
    "amount": {
        "=": Words("等于", " is "), "!=": Words("不等于", " is not "),
        ">=": Words("不低于", " is at least "), ">": Words("高于", " is above "),
        "<=": Words("不高于", " is at most "), "<": Words("低于", " is below "),
    },
    "count": {
        "=": Words("等于", " is "), "!=": Words("不等于", " is not "),
        ">=": Words("不少于", " is at least "), ">": Words("多于", " is more than "),
        "<=": Words("不多于", " is at most "), "<": Words("少于", " is less than "),
    },
    "age": {
        "=": Words("等于", " is "), "!=": Words("不等于", " is not "),
        ">=": Words("不小于", " is at least "), ">": Words("大于", " is over "),
        "<=": Words("不大于", " is at most "), "<": Words("小于", " is under "),
    },
}  # fmt: skip


def sentence(tree: Tree, locale: str, places: Places | None = None) -> str:
    """The tree in words; `places` gives prefectures and counties their names, else their codes are shown."""
    return _Speaker(locale, places or {}).tree(tree)


def phrase(leaf: Leaf, locale: str, places: Places | None = None) -> str:
    """One condition in words."""
    return _Speaker(locale, places or {}).leaf(leaf)


class _Speaker:
    """One language, and the names of the places."""

    def __init__(self, locale: str, places: Places) -> None:
        self._locale = locale
        self._places = places

    def tree(self, tree: Tree) -> str:
        """Where first, then what."""
        nodes = tree.root.nodes if tree.root.kind == "all" else (tree.root,)
        at = next((at for at, node in enumerate(nodes) if _is_place(node)), None)
        whom = self._say(EVERYBODY) if at is None else self._somewhere(nodes[at])
        rest = [self._node(node) for number, node in enumerate(nodes) if number != at]
        return self._say(AND).join([whom, *rest])

    def leaf(self, leaf: Leaf) -> str:
        speakers: Mapping[type[Leaf], Callable[..., str]] = {
            Compare: self._compare,
            OneOf: self._one_of,
            Between: self._between,
            Presence: self._presence,
            Top: self._top,
            ScoreCompare: self._score,
            InGroup: self._group,
        }
        return speakers[type(leaf)](leaf)

    def _node(self, node: Node) -> str:
        if not isinstance(node, Branch):
            return self.leaf(node)
        said = self._say(AND if node.kind == "all" else OR).join(self._node(child) for child in node.nodes)
        said = said if len(node.nodes) == 1 and node.kind != "none" else self._say(ROUND) % said
        return self._say(NONE_OF) % said if node.kind == "none" else said

    def _somewhere(self, node: Node) -> str:
        codes = node.values if isinstance(node, OneOf) else (getattr(node, "value", ""),)
        tag = TAGS[getattr(node, "tag", "pref")]
        names = (self._value(tag, code) for code in codes)
        return self._say(IN_PLACE) % self._say(Words("、", " or ")).join(names)

    def _compare(self, leaf: Compare) -> str:
        tag = TAGS[leaf.tag]
        if tag.type == "yesno":
            return self._say(tag.yes if leaf.value else tag.no)
        if tag.type == "number":
            return (
                self._say(tag.words)
                + self._say(COMPARED[tag.measure][leaf.op])
                + self._amount(tag, leaf.value)
            )
        return self._is(tag, leaf.op == "!=", self._value(tag, leaf.value))

    def _one_of(self, leaf: OneOf) -> str:
        tag = TAGS[leaf.tag]
        show = self._amount if tag.type == "number" else self._value
        return self._is(tag, leaf.negated, self._say(EITHER).join(show(tag, value) for value in leaf.values))

    def _is(self, tag: Tag, negated: bool, what: str) -> str:
        return self._say(tag.words) + self._say(Words("不是", " is not ") if negated else tag.verb) + what

    def _between(self, leaf: Between) -> str:
        tag, low = TAGS[leaf.tag], shown(leaf.low, TAGS[leaf.tag].scale)
        within = Words("在%s–%s之间", " is between %s and %s")
        return self._say(tag.words) + self._say(within) % (low, self._amount(tag, leaf.high))

    def _presence(self, leaf: Presence) -> str:
        said = Words("没有记录", " is blank") if leaf.blank else Words("有记录", " is known")
        return self._say(TAGS[leaf.tag].words) + self._say(said)

    def _top(self, leaf: Top) -> str:
        said = Words("%s得分居前%s%%", "%s score is among the top %s%%")
        return self._say(said) % (self._topic(leaf.topic), f"{leaf.percent:f}")

    def _score(self, leaf: ScoreCompare) -> str:
        said = self._say(Words("%s得分", "%s score")) % self._topic(leaf.topic)
        return said + self._say(COMPARED["amount"][leaf.op]) + shown(leaf.value, SCORE_SCALE)

    def _group(self, leaf: InGroup) -> str:
        names = self._say(EITHER).join(self._say(GROUPS[name]) for name in leaf.groups)
        return self._say(Words("属于", "belongs to the group ")) + names

    def _topic(self, topic: str) -> str:
        return self._say(SCORES.get(topic, Words(topic, topic)))

    def _value(self, tag: Tag, value: object) -> str:
        code = str(value)
        names = self._places if tag.type == "place" else {**self._places, **tag.values}
        return self._say(names.get(code, Words(code, code)))

    def _amount(self, tag: Tag, value: object) -> str:
        unit = self._say(tag.unit)
        space = "" if self._locale.startswith("zh") or not unit else " "
        return f"{shown(int(str(value)), tag.scale)}{space}{unit}"

    def _say(self, words: Words) -> str:
        return words.of(self._locale)


def _is_place(node: Node) -> bool:
    """A condition that names places, and names them as where to look."""
    if isinstance(node, Compare):
        return TAGS[node.tag].type == "place" and node.op == "="
    return isinstance(node, OneOf) and TAGS[node.tag].type == "place" and not node.negated


def shown(value: int, scale: int) -> str:
    """A stored value as people say it: 5800 fen are 58, never 58.00."""
    return f"{round(Decimal(value) / scale, 4).normalize():f}"
