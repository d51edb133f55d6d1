"""The list of all tables, for migrations and create_app; nobody else needs them all."""

from models import (
    audience,
    campaign,
    clock,
    evaluation,
    execution,
    feedback,
    history,
    organisation,
    process,
    product,
)

ALL = (organisation, process, history, product, campaign, audience, execution, feedback, evaluation, clock)
