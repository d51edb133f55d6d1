"""Campaigns: what is to be said to whom, through what, when, and what it may cost."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base


class Scenario(Base):
    """A template under a campaign type: first values for a new campaign."""

    __tablename__ = "scenario"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    #: event | product | place | personality | reminder (E5)
    family: Mapped[str] = mapped_column(String(16), index=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    #: fields of the plan form with their first values
    first_values: Mapped[dict[str, Any]] = mapped_column(JSON)
    kept_from_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", use_alter=True), index=True)
    #: what the kept campaign reached, e.g. {"success_rate": 0.12, "lift_points": 8.7}
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Campaign(Base):
    """A promotion; its stage is not here but where its process stands."""

    __tablename__ = "campaign"
    __table_args__ = (Index(None, "office_id", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: HD-office-year-serial
    number: Mapped[str] = mapped_column(String(24), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    planner_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    #: precision | recurring | realtime | notice | temporary
    campaign_type: Mapped[str] = mapped_column(String(16))
    #: acquire | activate | retain | remind | notice
    purpose: Mapped[str] = mapped_column(String(16), default="acquire")
    scenario_id: Mapped[int | None] = mapped_column(ForeignKey("scenario.id"), index=True)
    #: why this campaign, in the planner's words
    reason: Mapped[str] = mapped_column(Text, default="")
    #: condition tree, version 1
    definition: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    hold_out_basis_points: Mapped[int] = mapped_column(default=1000)
    #: at most so many people are contacted; None means all
    people_cap: Mapped[int | None]
    budget_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    #: success rate aimed at, in basis points of the treated list
    target_basis_points: Mapped[int] = mapped_column(default=0)
    start_on: Mapped[date | None]
    end_on: Mapped[date | None]
    #: at_most_once | at_least_once: what a message of unknown fate is worth more, silence or a double
    delivery: Mapped[str] = mapped_column(String(16), default="at_most_once")
    #: days after the last contact in which an order counts
    response_days: Mapped[int] = mapped_column(default=30)
    audience_id: Mapped[int | None] = mapped_column(ForeignKey("audience.id", use_alter=True), index=True)
    process_id: Mapped[int | None] = mapped_column(ForeignKey("process.id"), index=True)
    #: times submitted
    submissions: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    office: Mapped["Office"] = relationship("Office")  # type: ignore[name-defined]  # noqa: F821
    planner: Mapped["Staff"] = relationship("Staff")  # type: ignore[name-defined]  # noqa: F821
    scenario: Mapped["Scenario | None"] = relationship("Scenario", foreign_keys=[scenario_id])
    audience: Mapped["Audience | None"] = relationship("Audience", foreign_keys=[audience_id])  # type: ignore[name-defined]  # noqa: F821
    process: Mapped["Process | None"] = relationship("Process")  # type: ignore[name-defined]  # noqa: F821
    channels: Mapped[list["CampaignChannel"]] = relationship(
        "CampaignChannel", cascade="all, delete-orphan", order_by="CampaignChannel.position", lazy="selectin"
    )
    products: Mapped[list["CampaignProduct"]] = relationship(
        "CampaignProduct", cascade="all, delete-orphan", lazy="selectin"
    )


class CampaignProduct(Base):
    """A product a campaign sells."""

    __tablename__ = "campaign_product"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    product_code: Mapped[str] = mapped_column(ForeignKey("product.code"), primary_key=True, index=True)

    product: Mapped["Product"] = relationship("Product", lazy="joined")  # type: ignore[name-defined]  # noqa: F821


class CampaignChannel(Base):
    """One channel of a campaign: what is said there, and what its keeper confirmed."""

    __tablename__ = "campaign_channel"
    __table_args__ = (UniqueConstraint("campaign_id", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    channel: Mapped[str] = mapped_column(String(20), index=True)
    position: Mapped[int] = mapped_column(default=0)
    #: message text or script
    content: Mapped[str] = mapped_column(Text)
    #: send only between these hours of the day, e.g. "09:00-20:00"
    hours: Mapped[str] = mapped_column(String(60), default="09:00-20:00")
    #: the confirmation: at most so many people, between these days
    confirmed_people: Mapped[int | None]
    confirmed_from: Mapped[date | None]
    confirmed_to: Mapped[date | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(40))


class Approval(Base):
    """What an approval binds: digests and ceilings, seen with the versions of the rules then in force."""

    __tablename__ = "approval"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    #: which submission this answers
    submission: Mapped[int]
    #: sha256 over everything below
    digest: Mapped[str] = mapped_column(String(64))
    #: {"definition", "content", "people", "cost_fen", "start_on", "end_on", "fields"}
    bound: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: {decision id: digest} and the snapshot date seen as evidence
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: the steps found, in order
    route: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    #: open | passed | returned | rejected | voided
    state: Mapped[str] = mapped_column(String(12), default="open")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Serial(Base):
    """The last number given under a prefix, an office and a year."""

    __tablename__ = "serial"

    prefix: Mapped[str] = mapped_column(String(4), primary_key=True)
    office_code: Mapped[str] = mapped_column(String(8), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(default=0)
