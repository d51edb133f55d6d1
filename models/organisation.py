"""Who works where: offices, departments, staff and the roles they hold."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base

LEVELS = ("province", "prefecture", "county")
ROLES = (
    "planner",
    "approver",
    "countersigner",
    "channel_keeper",
    "service_manager",
    "custodian",
    "clerk",
    "call_agent",
    "customer_manager",
    "dealer",
    "evaluator",
    "process_owner",
    "auditor",
    "administrator",
)


class Office(Base):
    """A place of the company in the tree province → prefecture → county."""

    __tablename__ = "office"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: '00' the province, '01'..'09' a prefecture, four digits a county
    code: Mapped[str] = mapped_column(String(8), unique=True)
    level: Mapped[str] = mapped_column(String(12), index=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"), index=True)

    parent: Mapped["Office | None"] = relationship("Office", remote_side="Office.id")

    def covers(self, code: str) -> bool:
        """An office covers itself and every office below it."""
        return self.level == "province" or code == self.code or code.startswith(self.code)


class Department(Base):
    """A department of one office; the code says what it does, whichever office it is in."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("office_id", "code", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    code: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))

    office: Mapped["Office"] = relationship("Office")


class Staff(Base):
    """A person who may sign in; never deleted, because history names them."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(60))
    #: what the person is called beside the name, e.g. 室经理
    title: Mapped[str] = mapped_column(String(40), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    #: "zh" or "en"; None follows the browser
    locale: Mapped[str | None] = mapped_column(String(8))
    is_active: Mapped[bool] = mapped_column(default=True)
    #: wrong passwords since the last right one; five lock the account for a while
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]

    office: Mapped["Office"] = relationship("Office")
    department: Mapped["Department | None"] = relationship("Department")
    roles: Mapped[list["StaffRole"]] = relationship(
        "StaffRole", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def role_names(self) -> frozenset[str]:
        """The roles this person holds."""
        return frozenset(role.role for role in self.roles)

    def has_role(self, *names: str) -> bool:
        """True where the person holds at least one of these roles."""
        return not self.role_names.isdisjoint(names)

    def keeps_channel(self, channel: str) -> bool:
        """A channel keeper answers only for the channels named in the role's scope."""
        return any(r.role == "channel_keeper" and channel in r.scope.split(",") for r in self.roles)


class StaffRole(Base):
    """One role of one person; the scope narrows it, e.g. the channels a keeper answers for."""

    __tablename__ = "staff_role"
    __table_args__ = (UniqueConstraint("staff_id", "role"), Index(None, "role"))

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    role: Mapped[str] = mapped_column(String(24))
    #: comma-separated channel codes for a channel keeper, else empty
    scope: Mapped[str] = mapped_column(String(80), default="")
