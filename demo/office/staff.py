"""The people of the demo: those with a story first, then a planner and an approver wherever one is needed."""

from dataclasses import asdict, dataclass

#: Everybody's password in the demo, printed by `make run`; the accounts exist in the demo only.
DEMO_PASSWORD = "dongyu-demo-2026"  # noqa: S105 - a demo account's, meant to be read


@dataclass(frozen=True, kw_only=True)
class Person:
    """A member of staff; `channels` are those a channel keeper answers for."""

    login: str
    name: str
    name_en: str
    office: str
    department: str
    section: str
    title: str
    title_en: str
    roles: tuple[str, ...]
    channels: tuple[str, ...] = ()


_TITLES = {
    "策划人": "Planner", "室经理": "Section manager", "分管领导": "Vice president in charge",
    "会签人": "Countersigner", "渠道管理员": "Channel confirmer", "值班领导": "Duty leader",
    "服务管理人员": "Service manager", "名单保管员": "List custodian", "审批人": "Approver",
    "营业员": "Shop clerk", "外呼员": "Call agent", "客户经理": "Customer manager", "代理商": "Dealer",
    "评估分析员": "Evaluator", "流程管理员": "Process owner", "内审员": "Auditor",
    "系统管理员": "System administrator",
}  # fmt: skip

#: login | name | English | office.department | section | title | roles | channels
_NAMED = """
zhoulan|周岚|Zhou Lan|00.market||策划人|planner|
chenliqun|陈立群|Chen Liqun|00.market||室经理|approver|
xujianping|许建平|Xu Jianping|00.leader||分管领导|approver|
hejing|何静|He Jing|00.finance||会签人|countersigner|
wuxiaodong|吴晓东|Wu Xiaodong|00.data||策划人|planner,countersigner|
zhenghaiyan|郑海燕|Zheng Haiyan|00.service||渠道管理员|channel_keeper|call,hotline
huangzhiyong|黄志勇|Huang Zhiyong|00.market|渠道室|渠道管理员|channel_keeper|sms,shop,dealer
zhuqiming|祝启明|Zhu Qiming|00.duty||值班领导|approver|
linwanqing|林婉清|Lin Wanqing|00.service||服务管理人员|service_manager|
xiean|谢安|Xie An|00.support||名单保管员|custodian|
panlei|潘磊|Pan Lei|00.support||名单保管员|custodian|
caimin|蔡敏|Cai Min|02.market||策划人|planner|
shenguodong|沈国栋|Shen Guodong|02.market||审批人|approver|
hongzhiwei|洪志伟|Hong Zhiwei|05.market||策划人|planner|
luping|卢平|Lu Ping|05.market||审批人|approver|
yefang|叶芳|Ye Fang|0101.market||策划人|planner|
gaoyang|高扬|Gao Yang|01.market||审批人|approver|
qiulijuan|邱丽娟|Qiu Lijuan|01.hall|中心营业厅|营业员|clerk|shop
dujuan|杜鹃|Du Juan|00.service|10086外呼组|外呼员|call_agent|call
majun|马骏|Ma Jun|02.service||客户经理|customer_manager|customer_manager
wangjing|王静|Wang Jing|05.hall|塘东手机城|代理商|dealer|dealer
jiangtao|江涛|Jiang Tao|00.support|信息管理处|评估分析员|evaluator|
fanming|范明|Fan Ming|00.support|信息管理处|流程管理员|process_owner|
lvqing|吕青|Lv Qing|00.support|信息管理处|流程管理员|process_owner|
shilei|石磊|Shi Lei|00.audit||内审员|auditor|
admin|管理员|Administrator|00.support||系统管理员|administrator|
"""

#: Colleagues of the call agent in the story.
_CALL_AGENTS = """
shenjiamin|沈佳敏|Shen Jiamin|00.service|10086外呼组|外呼员|call_agent|call
linyuting|林雨婷|Lin Yuting|00.service|10086外呼组|外呼员|call_agent|call
wuzhiyuan|吴志远|Wu Zhiyuan|00.service|10086外呼组|外呼员|call_agent|call
"""

#: Planners and approvers of the other prefectures and of the counties with a name in the story.
_OTHERS = """
heyizhou|何一舟|He Yizhou|01.market||策划人|planner|
fangruilin|方瑞林|Fang Ruilin|03.market||策划人|planner|
tangwenhua|汤文华|Tang Wenhua|03.market||审批人|approver|
dengshaofeng|邓少峰|Deng Shaofeng|04.market||策划人|planner|
pengyuzhen|彭玉珍|Peng Yuzhen|04.market||审批人|approver|
zengqiuyun|曾秋云|Zeng Qiuyun|06.market||策划人|planner|
xiaodexing|肖德兴|Xiao Dexing|06.market||审批人|approver|
yuanmeiling|袁美玲|Yuan Meiling|07.market||策划人|planner|
fuguangrong|傅光荣|Fu Guangrong|07.market||审批人|approver|
laisuping|赖素萍|Lai Suping|08.market||策划人|planner|
huayongsheng|华永生|Hua Yongsheng|08.market||审批人|approver|
ganzhihai|甘志海|Gan Zhihai|09.market||策划人|planner|
mochunlan|莫春兰|Mo Chunlan|09.market||审批人|approver|
linxiaomin|林小敏|Lin Xiaomin|0102.market||策划人|planner|
wenhaibo|温海波|Wen Haibo|0201.market||策划人|planner|
songyaqin|宋雅琴|Song Yaqin|0202.market||策划人|planner|
chenxiuping|陈秀萍|Chen Xiuping|0301.market||策划人|planner|
liaojianguo|廖建国|Liao Jianguo|0401.market||策划人|planner|
cairongfa|蔡荣发|Cai Rongfa|0501.market||策划人|planner|
shihuifen|施惠芬|Shi Huifen|0502.market||策划人|planner|
yanshuiyuan|颜水源|Yan Shuiyuan|0601.market||策划人|planner|
youmingxia|游明霞|You Mingxia|0701.market||策划人|planner|
kongfanlin|孔繁林|Kong Fanlin|0801.market||策划人|planner|
zhanghaifan|章海帆|Zhang Haifan|0901.market||策划人|planner|
"""


def _person(line: str) -> Person:
    login, name, english, place, section, title, roles, channels = line.split("|")
    office, department = place.split(".")
    return Person(
        login=login, name=name, name_en=english, office=office, department=department, section=section,
        title=title, title_en=_TITLES[title], roles=tuple(roles.split(",")),
        channels=tuple(channels.split(",")) if channels else (),
    )  # fmt: skip


STAFF = tuple(_person(line) for line in (_NAMED + _CALL_AGENTS + _OTHERS).split("\n") if line)
CALL_AGENTS = tuple(person.login for person in STAFF if "call_agent" in person.roles)
#: The one a visitor of the demo signs in as.
VISITORS_CALL_AGENT = "dujuan"


def rows() -> list[dict[str, object]]:
    """Staff as plain rows."""
    return [asdict(person) for person in STAFF]
