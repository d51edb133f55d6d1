"""Decision tables: one file decides one case, millions of customers and a query, and is checked before."""

from handlers.decisions.basis import Doubt, basis, doubts
from handlers.decisions.bulk import Bulk
from handlers.decisions.coding import Coded
from handlers.decisions.columns import Label
from handlers.decisions.library import Library
from handlers.decisions.lint import Finding
from handlers.decisions.loader import load
from handlers.decisions.model import Model
from handlers.decisions.problems import DecisionProblem
from handlers.decisions.table import Table

__all__ = [
    "Bulk",
    "Coded",
    "DecisionProblem",
    "Doubt",
    "Finding",
    "Label",
    "Library",
    "Model",
    "Table",
    "basis",
    "doubts",
    "load",
]
