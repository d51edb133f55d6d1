"""What can go wrong with a decision, each with its place and the way out for a process owner."""

from dataclasses import dataclass
from typing import ClassVar

from models.base import Problem


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in a file of decisions something stands: decision, rule (counted from 1, 0 = none) and column."""

    decision: str
    rule: int = 0
    column: str = ""
    #: id of the XML element, for the editor to jump to
    element: str = ""

    def __str__(self) -> str:
        """Say the place without a word of any language: decision › #rule › column."""
        rule = f"#{self.rule}" if self.rule else ""
        return " › ".join(part for part in (self.decision, rule, self.column) if part)


class DecisionProblem(Problem):
    """A decision that cannot be read or cannot be taken."""

    message: ClassVar[str] = "%(where)s: the decision cannot be taken."

    def __init__(self, place: Place | None = None, **fields: object) -> None:
        self.place = place or Place(decision="")
        here = {"decision": self.place.decision, "rule": self.place.rule, "column": self.place.column}
        super().__init__(where=str(self.place), element=self.place.element, **here, **fields)


# The file


class FileTooLarge(DecisionProblem):
    message = "The file has %(size)s bytes; %(limit)s are allowed. Split it into several files."


class NotXml(DecisionProblem):
    message = "The file is not well-formed XML: %(reason)s"


class DoctypeRefused(DecisionProblem):
    message = "The file has a DOCTYPE. Remove it: decisions need none, and entities are not read."


class NotDmn(DecisionProblem):
    message = "The file is not DMN: its first element is %(found)s. Expected: definitions of DMN 1.1 to 1.5."


class TooMany(DecisionProblem):
    message = "%(where)s: %(count)s of %(what)s; %(limit)s are allowed. Split the table or the file."


class NotSupported(DecisionProblem):
    message = (
        "%(where)s: %(what)s is not supported. Use a decision table or a literal expression, "
        "and number, string, boolean or date."
    )


class NoLogic(DecisionProblem):
    message = "%(where)s: there is neither a table nor an expression. Add one."


class NameTaken(DecisionProblem):
    message = "%(where)s: the name or id %(name)s is used twice in this file. Rename one of the two."


class NameWanted(DecisionProblem):
    message = "%(where)s: a name is missing at %(what)s. Name it."


class DecisionCycle(DecisionProblem):
    message = "%(where)s: the decisions wait for each other: %(path)s. Remove one of these arrows."


class UnknownType(DecisionProblem):
    message = (
        "%(where)s: the type %(name)s is not known. "
        "Use number, integer, string, boolean or date, or define it."
    )


# The table


class UnknownHitPolicy(DecisionProblem):
    message = "%(where)s: the hit policy %(policy)s is not known. Use one of: %(policies)s."


class UnknownAggregation(DecisionProblem):
    message = (
        "%(where)s: %(aggregation)s cannot be used here. "
        "COLLECT takes one of SUM, MIN, MAX, COUNT; others none."
    )


class OneOutputWanted(DecisionProblem):
    message = "%(where)s: COLLECT %(aggregation)s needs exactly one output column, the table has %(count)s."


class PriorityWanted(DecisionProblem):
    message = (
        "%(where)s: %(policy)s needs the list of output values, the most important first. "
        "Write it at an output."
    )


class ColumnWanted(DecisionProblem):
    message = "%(where)s: the table needs at least one %(what)s column."


class CellCountWrong(DecisionProblem):
    message = (
        "%(where)s: %(cells)s cells for %(columns)s columns. "
        "Give every column a cell; - stands for any value."
    )


# The text of a cell


class TextTooLong(DecisionProblem):
    message = "%(where)s: the text has %(size)s characters; %(limit)s are allowed. Split the rule."


class TooManyOperators(DecisionProblem):
    message = "%(where)s: more than %(limit)s operators in one text. Split it into several decisions."


class NestedTooDeep(DecisionProblem):
    message = "%(where)s: the text is nested more than %(limit)s deep. Split it into several decisions."


class UnexpectedCharacter(DecisionProblem):
    message = (
        "%(where)s: unexpected character %(character)s at position %(at)s of %(text)s. "
        "Write quotes, brackets, commas and signs in half width."
    )


class UnexpectedText(DecisionProblem):
    message = (
        "%(where)s: %(found)s at position %(at)s of %(text)s, expected %(expected)s. "
        'Put text in "double quotes".'
    )


class UnknownName(DecisionProblem):
    message = (
        '%(where)s: the name %(name)s is not known. Put text in "double quotes"; names known here: %(names)s.'
    )


class UnknownFunction(DecisionProblem):
    message = "%(where)s: the function %(name)s is not known. Known: %(names)s."


class ArgumentCountWrong(DecisionProblem):
    message = "%(where)s: %(name)s takes %(wanted)s arguments, not %(given)s."


class RangeDescends(DecisionProblem):
    message = "%(where)s: the range from %(low)s to %(high)s does not ascend. Swap the ends."


class CellIsEmpty(DecisionProblem):
    message = "%(where)s: %(text)s gives no value. Mend the date or the calculation; write null for no value."


class CellTypeWrong(DecisionProblem):
    message = (
        "%(where)s: %(text)s is a %(found)s, the column holds %(wanted)s. Mend the cell or the column's type."
    )


class CellNotAllowed(DecisionProblem):
    message = (
        "%(where)s: %(text)s is not among the allowed values: %(allowed)s. "
        "Mend the cell or the column's values."
    )


# A case


class UnknownDecision(DecisionProblem):
    message = "There is no decision %(name)s here. Known: %(names)s."


class UnknownDigest(DecisionProblem):
    message = "No decision file with the digest %(digest)s is known. Publish it first."


class NotATable(DecisionProblem):
    message = "%(where)s: the decision is an expression, not a table."


class UnknownRule(DecisionProblem):
    message = "%(where)s: there is no rule %(number)s; the table has %(count)s."


class InputMissing(DecisionProblem):
    message = "%(where)s: the input %(name)s is missing. Fill it before this decision."


class InputTypeWrong(DecisionProblem):
    message = "%(where)s: the input %(name)s must be a %(wanted)s; given was %(value)s."


class InputNotAllowed(DecisionProblem):
    message = "%(where)s: the input %(name)s = %(value)s is not allowed. Allowed: %(allowed)s."


class NoRuleMatches(DecisionProblem):
    message = "%(where)s: no rule matches. Add a rule or default outputs for this case."


class SeveralRulesMatch(DecisionProblem):
    message = (
        "%(where)s: the hit policy is UNIQUE, but the rules %(rules)s match. Make them exclude each other."
    )


class RulesDisagree(DecisionProblem):
    message = (
        "%(where)s: the hit policy is ANY, but the rules %(rules)s give different outputs. Make them agree."
    )


class NothingToAggregate(DecisionProblem):
    message = "%(where)s: %(aggregation)s needs numbers only in the rules %(rules)s. Fill their output cells."


class OutputWrong(DecisionProblem):
    message = "%(where)s: the output is %(value)s, expected is %(wanted)s. Mend the output cell."


class TooMuchWork(DecisionProblem):
    message = (
        "%(where)s: the decision needs more steps than are allowed. "
        "Look for expressions that call each other."
    )


# Many cases at once


class BulkImpossible(DecisionProblem):
    message = (
        "%(where)s: this cell or column can only be decided case by case. "
        "Use constants and plain input names for a decision on many customers."
    )


class BulkValueRefused(DecisionProblem):
    message = (
        "%(where)s: %(count)s rows of the input %(name)s are not allowed, for example %(value)s. "
        "Allowed: %(allowed)s."
    )


class BulkSizeWrong(DecisionProblem):
    message = "%(where)s: the column %(name)s has %(rows)s rows, expected are %(size)s."


class SqlImpossible(DecisionProblem):
    message = "%(where)s: %(policy)s cannot be written as SQL here: %(reason)s."
