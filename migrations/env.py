"""Runs migrations inside the application, on whatever database it is set to."""

from alembic import context
from flask import current_app

from models import tables
from models.base import Base

assert tables.ALL  # noqa: S101 - importing them is what fills the metadata


def run() -> None:
    """Move the database to the wanted revision in one transaction."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
