"""A small office for the tests: three offices, five people, and campaigns at any step of approval."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models.audience import Audience
from models.campaign import Approval, Campaign, CampaignChannel, CampaignProduct
from models.organisation import Department, Office, Staff, StaffRole
from models.process import Candidate, OpenNode, Process, ProcessVersion, ToDo
from models.product import Product

#: Monday 2 March 2026, 10:42 in Shanghai
NOW = datetime(2026, 3, 2, 2, 42, tzinfo=UTC)
TEXT = "新同学你好！开通飞信，给好友手机发消息免费。回复KTFX开通，0元/月。退订回TD【东屿移动】"
TREE = {"version": 1, "all": [{"tag": "county", "in": ["0101"]}, {"tag": "age", "between": [18, 23]}]}
WATERFALL = [
    {"rule": "black_list", "removed": 3, "alone": 3, "left": 317},
    {"rule": "already_ordered", "removed": 0, "alone": 2, "left": 317},
    {"rule": "do_not_disturb", "removed": 17, "alone": 18, "left": 300},
]
#: what an approval binds, as the diagram's operation writes it
FIELDS: dict[str, Any] = {
    "name": "学林校园迎新飞信推广",
    "products": ["FETION"],
    "definition": "d" * 64,
    "channels": {"sms": {"content": TEXT, "hours": "09:00-20:00"}},
    "people": 270,
    "budget_yuan": "300.00",
    "target_percent": 20.0,
    "start_on": "2026-03-05",
    "end_on": "2026-04-04",
}
ROUTE = [
    {
        "step": "prefecture",
        "level": "prefecture",
        "department": "market",
        "role": "approver",
        "mode": "any",
        "share": None,
        "flow": "submit",
        "people": ["gaoyang"],
        "needed": 1,
    },
    {
        "step": "province",
        "level": "province",
        "department": "market",
        "role": "approver",
        "mode": "any",
        "share": None,
        "flow": "submit",
        "people": ["chenliqun"],
        "needed": 1,
    },
]

PEOPLE = (
    ("yefang", "叶芳", "Ye Fang", "0101", ("planner",), ""),
    ("gaoyang", "高扬", "Gao Yang", "01", ("approver",), ""),
    ("chenliqun", "陈立群", "Chen Liqun", "00", ("approver",), ""),
    ("huangzhiyong", "黄志勇", "Huang Zhiyong", "00", ("channel_keeper",), "sms,shop"),
    ("shilei", "石磊", "Shi Lei", "00", ("auditor",), ""),
    ("caimin", "蔡敏", "Cai Min", "02", ("planner",), ""),
)


def furnish(session: Session, password_hash: str = "") -> None:
    """Offices, departments, people, a product and a published version."""
    province = Office(code="00", level="province", name="省公司", name_en="Province")
    lanzhou = Office(code="01", level="prefecture", name="澜州分公司", name_en="Lanzhou", parent=province)
    xuelin = Office(code="0101", level="county", name="学林县公司", name_en="Xuelin", parent=lanzhou)
    qingyu = Office(code="02", level="prefecture", name="青屿分公司", name_en="Qingyu", parent=province)
    session.add_all([province, lanzhou, xuelin, qingyu])
    session.flush()
    offices = {office.code: office for office in (province, lanzhou, xuelin, qingyu)}
    for office in offices.values():
        session.add(Department(office=office, code="market", name="市场部", name_en="Marketing"))
    for login, name, name_en, code, roles, scope in PEOPLE:
        person = Staff(
            login=login, name=name, name_en=name_en, office=offices[code], password_hash=password_hash
        )
        person.roles = [StaffRole(role=role, scope=scope) for role in roles]
        session.add(person)
    session.add(
        Product(
            code="FETION",
            name="飞信",
            name_en="Fetion",
            product_class="growth",
            price="0元/月",
            price_en="0 yuan a month",
            price_fen=0,
        )
    )
    session.add(
        ProcessVersion(
            key="loop",
            number=1,
            digest="0" * 64,
            name="营销闭环",
            name_en="The loop",
            sources=b"",
            specification=b"",
            decisions={},
            published_at=NOW,
            published_by="system",
        )
    )
    session.commit()


def new_campaign(session: Session, serial: int = 1, **changed: Any) -> Campaign:
    """A campaign of the county in approval, with its audience and its first submission."""
    planner = session.query(Staff).filter_by(login=changed.pop("planner", "yefang")).one()
    campaign = Campaign(
        number=f"HD-{planner.office.code}-2026-{serial:03d}",
        name=changed.pop("name", f"学林校园迎新飞信推广{serial}"),
        office=planner.office,
        planner=planner,
        campaign_type="precision",
        definition=TREE,
        budget_fen=30000,
        target_basis_points=2000,
        start_on=date(2026, 3, 5),
        end_on=date(2026, 4, 4),
        submissions=1,
        created_at=NOW - timedelta(days=7),
        **changed,
    )
    campaign.channels = [CampaignChannel(channel="sms", content=TEXT)]
    campaign.products = [CampaignProduct(product_code="FETION")]
    session.add(campaign)
    session.flush()
    _audience(session, campaign)
    _process(session, campaign, planner.login)
    submit(session, campaign, 1, NOW - timedelta(days=3))
    session.commit()
    return campaign


def _audience(session: Session, campaign: Campaign) -> None:
    audience = Audience(
        campaign_id=campaign.id,
        definition=TREE,
        definition_digest="d" * 64,
        generation="gen-20260301-1",
        snapshot=date(2026, 3, 1),
        exclusion_set="acquire",
        waterfall=WATERFALL,
        matched=320,
        reachable=300,
        frozen=300,
        control=30,
        hold_out_basis_points=1000,
        cost_fen=12150,
        power_basis_points=6600,
        created_at=NOW - timedelta(days=3),
    )
    session.add(audience)
    session.flush()
    campaign.audience_id = audience.id


def _process(session: Session, campaign: Campaign, login: str) -> None:
    version = session.query(ProcessVersion).one()
    process = Process(
        version=version,
        subject_type="campaign",
        subject_id=campaign.id,
        started_at=campaign.created_at,
        started_by=login,
    )
    session.add(process)
    session.flush()
    campaign.process_id = process.id
    node = {"process_id": process.id, "element": "approve", "path": "approve", "depth": 0}
    session.add(OpenNode(**node, token=f"t{process.id}", kind="call", since=NOW))


def submit(session: Session, campaign: Campaign, number: int, at: datetime, **fields: Any) -> Approval:
    """The planner's draft is handed in: one closed to-do and one submission."""
    answer = {"definition": TREE, "remark": fields.pop("remark", "")}
    values = FIELDS | {key: value for key, value in fields.items() if key != "answer"}
    new_to_do(
        session,
        campaign,
        "draft_campaign",
        path="plan/draft_campaign",
        name="策划",
        name_en="Plan",
        state="done",
        outcome="submit",
        answer=answer | fields.get("answer", {}),
        created_at=at,
        closed_at=at,
        closed_by="yefang",
    )
    approval = Approval(
        campaign_id=campaign.id,
        submission=number,
        digest=f"{number:064d}",
        bound={key: values[key] for key in ("people", "start_on", "end_on")} | {"fields": values},
        evidence={},
        route=ROUTE,
        created_at=at,
    )
    campaign.submissions = number
    session.add(approval)
    session.flush()
    return approval


def new_to_do(session: Session, campaign: Campaign, element: str, **changed: Any) -> ToDo:
    """A to-do of a campaign's process; by default an open review of the prefecture, due today at 18:00."""
    to_do = ToDo(
        **{
            "process_id": campaign.process_id,
            "token": "t",
            "element": element,
            "path": f"approve/{element}",
            "name": "地市审批",
            "name_en": "Prefecture review",
            "form": "review" if element.endswith("_review") else element,
            "properties": {"outcomes": "pass,adjust,reject", "opinion_required": "adjust,reject"},
            "variables": {"campaign_id": campaign.id},
            "subject_type": "campaign",
            "subject_id": campaign.id,
            "title": campaign.name,
            "office_id": campaign.office_id,
            "created_at": NOW - timedelta(hours=1),
            "due_at": datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
        }
        | {key: value for key, value in changed.items() if key != "candidates"}
    )
    to_do.candidates = [Candidate(login=login) for login in changed.get("candidates", ())]
    session.add(to_do)
    session.flush()
    return to_do
