"""What can go wrong between a source of customer data and its readers, each told so that it can be mended."""

from models.base import Problem


class WarehouseProblem(Problem):
    """The customer data cannot be used as asked."""


class NoGeneration(WarehouseProblem):
    """Nothing was published yet."""

    message = "No customer data has been loaded yet. Load a snapshot first."


class GenerationGone(WarehouseProblem):
    """A generation was swept away, or never was."""

    message = "The customer data %(generation)s is no longer there. Use the current snapshot."
    may_pass = True


class SourceMissing(WarehouseProblem):
    """A file of the source is not there."""

    message = "The source has no file %(file)s. Deliver all files, then load again."


class SourceUnreadable(WarehouseProblem):
    """A file of the source is not Parquet, or is damaged."""

    message = "The file %(file)s cannot be read as Parquet (%(reason)s). Deliver it again."


class ColumnsMissing(WarehouseProblem):
    """Columns everybody relies on are absent."""

    message = "The file %(file)s lacks the columns %(columns)s. Deliver them; values may be blank."


class WrongType(WarehouseProblem):
    """A column holds another kind of value than agreed."""

    message = "In %(file)s the column %(column)s must be %(expected)s but is %(found)s."


class BlankNotAllowed(WarehouseProblem):
    """A column that must be filled has blanks."""

    message = "In %(file)s the column %(column)s is blank in %(count)s rows. It must be filled in every row."


class DuplicateKeys(WarehouseProblem):
    """A value that names one customer stands in several rows."""

    message = "In %(file)s %(count)s values of %(column)s stand in several rows, for example %(example)s."


class WrongValue(WarehouseProblem):
    """A column holds a value outside of what was agreed."""

    message = "In %(file)s the column %(column)s has values that are not allowed, for example %(example)s."


class KeyDamaged(WarehouseProblem):
    """A key file is not what was once written."""

    message = "The key file %(file)s is damaged. Restore it from the backup: it cannot be made anew."


class KeysDoNotFit(WarehouseProblem):
    """The registry was written with other keys."""

    message = "The keys do not fit the stored numbers. Restore the key folder this warehouse was made with."
