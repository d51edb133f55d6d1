"""Customer snapshots, contact history and the registry of subscribers: the tool under all others."""

from handlers.warehouse.arrays import Mask, Sids, mask_of, pick
from handlers.warehouse.generation import Generation
from handlers.warehouse.keys import Keys, mask_number
from handlers.warehouse.problems import NoGeneration, WarehouseProblem
from handlers.warehouse.reader import Bounds
from handlers.warehouse.warehouse import Warehouse

__all__ = [
    "Bounds",
    "Generation",
    "Keys",
    "Mask",
    "NoGeneration",
    "Sids",
    "Warehouse",
    "WarehouseProblem",
    "mask_number",
    "mask_of",
    "pick",
]
