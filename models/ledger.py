"""The contact ledger: one reservation a target and channel from approval on, settled to the real contacts."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class LedgerEntry(Base):
    """Contacts of a customer by a campaign through a channel: 1 while reserved, then what was real (H5)."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("campaign_id", "channel", "sid"),
        Index(None, "sid", "day"),
        Index(None, "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    channel: Mapped[str] = mapped_column(String(20))
    sid: Mapped[int] = mapped_column(BigInteger)
    #: local day on which it counts: planned while reserved, real when settled
    day: Mapped[date] = mapped_column(Date)
    #: what counts against the limits
    contacts: Mapped[int] = mapped_column(default=1)
    #: reserved | settled | released
    state: Mapped[str] = mapped_column(String(12), default="reserved")
    changed_at: Mapped[datetime]
