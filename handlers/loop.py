"""The stages in order, the other processes, and every operation a diagram may call by its name."""

from collections.abc import Mapping

from handlers import analyse, approve, confirm, dispatch, evaluate, feedback, plan, reconcile
from handlers.desk.workshop import Workshop
from handlers.operation import Operation, operations_of

STAGES = (analyse, plan, approve, confirm, dispatch, feedback, evaluate)
#: the processes beside the loop
PROCESSES = (reconcile,)


def operations(workshop: Workshop) -> Mapping[str, Operation]:
    """Every operation by its name, each with the workshop at hand."""
    return operations_of((*STAGES, *PROCESSES), workshop=workshop)
