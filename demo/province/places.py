"""Nine prefectures and 84 counties: codes, names in both languages, and how many people live where."""

from dataclasses import dataclass

import numpy as np

from demo.province.streams import Floats, Ints

#: code, name, pinyin, weight, then the counties as "name pinyin", the ones with a story first.
_ATLAS = (
    ("01", "澜州", "Lanzhou", 829, "学林 Xuelin|江桥 Jiangqiao|澜江 Lanjiang|凤池 Fengchi|鼓岭 Guling"
     "|西湾 Xiwan|望塔 Wangta|马堤 Mati|清樟 Qingzhang|闻溪 Wenxi|连埔 Lianpu|永潭 Yongtan|平汐 Pingxi"),
    ("02", "青屿", "Qingyu", 516, "鹭湾 Luwan|南礁 Nanjiao|集岸 Ji'an|海廪 Hailin|翔澳 Xiang'ao"
     "|同岬 Tongjia"),
    ("03", "泽安", "Zean", 321, "湄浦 Meipu|荔头 Litou|涵口 Hankou|秀沙 Xiusha|仙榕 Xianrong"),
    ("04", "云麓", "Yunlu", 249, "云溪 Yunxi|梅岭脚 Meilingjiao|沙源 Shayuan|泰峰 Taifeng|宁川 Ningchuan"
     "|将石 Jiangshi|尤潭 Youtan|大坪田 Dapingtian|清浒 Qinghu|明樟 Mingzhang|归宁渡 Guiningdu"),
    ("05", "沙浦", "Shapu", 878, "石湖 Shihu|塘东 Tangdong|鲤洲 Lizhou|丰埕 Fengcheng|洛川桥 Luochuanqiao"
     "|泉埭 Quandai|晋埔 Jinpu|南霞 Nanxia|惠岸 Hui'an|溪安 Xi'an|春桃 Chuntao|德瓷 Deci"),
    ("06", "禾川", "Hechuan", 505, "南圃 Nanpu|芗林 Xianglin|龙禾 Longhe|漳口 Zhangkou|云霖 Yunlin"
     "|诏屏 Zhaoping|长埔 Changpu|东礁 Dongjiao|平禾 Pinghe|华封 Huafeng|靖川 Jingchuan"),
    ("07", "岚平", "Lanping", 268, "茶岭 Chaling|延津 Yanjin|瓯头 Outou|邵溪 Shaoxi|武岚 Wulan|浦樟 Puzhang"
     "|光坪 Guangping|松川 Songchuan|政岭 Zhengling|顺屏 Shunping"),
    ("08", "汀阳", "Tingyang", 272, "汀口 Tingkou|罗坊 Luofang|永汀 Yongting|上枫 Shangfeng|武坪 Wuping"
     "|漳坑 Zhangkeng|连峰 Lianfeng"),
    ("09", "宁岬", "Ningjia", 315, "北屿 Beiyu|蕉湾 Jiaowan|鼎山 Dingshan|霞汐 Xiaxi|古泽 Guze|屏川 Pingchuan"
     "|寿岭 Shouling|周墩 Zhoudun|柘洋 Zheyang"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Prefecture:
    """A prefecture and its weight among the nine."""

    code: str
    name: str
    name_en: str
    weight: int


@dataclass(frozen=True, kw_only=True)
class County:
    """A county; its code begins with its prefecture's."""

    code: str
    name: str
    name_en: str

    @property
    def prefecture(self) -> str:
        """The code of the prefecture it belongs to."""
        return self.code[:2]


def _counties(code: str, text: str) -> list[County]:
    pairs = [entry.split(" ") for entry in text.split("|")]
    return [
        County(code=f"{code}{place:02d}", name=f"{name}县", name_en=f"{pinyin} County")
        for place, (name, pinyin) in enumerate(pairs, start=1)
    ]


PREFECTURES = tuple(
    Prefecture(code=code, name=name, name_en=english, weight=weight)
    for code, name, english, weight, _ in _ATLAS
)
COUNTIES = tuple(county for code, _, _, _, text in _ATLAS for county in _counties(code, text))
#: Where the university town is: the demo's students of the capital live there in three cells.
CAMPUS_COUNTY = "0101"
CAMPUS_CELLS = 3


def county_shares() -> Floats:
    """Share of the province living in each county: by prefecture weight, then by rank**-0.6.

    The university town comes last in its prefecture: few live there besides the students.
    """
    shares: list[float] = []
    for prefecture in PREFECTURES:
        count = sum(county.prefecture == prefecture.code for county in COUNTIES)
        rank = np.arange(1, count + 1) ** -0.6
        if CAMPUS_COUNTY.startswith(prefecture.code):
            rank = np.roll(rank, 1)
        shares.extend(prefecture.weight * rank / rank.sum())
    found: Floats = np.array(shares) / np.sum(shares)
    return found


def prefecture_of_county() -> Ints:
    """Position of each county's prefecture, by position of the county."""
    codes = [prefecture.code for prefecture in PREFECTURES]
    return np.array([codes.index(county.prefecture) for county in COUNTIES], np.int64)
