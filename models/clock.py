"""The clock of the demo: one row that the simulated outside world moves on."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class DemoClock(Base):
    """The moment it is in the demo, and the moment a visitor wishes it were; only moved forward."""

    __tablename__ = "demo_clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    now: Mapped[datetime]
    wished: Mapped[datetime | None]
