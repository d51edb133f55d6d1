"""The tasks and gateways of a diagram as the host runs them; where 3.2.0 is wrong, the class says how."""

from collections.abc import Iterator
from copy import copy, deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import ParallelGateway
from SpiffWorkflow.spiff.specs import defaults
from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask
from SpiffWorkflow.util.task import TaskState

from app.engine.events import catch_error, deliver
from app.engine.problems import DataNotPlain, InputMissing


def properties_of(spec: Any) -> dict[str, str]:
    """The properties the modeller wrote at an element."""
    found: dict[str, str] = getattr(spec, "extensions", {}).get("properties") or {}
    return found


class UserTask(defaults.UserTask):  # type: ignore[misc]
    """A to-do for a person."""


class PlainTask(defaults.NoneTask):  # type: ignore[misc]
    """A box without a kind: the process passes through, where 3.2.0 waits for somebody."""

    def __init__(self, wf_spec: Any, name: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.manual = False


class ServiceTask(defaults.ServiceTask):  # type: ignore[misc]
    """Calls an operation inside the step, or starts a job that runs outside it.

    An exception with an attribute `error_code` is an error of the business: the boundary event around the
    task catches it. Anything else escapes, and the whole step with it.
    """

    def _execute(self, task: Any) -> bool | None:
        host, scripts = task.workflow.script_engine.host, task.workflow.script_engine
        arguments = {n: scripts.evaluate(task, p["value"]) for n, p in self.operation_params.items()}
        if host.starts_job(task, self.operation_name, arguments):
            return None
        try:
            result = host.call(task, self.operation_name, arguments)
        except Exception as problem:
            if not caught(task, problem):
                raise
            return False
        self.keep(task, result)
        return True

    def keep(self, task: Any, result: Any) -> None:
        """Store a result under the task's variable; without one, each of its entries becomes a variable."""
        if not self.result_variable.startswith("spiff__"):
            task.data[self.result_variable] = result
        elif isinstance(result, dict):
            task.data.update(result)


def caught(task: Any, problem: Exception) -> bool:
    """Hand a business error to the boundary event around the task; False where nobody catches it."""
    code = getattr(problem, "error_code", None)
    return code is not None and catch_error(task, str(code), {"message": str(problem)})


class DecisionTask(SpiffBpmnTask):  # type: ignore[misc]
    """Asks a decision table; several outputs of one hit become variables unless the task names one."""

    def __init__(self, wf_spec: Any, name: str, decision: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.decision = decision

    def _run_hook(self, my_task: Any) -> bool:
        result = my_task.workflow.script_engine.host.decide(my_task, self.decision)
        variable = properties_of(self).get("result")
        if isinstance(result, dict) and not variable:
            my_task.data.update(result)
        else:
            my_task.data[variable or self.decision] = result
        return True


class _Calling:
    """What called processes and embedded sub-processes share: the host hears of entering and leaving."""

    def start_workflow(self, my_task: Any) -> None:
        """Enter."""
        my_task.workflow.script_engine.host.record("entered", my_task, {})
        super().start_workflow(my_task)  # type: ignore[misc]

    def _on_subworkflow_completed(self, subworkflow: Any, my_task: Any) -> None:
        """Leave; a caller that was cancelled meanwhile stays cancelled, which 3.2.0 forgets."""
        if my_task._state & TaskState.FINISHED_MASK:
            return
        my_task.workflow.script_engine.host.record("left", my_task, {})
        super()._on_subworkflow_completed(subworkflow, my_task)  # type: ignore[misc]


class CallActivity(_Calling, defaults.CallActivity):  # type: ignore[misc]
    """Calls another process; only declared inputs go in and declared outputs come out."""

    def copy_data(self, my_task: Any, subworkflow: Any) -> None:
        """Give the called process its declared inputs, or everything where it declares none."""
        names = _declared(subworkflow, "data_inputs")
        start = subworkflow.task_tree
        if names is None:
            start.set_data(**deepcopy(my_task.data))
            return
        for name in names:
            if name not in my_task.data:
                raise InputMissing(element=self.bpmn_id, variable=name)
            start.data[name] = deepcopy(my_task.data[name])

    def update_data(self, my_task: Any, subworkflow: Any) -> None:
        """Take the declared outputs as the last task left them; one not set on this way is None.

        3.2.0 looks for them at the regular end only, and fails where a terminate event ended the process.
        """
        names, left = _declared(subworkflow, "data_outputs"), subworkflow.last_task.data
        if names is None:
            my_task.data = deepcopy(left)
        else:
            my_task.data.update({name: deepcopy(left.get(name)) for name in names})


def _declared(subworkflow: Any, side: str) -> list[str] | None:
    declared = getattr(subworkflow.spec.io_specification, side, None)
    return [variable.bpmn_id for variable in declared] if declared else None


class SubProcess(_Calling, defaults.SubWorkflowTask):  # type: ignore[misc]
    """An embedded sub-process; it sees and keeps all data."""


class EventSubProcess(_Calling, defaults.EventSubprocess):  # type: ignore[misc]
    """A sub-process a message starts.

    3.2.0 rewires the shared specification when one starts, so that every later instance starts it by itself.
    The parser wires it once and for all (see parser.py) and the host starts it without touching the wiring.
    It also takes no notice of `isInterrupting`; here an interrupting one ends everything else beside it.
    """

    @staticmethod
    def begin(root: Any, name: str, payload: Any) -> None:
        """Start it beside what runs in the process of this root, or instead of it; the message is caught."""
        flow, top = root.workflow, root.workflow.top_workflow
        spec, latest = flow.spec.task_specs[name], (flow.last_task or root).data
        if properties_of(spec).get("interrupting") == "yes":
            for task in [t for t in flow.tasks.values() if t._state & TaskState.NOT_FINISHED_MASK]:
                if task.id in flow.tasks:
                    task.cancel()
        child = root._add_child(spec, TaskState.FUTURE)
        child.triggered = True
        child.data = deepcopy(latest)
        child.task_spec._predict(child, mask=TaskState.NOT_FINISHED_MASK)
        child.task_spec._update(child)
        inner = top.subprocesses[child.id]
        for task in [t for t in inner.tasks.values() if t._state == TaskState.WAITING]:
            deliver(task, task.task_spec.event_definition, payload)


class _Instances:
    """A multi-instance activity with the tally of this installation.

    Met here: a second pass in a loop failed on the first one's outputs; the completion condition saw the last
    child's data instead of the outputs so far; `data_ouput` was a NameError.
    """

    data_input: Any
    data_output: Any
    input_item: Any
    output_item: Any
    condition: str | None
    bpmn_id: str

    def _update_hook(self, my_task: Any) -> Any:
        """Start: the list must be there, without gaps."""
        if self.data_input is not None:
            items = my_task.parent.data.get(self.data_input.bpmn_id)
            if items is None:
                raise InputMissing(element=my_task.task_spec.bpmn_id, variable=self.data_input.bpmn_id)
            if not isinstance(items, list) or None in items:
                where = my_task.task_spec.bpmn_id
                raise DataNotPlain(
                    where=where, reason=f"{self.data_input.bpmn_id} must be a list without gaps"
                )
        return super()._update_hook(my_task)  # type: ignore[misc]

    def init_data_output_with_input_data(self, my_task: Any, input_data: Any) -> None:
        """Every pass begins with an empty list of outputs."""
        self.data_output.set(my_task, [])

    def init_data_output_with_cardinality(self, my_task: Any) -> None:
        """Every pass begins with an empty list of outputs."""
        self.data_output.set(my_task, [])

    def create_child(self, my_task: Any, item: Any, key_or_index: Any = None) -> None:
        """Items of the pass before are gone before new ones come."""
        for variable in (self.input_item, self.output_item):
            if variable is not None:
                my_task.data.pop(variable.bpmn_id, None)
        super().create_child(my_task, item, key_or_index)  # type: ignore[misc]

    def _merge_item(self, child: Any) -> None:
        """The child's output item joins the list; nothing else of the child comes back."""
        my_task = child.parent
        if self.data_output is not None and self.output_item is not None:
            my_task.data[self.data_output.bpmn_id].append(child.data.get(self.output_item.bpmn_id))
        my_task.internal_data["merged"].append(str(child.id))

    def check_completion_condition(self, my_task: Any) -> bool:
        """The condition sees the process data, `votes` so far, and how many there are and are done."""
        if self.condition is None:
            return False
        merged = my_task.internal_data["merged"]
        votes = my_task.data.get(self.data_output.bpmn_id, []) if self.data_output is not None else []
        more = {
            "votes": votes,
            "nr_of_instances": self._number(my_task),
            "nr_of_completed": len(merged),
        }
        if self.output_item is not None and votes:
            more[self.output_item.bpmn_id] = votes[-1]
        return bool(my_task.workflow.script_engine.evaluate(my_task, self.condition, more))

    def _number(self, my_task: Any) -> int:
        if self.data_input is not None:
            return len(my_task.data[self.data_input.bpmn_id])
        asked = my_task.workflow.script_engine.evaluate(my_task, self.cardinality)  # type: ignore[attr-defined]
        return int(asked)


class ParallelInstances(_Instances, defaults.ParallelMultiInstanceTask):  # type: ignore[misc]
    """All at once; what is left when the condition holds is cancelled."""

    def merge_child(self, workflow: Any, child: Any) -> None:
        """Count one in; finish when the condition holds or all are done."""
        self._merge_item(child)
        my_task = child.parent
        if self.check_completion_condition(my_task):
            for other in list(self._instances(my_task)):
                other.cancel()
            my_task._set_state(TaskState.READY)
        elif self.children_complete(my_task):
            my_task._set_state(TaskState.READY)


class SequentialInstances(_Instances, defaults.SequentialMultiInstanceTask):  # type: ignore[misc]
    """One after the other; the rest is not begun when the condition holds."""

    def merge_child(self, workflow: Any, child: Any) -> None:
        """Count one in; finish when the condition holds or all are done."""
        self._merge_item(child)
        my_task = child.parent
        if self.check_completion_condition(my_task) or self.children_complete(my_task):
            my_task._set_state(TaskState.READY)
        else:
            self.add_next_child(my_task)


class ParallelJoin(ParallelGateway):  # type: ignore[misc]
    """A parallel gateway that brings together what each branch changed since the fork.

    3.2.0 merges whole data in the order of arrival: a branch that did not touch a variable overwrites the
    branch that did, and in a loop the branches of earlier passes are merged again.
    """

    def _run_hook(self, my_task: Any) -> bool:
        own = dict(my_task.parent.data)
        for token, fork in self._arrived(my_task):
            for name, value in token.parent.data.items():
                untouched = own.get(name) == fork.data.get(name)
                if untouched and value != fork.data.get(name):
                    own[name] = copy(value)
        my_task.data = own
        return True

    def _arrived(self, my_task: Any) -> Iterator[tuple[Any, Any]]:
        """Tokens of this pass that were taken in, latest first, each with the task where our ways parted."""
        mine = {}
        for ancestor in _upwards(my_task.parent):
            if ancestor.task_spec is self:
                break
            mine[ancestor.id] = ancestor
        others = [t for t in my_task.workflow.tasks.values() if t.task_spec is self and t is not my_task]
        for token in sorted(others, key=lambda t: -t.last_state_change):
            if not token._state & TaskState.FINISHED_MASK:
                continue
            fork = next((a for a in _upwards(token.parent) if a.task_spec is self or a.id in mine), None)
            if fork is not None and fork.id in mine:
                yield token, fork


def _upwards(task: Any) -> Iterator[Any]:
    while task is not None:
        yield task
        task = task.parent
