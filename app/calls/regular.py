"""What becomes of calls by the calendar: confirmed orders leave, and lists whose days are over end."""

from datetime import datetime

from flask import current_app

from handlers.channels import calls, read_channel_keys
from handlers.desk.workshop import Workshop
from models.base import db

ORDERS = "orders"


def send_confirmed_orders(moment: datetime, now: datetime) -> None:
    """Give the order system what customers have confirmed; encrypted where it has left a key."""
    workshop: Workshop = current_app.extensions["workshop"]
    has_key = (workshop.keys / f"channel_{ORDERS}.pub").exists()
    keys = read_channel_keys(workshop.keys, ORDERS) if has_key else ()
    while calls.send_orders(db.session, workshop.warehouse, workshop.out / ORDERS, now, keys):
        pass


def end_overdue_calls(moment: datetime, now: datetime) -> None:
    """Nobody is called after the last day of a campaign; who was not reached by then was not."""
    calls.end_overdue(db.session, now)
