"""The list of all tables, for migrations and create_app; nobody else needs them all."""

from models import (
    audience,
    call,
    campaign,
    clock,
    evaluation,
    execution,
    feedback,
    history,
    ledger,
    organisation,
    process,
    product,
    schedule,
    sending,
)

ALL = (
    organisation,
    process,
    schedule,
    history,
    product,
    campaign,
    audience,
    execution,
    ledger,
    sending,
    call,
    feedback,
    evaluation,
    clock,
)
