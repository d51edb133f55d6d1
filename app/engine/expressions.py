"""Diagrams compute, but run no code: expressions are compiled from a whitelist of syntax, once, and cached.

Sitting in the *environment* of the script engine, because SpiffWorkflow 3.2.0 evaluates some expressions
past the engine (message correlations), so that only the environment sees them all.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine

from app.engine.problems import EngineProblem, ExpressionFailed, ExpressionRefused

LONGEST = 2000
_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.IfExp,
    ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod,
    ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot,
    ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Subscript, ast.Call, ast.keyword,
)  # fmt: skip


def _get(mapping: Mapping[str, Any] | None, key: str, default: Any = None) -> Any:
    return (mapping or {}).get(key, default)


def _count(values: Iterable[Any], value: Any) -> int:
    return sum(1 for each in values if each == value)


def _times(left: Any, right: Any) -> Any:
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        raise TypeError("* is for numbers only")
    return left * right


def _modulo(left: Any, right: Any) -> Any:
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        raise TypeError("% is for numbers only")
    return left % right


#: what an expression may call
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "get": _get, "len": len, "min": min, "max": max, "sum": sum, "count": _count, "any": any, "all": all,
    "round": round, "str": str, "int": int, "float": float, "sorted": sorted, "abs": abs,
}  # fmt: skip
_HIDDEN: dict[str, Any] = {"_times": _times, "_modulo": _modulo, "__builtins__": {}}


class _NumbersOnly(ast.NodeTransformer):
    """`*` and `%` on texts and lists could fill the memory: they become calls that take numbers only."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        name = {ast.Mult: "_times", ast.Mod: "_modulo"}.get(type(node.op))
        if name is None:
            return node
        return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), [node.left, node.right], []), node)


@lru_cache(maxsize=4096)
def compiled(expression: str) -> CodeType:
    """Compile an expression of the small language; anything else is refused with the reason."""
    text = expression.strip()
    if len(text) > LONGEST:
        raise ExpressionRefused(expression=text[:60] + "…", reason=f"longer than {LONGEST} characters")
    try:
        tree = ast.parse(text, mode="eval")
        for node in ast.walk(tree):
            _check(node, text)
        return compile(ast.fix_missing_locations(_NumbersOnly().visit(tree)), "<diagram>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        reason = getattr(problem, "msg", None) or str(problem) or type(problem).__name__
        raise ExpressionRefused(expression=text, reason=reason) from problem


def names_in(expression: str) -> frozenset[str]:
    """The variables an expression reads."""
    compiled(expression)
    tree = ast.parse(expression.strip(), mode="eval")
    return frozenset(n.id for n in ast.walk(tree) if isinstance(n, ast.Name)) - FUNCTIONS.keys()


def _check(node: ast.AST, text: str) -> None:
    if not isinstance(node, _ALLOWED):
        raise ExpressionRefused(expression=text, reason=f"{type(node).__name__} may not be used")
    if isinstance(node, ast.Name) and node.id.startswith("_"):
        raise ExpressionRefused(expression=text, reason=f"the name {node.id} may not be used")
    if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
        raise ExpressionRefused(expression=text, reason="only " + ", ".join(FUNCTIONS) + " may be called")
    if isinstance(node, ast.Constant) and not isinstance(node.value, str | int | float | None):
        raise ExpressionRefused(expression=text, reason="only texts, numbers, true, false and none")
    if isinstance(node, ast.Dict) and None in node.keys:
        raise ExpressionRefused(expression=text, reason="** may not be used")


def value_of(expression: str, data: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Any:
    """Work an expression out with the data given; what fails is raised as Python raises it."""
    names = {**data, **(more or {}), **FUNCTIONS, **_HIDDEN}
    return eval(compiled(expression), names)  # noqa: S307  only whitelisted syntax gets here


class SafeEnvironment(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """Evaluates the small language; executes nothing."""

    def evaluate(
        self, expression: str, context: Mapping[str, Any], external_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Work out one expression."""
        return value_of(expression, context, external_context)

    def execute(self, script: str, context: object, external_context: object = None) -> None:
        """Refuse every script: diagrams run no code."""
        raise ExpressionRefused(expression=script[:60], reason="scripts are not run")


class Scripts(PythonScriptEngine):  # type: ignore[misc]
    """The script engine of one live process; `host` is the step that is going on, None between steps."""

    def __init__(self) -> None:
        super().__init__(environment=SafeEnvironment())
        self.host: Any = None

    def evaluate(self, task: Any, expression: str, external_context: Mapping[str, Any] | None = None) -> Any:
        """Work out an expression at an element; a failure names both."""
        try:
            return value_of(expression, task.data, external_context)
        except EngineProblem:
            raise
        except Exception as problem:
            reason = f"{type(problem).__name__}: {problem}"
            element = task.task_spec.bpmn_id or task.task_spec.name
            raise ExpressionFailed(expression=expression, element=element, reason=reason) from problem
