"""Rows as a small office would have them; every maker fills what a test does not care about."""

from datetime import UTC, date, datetime
from typing import Any

from models.base import db
from models.campaign import Campaign, CampaignChannel, CampaignProduct
from models.execution import Contact, WorkOrder
from models.feedback import Feedback
from models.ledger import LedgerEntry
from models.organisation import Department, Office, Staff, StaffRole
from models.process import Process, ProcessVersion, ToDo
from models.product import Product, UnitCost

#: Monday, nine in the morning where the company works
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SMS = "【东屿移动】尊敬的客户，开通彩铃首月免费，次月起每月5元，回复KTCL开通。拒收请回复TD"
SCRIPT = "您好，彩铃首月免费，次月起每月5元，需要为您开通吗？"
#: no ringback tone yet, and among the likeliest fifth
LIKELY = {
    "version": 1,
    "all": [
        {"tag": "crbt_state", "op": "=", "value": "未开通"},
        {"score": "crbt_potential", "top_percent": 20},
    ],
}
DRAFT: dict[str, Any] = {
    "name": "彩铃潜在用户推荐",
    "reason": "模型得分高的客户还没有彩铃",
    "product_codes": ["CRBT"],
    "purpose": "acquire",
    "definition": LIKELY,
    "hold_out_percent": 10,
    "people_cap": None,
    "channels": [{"channel": "sms", "content": SMS, "hours": "09:00-20:00"}],
    "budget_yuan": "2500",
    "target_percent": 12,
    "start_on": "2026-03-05",
    "end_on": "2026-03-15",
    "response_days": 10,
    "remark": "",
}

#: login, office, department, roles; a keeper's channels behind a colon
PEOPLE = (
    ("yefang", "0101", "market", "planner"),
    ("gaoyang", "01", "market", "approver"),
    ("heyizhou", "01", "market", "planner"),
    ("zhoulan", "00", "market", "planner"),
    ("chenliqun", "00", "market", "approver"),
    ("xujianping", "00", "leader", "approver"),
    ("hejing", "00", "finance", "countersigner"),
    ("huangzhiyong", "00", "market", "channel_keeper:sms"),
    ("zhenghaiyan", "00", "service", "channel_keeper:call"),
    ("jiangtao", "00", "support", "evaluator"),
    ("shilei", "00", "audit", "auditor"),
)


def furnish() -> None:
    """Three offices in a line, their people, two products and what a contact costs."""
    offices: dict[str, Office] = {}
    for code, level, parent in (("00", "province", ""), ("01", "prefecture", "00"), ("0101", "county", "01")):
        offices[code] = Office(
            code=code, level=level, name=f"{code}公司", name_en=f"Office {code}", parent=offices.get(parent)
        )
    db.session.add_all(offices.values())
    departments: dict[tuple[str, str], Department] = {}
    for login, office, code, role in PEOPLE:
        department = departments.setdefault(
            (office, code), Department(office=offices[office], code=code, name=code, name_en=code)
        )
        name, _, scope = role.partition(":")
        db.session.add(
            Staff(
                login=login,
                name=login,
                name_en=login.title(),
                password_hash="-",
                office=offices[office],
                department=department,
                roles=[StaffRole(role=name, scope=scope)],
            )
        )
    _products()
    db.session.commit()


def _products() -> None:
    for code, name, tag, topic, gift in (
        ("CRBT", "彩铃", "v_crbt", "crbt_potential", 300),
        ("CLUB", "音乐俱乐部", "v_musicclub", "", 0),
    ):
        db.session.add(
            Product(
                code=code,
                name=name,
                name_en=name,
                product_class="growth",
                price="5元/月",
                price_en="5 yuan a month",
                price_fen=500,
                gift_fen=gift,
                owned_tag=tag,
                score_topic=topic,
            )
        )
    db.session.add(UnitCost(channel="sms", unit="part", cost_fen=10))
    db.session.add(UnitCost(channel="call", unit="customer", cost_fen=150, success_fen=200))


def staff(login: str) -> Staff:
    """A person of the office."""
    return db.session.query(Staff).filter_by(login=login).one()


def new_campaign(planner: str = "yefang", **changed: Any) -> Campaign:
    """A campaign as it is right after it was begun."""
    person = staff(planner)
    fields: dict[str, Any] = {
        "number": f"HD-{person.office.code}-2026-{db.session.query(Campaign).count() + 1:03d}",
        "name": "",
        "office_id": person.office_id,
        "department_id": person.department_id,
        "planner_id": person.id,
        "campaign_type": "precision",
        "created_at": MONDAY,
    }
    campaign = Campaign(**fields | changed)
    db.session.add(campaign)
    db.session.commit()
    return campaign


def drafted_campaign(**changed: Any) -> Campaign:
    """A campaign whose plan is written into its rows, nothing computed yet."""
    fields: dict[str, Any] = {
        "name": "彩铃潜在用户推荐",
        "definition": LIKELY,
        "budget_fen": 250_000,
        "target_basis_points": 1200,
        "start_on": date(2026, 3, 5),
        "end_on": date(2026, 3, 15),
        "response_days": 10,
        "submissions": 1,
    }
    channels = changed.pop("channels", ("sms",))
    products = changed.pop("products", ("CRBT",))
    campaign = new_campaign(**fields | changed)
    campaign.products = [CampaignProduct(product_code=code) for code in products]
    campaign.channels = [
        CampaignChannel(channel=code, position=place, content=SMS if code == "sms" else SCRIPT)
        for place, code in enumerate(channels)
    ]
    db.session.commit()
    return campaign


def handed_in(campaign: Campaign, element: str, outcome: str, **fields: Any) -> ToDo:
    """A to-do somebody has done for the campaign."""
    fields = {"closed_at": MONDAY, "closed_by": "yefang", "answer": {}, "variables": {}} | fields
    to_do = ToDo(
        process_id=_process_of(campaign).id,
        token="-",
        element=element,
        path=element,
        name=element,
        name_en=element,
        form=element,
        properties={},
        subject_type="campaign",
        subject_id=campaign.id,
        state="done",
        outcome=outcome,
        created_at=MONDAY,
        **fields,
    )
    db.session.add(to_do)
    db.session.commit()
    return to_do


def _process_of(campaign: Campaign) -> Process:
    if campaign.process is None:
        version = db.session.query(ProcessVersion).first() or ProcessVersion(
            key="loop",
            number=1,
            digest="-",
            name="营销闭环",
            name_en="Loop",
            sources=b"",
            specification=b"",
            decisions={},
            published_at=MONDAY,
            published_by="system",
        )
        campaign.process = Process(
            version=version,
            subject_type="campaign",
            subject_id=campaign.id,
            started_at=MONDAY,
            started_by="yefang",
        )
        db.session.flush()
    return campaign.process


def contacts_of(campaign: Campaign, **wanted: Any) -> list[Contact]:
    """The campaign's contacts by sid."""
    found = db.session.query(Contact).filter_by(campaign_id=campaign.id, **wanted)
    return list(found.order_by(Contact.sid, Contact.channel))


def work_orders_of(campaign: Campaign) -> list[WorkOrder]:
    """The campaign's work orders in the order they were made."""
    return list(db.session.query(WorkOrder).filter_by(campaign_id=campaign.id).order_by(WorkOrder.id))


def entries_of(campaign: Campaign, **wanted: Any) -> list[LedgerEntry]:
    """The campaign's entries in the contact ledger by sid, as the database has them."""
    db.session.expire_all()
    found = db.session.query(LedgerEntry).filter_by(campaign_id=campaign.id, **wanted)
    return list(found.order_by(LedgerEntry.sid, LedgerEntry.channel))


def met_by_another(sid: int, day: date, channel: str = "sms", state: str = "settled") -> LedgerEntry:
    """An entry of a campaign about something else, made for it."""
    other = drafted_campaign(products=("CLUB",))
    entry = LedgerEntry(
        campaign_id=other.id, channel=channel, sid=sid, day=day, state=state, changed_at=MONDAY
    )
    db.session.add(entry)
    db.session.commit()
    return entry


def answer(feed: str, key: str, at: datetime, **fields: Any) -> Feedback:
    """Something that came back, as intake keeps it."""
    row = Feedback(feed=feed, key=key, occurred_at=at, received_at=at, body=fields.pop("body", {}), **fields)
    db.session.add(row)
    db.session.commit()
    return row


def order(sid: int, at: datetime, product: str = "CRBT") -> Feedback:
    """An order of a known customer."""
    return answer("order", f"O-{sid}-{product}-{at:%d%H}", at, sid=sid, product=product)
