"""Whatever way a campaign's process ends, what it reserved and never used is free for others."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from handlers.contacts import release_unsent
from models.process import Process, ToDo


class Reservations:
    """Gives places in the contact ledger back, in the transaction that ends the process.

    The ways out that are drawn have given theirs back by then; an operator's emergency stop passes by none.
    """

    def to_do_opened(self, session: Session, to_do: ToDo, data: Mapping[str, Any]) -> None:
        """Nothing to do."""

    def to_do_closed(self, session: Session, to_do: ToDo) -> None:
        """Nothing to do."""

    def process_ended(self, session: Session, process: Process) -> None:
        """Give back what was reserved for the campaign the process is about."""
        if process.subject_type == "campaign" and process.ended_at is not None:
            release_unsent(session, process.subject_id, process.ended_at)
