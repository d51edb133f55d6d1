"""Audiences: who is meant, who was taken out and why, and the frozen list itself."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Audience(Base):
    """One computed list of a campaign; frozen lists are files that never change."""

    __tablename__ = "audience"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    definition_digest: Mapped[str] = mapped_column(String(64))
    #: generation of the customer data and its day
    generation: Mapped[str] = mapped_column(String(40))
    snapshot: Mapped[date]
    exclusion_set: Mapped[str] = mapped_column(String(20))
    #: [{"rule","removed","alone","left"}] in order
    waterfall: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    matched: Mapped[int] = mapped_column(default=0)
    reachable: Mapped[int] = mapped_column(default=0)
    #: people in the frozen list, control group included
    frozen: Mapped[int] = mapped_column(default=0)
    control: Mapped[int] = mapped_column(default=0)
    hold_out_salt: Mapped[str] = mapped_column(String(60), default="")
    hold_out_basis_points: Mapped[int] = mapped_column(default=0)
    #: estimated cost of contacting everybody treated, successes at the target rate included
    cost_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    #: chance to prove the target lift, in basis points; None where there is no control group
    power_basis_points: Mapped[int | None]
    #: file below the audience folder, and its content digest
    file: Mapped[str] = mapped_column(String(200), default="")
    file_digest: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
