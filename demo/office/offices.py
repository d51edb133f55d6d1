"""Offices, departments and roles of the fictional operator (`demo.md` section 1)."""

from demo.province.places import COUNTIES, PREFECTURES

PROVINCE = {
    "name": "东屿省", "name_en": "Dongyu", "operator": "东屿移动", "operator_en": "Dongyu Mobile",
    "sender": "10086", "signature": "【东屿移动】",
}  # fmt: skip

ROLES = (
    ("planner", "策划人", "Planner"),
    ("approver", "审批人", "Approver"),
    ("countersigner", "会签人", "Countersigner"),
    ("channel_keeper", "渠道管理员", "Channel confirmer"),
    ("service_manager", "服务管理人员", "Service manager"),
    ("custodian", "名单保管员", "List custodian"),
    ("clerk", "营业员", "Shop clerk"),
    ("call_agent", "外呼员", "Call agent"),
    ("customer_manager", "客户经理", "Customer manager"),
    ("dealer", "代理商", "Dealer"),
    ("evaluator", "评估分析员", "Evaluator"),
    ("process_owner", "流程管理员", "Process owner"),
    ("auditor", "内审员", "Auditor"),
    ("administrator", "系统管理员", "Administrator"),
)

_OF_PROVINCE = (
    ("market", "市场经营部", "Marketing Department"),
    ("data", "数据部", "Data Services Department"),
    ("service", "客户服务部", "Customer Service Department (10086)"),
    ("group", "集团客户部", "Group Customers Department"),
    ("support", "业务支撑系统部", "Business Support Systems Department"),
    ("finance", "财务部", "Finance Department"),
    ("audit", "内审部", "Internal Audit Department"),
    ("leader", "分管领导", "Vice President in Charge"),
    ("duty", "值班室", "Duty Office"),
)
_OF_PREFECTURE = (
    ("market", "市场部", "Marketing Department"),
    ("service", "客户服务中心", "Customer Service Centre"),
    ("hall", "营业中心", "Shops Centre"),
)
_OF_COUNTY = (("market", "市场营销室", "Marketing Office"),)

Row = dict[str, str | None]


def offices() -> list[Row]:
    """The province, its nine prefecture branches and its 84 county offices, parents first."""
    rows: list[Row] = [_office("00", "province", None, "省公司", "Province")]
    rows += [
        _office(p.code, "prefecture", "00", f"{p.name}分公司", f"{p.name_en} Branch") for p in PREFECTURES
    ]
    rows += [_office(c.code, "county", c.prefecture, f"{c.name}公司", c.name_en) for c in COUNTIES]
    return rows


def departments() -> list[Row]:
    """Every office's departments; the code says the kind, the office says whose."""
    rows: list[Row] = []
    for office in offices():
        code = str(office["code"])
        kinds = {2: _OF_PREFECTURE, 4: _OF_COUNTY}[len(code)] if code != "00" else _OF_PROVINCE
        rows += [
            {"code": kind, "office": code, "name": name, "name_en": english} for kind, name, english in kinds
        ]
    return rows


def roles() -> list[Row]:
    """The fourteen roles."""
    return [{"code": code, "name": name, "name_en": english} for code, name, english in ROLES]


def _office(code: str, level: str, parent: str | None, name: str, english: str) -> Row:
    return {"code": code, "level": level, "parent": parent, "name": name, "name_en": english}
