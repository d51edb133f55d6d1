"""What is sold and what a contact costs."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Product(Base):
    """A product as BOSS sells it; money in fen."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    #: revenue | growth | strategic (J9)
    product_class: Mapped[str] = mapped_column(String(12))
    price: Mapped[str] = mapped_column(String(80))
    price_en: Mapped[str] = mapped_column(String(120))
    price_fen: Mapped[int]
    order_word: Mapped[str] = mapped_column(String(20), default="")
    gift: Mapped[str] = mapped_column(String(80), default="")
    #: cost of the gift for one success
    gift_fen: Mapped[int] = mapped_column(default=0)
    #: tag that says a customer has it already, e.g. "v_crbt"; empty where none does
    owned_tag: Mapped[str] = mapped_column(String(40), default="")
    #: topic of the score that ranks customers for it; empty where there is none
    score_topic: Mapped[str] = mapped_column(String(40), default="")


class UnitCost(Base):
    """What one contact through a channel costs, in fen; the unit is a part of an SMS or a called customer."""

    __tablename__ = "unit_cost"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    unit: Mapped[str] = mapped_column(String(20))
    cost_fen: Mapped[int]
    #: paid for each success, e.g. commission
    success_fen: Mapped[int] = mapped_column(default=0)
