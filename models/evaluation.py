"""What a campaign was worth: computed figures, the evaluator's words, and labels for the models."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base


class Evaluation(Base):
    """One computed evaluation of a campaign; a later one does not overwrite an earlier one."""

    __tablename__ = "evaluation"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    #: is the response window over?
    is_final: Mapped[bool]
    #: lift, funnel, cost, checks, by channel, group, county and day
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    computed_at: Mapped[datetime]
    conclusion: Mapped[str] = mapped_column(Text, default="")
    #: proven | not_proven | harmful | "" while nobody concluded
    verdict: Mapped[str] = mapped_column(String(16), default="")
    concluded_by: Mapped[str | None] = mapped_column(String(40))
    concluded_at: Mapped[datetime | None]
    #: labels handed back to the models, a file below the warehouse
    labels_file: Mapped[str] = mapped_column(String(200), default="")

    campaign: Mapped["Campaign"] = relationship("Campaign")  # type: ignore[name-defined]  # noqa: F821
