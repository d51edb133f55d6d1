"""Many customers in one statement, whatever the database: their numbers travel as one parameter."""

from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, ColumnElement, Dialect, Text, bindparam, column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeDecorator, TypeEngine

from handlers.warehouse import Sids


class _Numbers(TypeDecorator[Any]):
    """An array for PostgreSQL, a text of JSON for SQLite: no database has a limit on either."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type the database knows."""
        kind: TypeEngine[Any] = ARRAY(BigInteger) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> Any:
        """The numbers as the database reads them."""
        return value if dialect.name == "postgresql" else orjson.dumps(value).decode()


class _Rows(FunctionElement[int]):
    """One row a number."""

    inherit_cache = True


@compiles(_Rows, "sqlite")
def _from_json(element: _Rows, compiler: SQLCompiler, **more: Any) -> str:
    return f"(SELECT value AS sid FROM json_each({compiler.process(element.clauses, **more)}))"  # noqa: S608


@compiles(_Rows, "postgresql")
def _from_array(element: _Rows, compiler: SQLCompiler, **more: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **more)}) AS sid)"


def rows_of(sids: Sids) -> TableValuedAlias:
    """These customers as a table of one column, `sid`."""
    numbers = bindparam(None, sids.tolist(), type_=_Numbers(), unique=True)
    return _Rows(numbers).table_valued(column("sid", BigInteger))


def one_of(sid: InstrumentedAttribute[int] | Column[int], sids: Sids) -> ColumnElement[bool]:
    """The condition that a row is about one of these customers."""
    return sid.in_(select(rows_of(sids).c.sid))
