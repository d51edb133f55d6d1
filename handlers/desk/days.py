"""The local day of a moment inside a statement; each database says it in its own words, here alone."""

from typing import Any

from sqlalchemy import Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class LocalDay(FunctionElement[Any]):
    """The calendar day a moment falls on where the company works."""

    name = "local_day"
    type = Date()
    inherit_cache = True


@compiles(LocalDay, "sqlite")
def _in_sqlite(element: LocalDay, compiler: Any, **more: Any) -> str:
    return f"date({compiler.process(element.clauses, **more)}, '+8 hours')"


@compiles(LocalDay, "postgresql")
def _in_postgresql(element: LocalDay, compiler: Any, **more: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **more)} AT TIME ZONE 'Asia/Shanghai' AS date)"
