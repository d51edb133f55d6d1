"""Who is on a list: checked as whole columns before the first row leaves."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from models.base import Problem

#: Safe in a file, a URL and a spreadsheet cell.
GOOD_ID = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$"
#: Digits only, as E.164 has them without the plus sign.
GOOD_NUMBER = r"^[0-9]{5,15}$"


class MissingColumn(Problem):
    """A list without ids or without numbers."""

    message = "The list of customers has no column “%(column)s”."


class BadId(Problem):
    """A contact whose answers could not be matched later."""

    message = "%(count)d contacts have no usable id."


class BadNumber(Problem):
    """Numbers nobody can be reached under; they are counted, never printed."""

    message = "%(count)d customers have no usable number."


class MetTwice(Problem):
    """The same id or number twice in one list: somebody would be contacted twice."""

    message = "The list names %(count)d customers more than once (%(column)s)."


def check_recipients(recipients: pa.Table) -> None:
    """Refuse a list with missing, unusable or repeated ids or numbers."""
    for column, pattern, problem in (("id", GOOD_ID, BadId), ("number", GOOD_NUMBER, BadNumber)):
        if column not in recipients.column_names:
            raise MissingColumn(column=column)
        cells = recipients[column].cast(pa.string())
        good = pc.fill_null(pc.match_substring_regex(cells, pattern), False)
        count = recipients.num_rows - (pc.sum(good).as_py() or 0)
        if count:
            raise problem(count=count)
        repeated = recipients.num_rows - pc.count_distinct(cells).as_py()
        if repeated:
            raise MetTwice(count=repeated, column=column)


def walk(recipients: pa.Table, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The cells of these columns as text, one tuple a customer, a batch in memory at a time."""
    texts = pa.table([recipients[name].cast(pa.string()) for name in columns], names=list(columns))
    for batch in texts.to_batches(max_chunksize=65_536):
        yield from zip(*(cells.to_pylist() for cells in batch.columns), strict=True)
