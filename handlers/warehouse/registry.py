"""Who is who: each customer's dense number, given once, with the token and the encrypted phone number."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from handlers.warehouse.arrays import Sids
from handlers.warehouse.files import ROW_GROUP, replace
from handlers.warehouse.keys import Keys
from handlers.warehouse.problems import KeysDoNotFit
from handlers.warehouse.reader import Bounds, Reader, attach, first_row

FILE = "registry.parquet"
FINGERPRINT = b"keys"
BATCH = 100_000
TOKENS = pa.schema([("customer_id", pa.string()), ("token", pa.string())])
ROWS = pa.schema(
    [("sid", pa.int64()), ("customer_id", pa.string()), ("token", pa.string()), ("number", pa.binary())]
)

# A number that moved to another customer leaves its former owner: two rows never share a token.
# `plain` is filled only where a number has to be encrypted anew.
MERGE = """
WITH delivered AS (
  SELECT s.customer_id, s.number, t.token FROM source_customers s JOIN source_tokens t USING (customer_id)
), newcomers AS (
  SELECT d.*, ? + row_number() OVER (ORDER BY d.customer_id) - 1 AS sid
  FROM delivered d ANTI JOIN former r USING (customer_id)
), known AS (
  SELECT r.sid, r.customer_id, d.number AS delivered_number, r.number AS sealed, r.token AS old_token,
    CASE WHEN d.token IS NOT NULL THEN d.token
         WHEN r.token IN (SELECT token FROM source_tokens) THEN NULL ELSE r.token END AS token
  FROM former r LEFT JOIN delivered d USING (customer_id)
)
SELECT sid, customer_id, token,
  CASE WHEN token = old_token THEN sealed END AS sealed,
  CASE WHEN token IS DISTINCT FROM old_token THEN delivered_number END AS plain
FROM known
UNION ALL
SELECT sid, customer_id, token, NULL, number FROM newcomers
ORDER BY sid
"""
BY_SID = """
SELECT r.sid, r.number FROM wanted w LEFT JOIN registry r USING (sid) ORDER BY w.position
"""
BY_KEY = """
SELECT coalesce(r.sid, -1) AS sid FROM wanted w LEFT JOIN registry r ON r.{column} = w.key ORDER BY w.position
"""


class Registry:
    """The registry file of one warehouse, read; `merge` is the only writer."""

    def __init__(self, root: Path, keys: Keys, bounds: Bounds) -> None:
        self._keys = keys
        self._reader = Reader({"registry": root / FILE}, bounds)

    def numbers(self, sids: Sids) -> list[str]:
        """Phone numbers in the order asked, "" where none is known; one decryption each."""
        wanted = pa.table({"sid": pa.array(sids, type=pa.int64()), "position": np.arange(len(sids))})
        rows = self._reader.query(BY_SID, tables={"wanted": wanted})
        return [
            "" if sealed is None else self._keys.unseal(sealed, sid)
            for sid, sealed in zip(rows["sid"].to_pylist(), rows["number"].to_pylist(), strict=True)
        ]

    def sids_of_tokens(self, tokens: Sequence[str]) -> Sids:
        """Who has the numbers behind these tokens, in the order asked; -1 where nobody has."""
        return self._sids("token", tokens)

    def sids_of_customers(self, customer_ids: Sequence[str]) -> Sids:
        """The dense numbers of these external ids, in the order asked; -1 where unknown."""
        return self._sids("customer_id", customer_ids)

    def _sids(self, column: str, keys: Sequence[str]) -> Sids:
        wanted = pa.table({"key": pa.array(keys, type=pa.string()), "position": np.arange(len(keys))})
        sids: Sids = self._reader.query(BY_KEY.format(column=column), tables={"wanted": wanted})[
            "sid"
        ].to_numpy()
        return sids


def merge(connection: duckdb.DuckDBPyConnection, root: Path, keys: Keys) -> int:
    """Bring the registry up to the source named in `connection`; answers how many sids were ever given.

    Old customers keep theirs, new ones follow in the order of their ids. The result is the view `registry`.
    """
    path = root / FILE
    _open_former(connection, path, keys)
    tokens = root / ".tmp-tokens.parquet"
    try:
        _write_tokens(connection, tokens, keys)
        attach(connection, "source_tokens", tokens)
        first = first_row(connection, "SELECT count(*) FROM former")[0]
        replace(path, lambda draft: _write_rows(connection, draft, keys, first))
    finally:
        tokens.unlink(missing_ok=True)
    attach(connection, "registry", path)
    return int(pq.read_metadata(path).num_rows)


def _open_former(connection: duckdb.DuckDBPyConnection, path: Path, keys: Keys) -> None:
    if not path.exists():
        connection.register("former", ROWS.empty_table())
        return
    written_with = (pq.read_schema(path).metadata or {}).get(FINGERPRINT, b"").decode()
    if written_with != keys.fingerprint:
        raise KeysDoNotFit()
    attach(connection, "former", path)


def _write_tokens(connection: duckdb.DuckDBPyConnection, path: Path, keys: Keys) -> None:
    """The HMAC has no form for whole columns: one call a number, about a microsecond each."""
    rows = connection.sql("SELECT customer_id, number FROM source_customers").to_arrow_reader(BATCH)
    with pq.ParquetWriter(path, TOKENS, compression="zstd") as writer:
        for batch in rows:
            tokens = [keys.token(number) for number in batch["number"].to_pylist()]
            writer.write_batch(
                pa.record_batch([batch["customer_id"], pa.array(tokens, type=pa.string())], schema=TOKENS)
            )


def _write_rows(connection: duckdb.DuckDBPyConnection, path: Path, keys: Keys, first: int) -> None:
    schema = ROWS.with_metadata({FINGERPRINT: keys.fingerprint.encode()})
    merged = connection.sql(MERGE, params=[first]).to_arrow_reader(BATCH)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in merged:
            columns = [batch["sid"], batch["customer_id"], batch["token"], _seal(batch, keys)]
            writer.write_batch(pa.record_batch(columns, schema=schema), row_group_size=ROW_GROUP)


def _seal(batch: Any, keys: Keys) -> pa.Array:
    """Keep what is sealed, seal what is new; a customer without a number stays without."""
    rows = zip(batch["sid"].to_pylist(), batch["sealed"].to_pylist(), batch["plain"].to_pylist(), strict=True)
    sealed = [old if plain is None else keys.seal(plain, sid) for sid, old, plain in rows]
    return pa.array(sealed, type=pa.binary())
