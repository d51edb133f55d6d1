"""Many customers in one statement, whatever the database: their numbers travel as one value."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from sqlalchemy import BigInteger, Column, ColumnElement, String, bindparam, cast, column, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import NullType

from handlers.warehouse import Sids


class _Rows(FunctionElement[Any]):
    """One row a number, in a column `sid`."""

    inherit_cache = False

    def __init__(self, sids: Sids) -> None:
        self.sids = sids
        super().__init__(bindparam(None, orjson.dumps(sids, option=orjson.OPT_SERIALIZE_NUMPY).decode()))


class _OneOf(FunctionElement[Any]):
    """Whether a column holds one of the numbers; no Boolean, or SQLite would compare it and use no index."""

    type = NullType()
    inherit_cache = False

    def __init__(self, sid: ColumnElement[int], sids: Sids) -> None:
        self.sids = sids
        super().__init__(sid, _Rows(sids))


@compiles(_Rows, "sqlite")
def _rows_of_json(element: _Rows, compiler: SQLCompiler, **more: Any) -> str:
    return f"(SELECT value AS sid FROM json_each({compiler.process(element.clauses, **more)}))"  # noqa: S608


@compiles(_OneOf, "sqlite")
def _in_json(element: _OneOf, compiler: SQLCompiler, **more: Any) -> str:
    sid, rows = element.clauses
    return f"{compiler.process(sid, **more)} IN {compiler.process(rows, **more)}"


@compiles(_Rows, "postgresql")
def _rows_of_array(element: _Rows, compiler: SQLCompiler, **more: Any) -> str:
    return f"(SELECT unnest({_array(element.sids)}) AS sid)"


@compiles(_OneOf, "postgresql")
def _in_array(element: _OneOf, compiler: SQLCompiler, **more: Any) -> str:
    """An array known to the planner is looked up by hash, however wrong its statistics are."""
    sid, _ = element.clauses
    return f"{compiler.process(sid, **more)} = ANY ({_array(element.sids)})"


def _array(sids: Sids) -> str:
    return f"CAST('{{{','.join(map(str, sids.tolist()))}}}' AS BIGINT[])"


def rows_of(sids: Sids) -> TableValuedAlias:
    """These customers as a table of one column, `sid`."""
    return _Rows(sids).table_valued(column("sid", BigInteger))


def one_of(sid: InstrumentedAttribute[int] | Column[int], sids: Sids) -> ColumnElement[bool]:
    """The condition that a row is about one of these customers."""
    return _OneOf(sid.expression if isinstance(sid, InstrumentedAttribute) else sid, sids)


def together(sid: InstrumentedAttribute[int] | ColumnElement[int]) -> ColumnElement[str]:
    """All numbers of a group as one text: thousands of rows come as one, and `apart` reads them at once."""
    return func.aggregate_strings(cast(sid, String), " ")


def apart(texts: Sequence[str]) -> tuple[Sids, npt.NDArray[np.intp]]:
    """The numbers in such texts one after the other, and beside each the place of its text."""
    groups = [np.fromstring(text, dtype=np.int64, sep=" ") for text in texts]
    sids: Sids = np.concatenate(groups) if groups else np.empty(0, dtype=np.int64)
    return sids, np.repeat(np.arange(len(groups)), [len(group) for group in groups])
