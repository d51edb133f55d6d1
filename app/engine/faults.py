"""What the checker may say of a diagram: the sentence, what to do about it, and how bad it is; all msgids."""

from dataclasses import dataclass

from app.engine.values import Severity


@dataclass(frozen=True)
class Fault:
    """One kind of finding; message and fix carry %(field)s placeholders."""

    message: str
    fix: str
    severity: Severity = "error"


UNREADABLE = Fault(
    "The file “%(file)s” cannot be read: %(reason)s.", "Save the diagram again in the modeller."
)
DOCTYPE = Fault("The file “%(file)s” carries a DOCTYPE.", "Remove the DOCTYPE; diagrams need none.")
NO_PROCESS = Fault("There is no process “%(key)s” in these files.", "Give the top process this id.")
TWICE = Fault("The id “%(id)s” is given twice.", "Give each element an id of its own.")
NO_ID = Fault("A %(kind)s has no id.", "Give the element an id.")
TOO_MANY = Fault(
    "The process has %(count)s nodes, at most %(limit)s.", "Move a part into a process of its own."
)
UNSUPPORTED = Fault("The element %(kind)s is not supported.", "Use one of: %(supported)s.")
SCRIPT = Fault(
    "“%(kind)s” would run code from the diagram.", "Move it into an operation and call it by a service task."
)
LOOP_MARKER = Fault("The loop marker is not supported.", "Draw the way back with a gateway.")
BAD_EXPRESSION = Fault(
    "The expression “%(expression)s” is not allowed: %(reason)s.", "Use the small language only."
)
NO_START = Fault(
    "“%(element)s” needs exactly one plain start event, it has %(count)s.", "Draw one start event."
)
NO_END = Fault("“%(element)s” has no end event.", "Draw an end event.")
BAD_FLOW = Fault("The flow “%(flow)s” leads from or to nothing.", "Connect the flow at both ends.")
FORK = Fault("Several flows leave “%(element)s”.", "Draw a gateway that says which way is taken.")
NO_CONDITION = Fault(
    "The flow “%(flow)s” has no condition.", "Write a condition or make it the default flow."
)
LOST_CONDITION = Fault(
    "The condition on the flow “%(flow)s” is never looked at.", "Draw an exclusive gateway before it."
)
DEAD_END = Fault("Nothing follows “%(element)s”.", "Lead it to an end event.", "warning")
UNREACHED = Fault("“%(element)s” can never be reached.", "Connect it or remove it.", "warning")
NEVER_WAITS = Fault(
    "The gateways %(elements)s form a circle without a task.", "Put a task or event into the circle."
)
NO_OPERATION = Fault("The service task calls no operation.", "Choose an operation.")
UNKNOWN_OPERATION = Fault(
    "There is no operation “%(operation)s”.", "Choose one of the operations of this installation."
)
UNKNOWN_PARAMETER = Fault(
    "The operation “%(operation)s” knows no parameter “%(parameter)s”.", "Use its parameters: %(parameters)s."
)
MISSING_PARAMETER = Fault(
    "The operation “%(operation)s” needs the parameter “%(parameter)s”.", "Give the parameter a value."
)
BAD_RETRIES = Fault(
    "“%(text)s” is no number of retries.", "Write a whole number from 0 to %(most)s, or leave it out."
)
BAD_TIME_LIMIT = Fault(
    "“%(text)s” is no time limit.", "Write a duration in ISO 8601 longer than nothing, e.g. PT10M."
)
UNKNOWN_FORM = Fault("There is no form “%(form)s”.", "Add the form or correct its name.")
BAD_FORM = Fault("The form “%(form)s” is not JSON: %(reason)s.", "Save the form again in the form editor.")
OPINION_WITHOUT_OUTCOME = Fault(
    "An opinion is required for “%(outcome)s”, which is no outcome here.",
    "Name one of the outcomes: %(outcomes)s.",
)
UNKNOWN_DECISION = Fault("There is no published decision table “%(decision)s”.", "Publish the table first.")
UNKNOWN_CALL = Fault("The called process “%(called)s” is not among the diagrams.", "Add its diagram.")
CALLS_ITSELF = Fault(
    "“%(called)s” calls itself, directly or through others.", "Draw the repetition as a loop."
)
BAD_TIMER = Fault(
    "“%(text)s” is no timer: %(reason)s.", "Write ISO 8601, e.g. PT1H, or the name of a variable."
)
CYCLE_PLACE = Fault(
    "A timer that repeats may only stand on the border of an activity, without interrupting it.",
    "Use a duration or a date.",
)
BAD_EVENT = Fault("This event cannot be used here: %(kind)s.", "Use one of: %(supported)s.")
NO_MESSAGE = Fault("The event names no message.", "Choose a message with a name.")
NO_ERROR = Fault("The end event names no error code.", "Choose an error with a code.")
EVENT_GATEWAY = Fault(
    "After an event-based gateway only message and timer events may follow, each reached from there alone.",
    "Put a catching event behind each flow.",
)
NO_LIST = Fault("The multi-instance activity names no list.", "Give it a list variable or a number.")
HALF_OUTPUT = Fault("The multi-instance outputs need both a list and an item.", "Name both, or neither.")
SAME_LIST = Fault(
    "Input and output of the multi-instance activity are the same list.", "Name another output list."
)
NOT_PARSED = Fault("The engine cannot take “%(element)s”: %(reason)s", "Correct the element in the modeller.")
