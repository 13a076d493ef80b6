"""Names of a community's own residents, hidden where neighbours and passers-by would read them.

Known names are hidden and no others, so that nothing is taken for a name that nobody here bears. They stay where they are
the name of somebody with a role (who acts in public), part of such a name or of a place's, or an everyday word. How people
address each other ("张阿姨", "小王") stays too: it names nobody in particular. The surname is kept, as on public lists.
Pure functions over the words.
"""

import re
from dataclasses import dataclass

MASK = "*"

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖"
    "邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段漕钱汤尹黎易常武乔贺赖龚文"
)
_MORE_SURNAMES = (
    "安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦柳邢岳齐梅莫庄辛管祝左涂谷祁舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲裴席卫查屈鲍覃霍翁隋甘景单"
    "包司柏宁柯阮桂闵解柴华车冉房边吉饶刁瞿戚丘古米池滕晋邬臧宫苟褚廉简娄符奚穆党燕郎冀谈姬屠连栾商蒙喻窦迟敖冷卓仇艾蓝巩仲虞卞封佟栗匡"
    "宗应巫鞠桑荆明沙岑习胥蔺向骆施樊洪阚路雷尚曾展薄"
)
COMPOUND_SURNAMES = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "司徒",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "夏侯",
    "端木",
)

_CHINESE = re.compile(
    rf"(?P<surname>{'|'.join(COMPOUND_SURNAMES)}|[{SURNAMES}{_MORE_SURNAMES}])(?P<given>[\u4e00-\u9fff]{{1,2}})"
)
_DOTTED = re.compile(r"(?P<surname>[\u4e00-\u9fff]{2,8})(?P<given>(?:[·•][\u4e00-\u9fff]{2,8})+)")
_LATIN = re.compile(r"(?P<surname>[A-Za-z])(?P<given>[a-z'-]+(?: [A-Z][a-z'-]+)+)")

_ADDRESS_ONLY = re.compile(
    r"先生|女士|小姐|太太|大爷|大妈|大叔|大姐|大哥|阿姨|叔叔|爷爷|奶奶|老师|师傅|同学|姐姐|哥哥|[姐哥叔姨婶伯爷奶妈爸]$|邻居|业主|住户|租户|居民|家$"
)
_EVERYDAY = frozenset(
    [
        "高兴",
        "高温",
        "高空",
        "高层",
        "高度",
        "高峰",
        "安全",
        "安装",
        "安排",
        "安静",
        "方便",
        "方向",
        "方案",
        "平安",
        "和平",
        "文明",
        "文化",
        "文件",
        "文字",
        "明天",
        "明显",
        "明白",
        "明确",
        "马上",
        "马路",
        "白天",
        "白色",
        "黄色",
        "黄金",
        "金属",
        "金额",
        "石油",
        "万一",
        "常用",
        "常见",
        "常务",
        "张贴",
        "任何",
        "任务",
        "程序",
        "段落",
        "龙头",
        "江边",
        "江南",
        "田园",
        "林业",
        "成功",
        "成员",
        "包括",
        "包裹",
        "包楼",
        "温度",
        "温馨",
        "温暖",
        "关于",
        "关闭",
        "关门",
        "关灯",
        "关心",
        "关注",
        "关系",
        "关键",
        "车位",
        "车辆",
        "车库",
        "房间",
        "房屋",
        "房东",
        "房子",
        "路灯",
        "路面",
        "路口",
        "路边",
        "左右",
        "左侧",
        "左边",
        "应该",
        "应急",
        "应当",
        "毛病",
        "毛巾",
        "于是",
        "冷水",
        "冷气",
        "童车",
        "童年",
        "季节",
        "季度",
        "解决",
        "解释",
        "解除",
        "管道",
        "管理",
        "管子",
        "管线",
        "单元",
        "单位",
        "单独",
        "费用",
        "项目",
        "展开",
        "展示",
        "华丽",
        "连接",
        "连续",
        "边上",
        "边缘",
        "古树",
        "池塘",
        "米面",
        "全部",
        "向阳",
        "向前",
        "向上",
        "雷电",
        "雷雨",
        "洪水",
        "时间",
        "时候",
        "周末",
        "周一",
        "周二",
        "周三",
        "周四",
        "周五",
        "周六",
        "周日",
        "周围",
        "周边",
        "夏天",
        "夏季",
        "武装",
        "康复",
        "严重",
        "严禁",
        "严格",
        "商场",
        "商店",
        "商量",
        "计划",
        "盛开",
        "司机",
        "谷雨",
        "辛苦",
        "谈话",
        "屠宰",
        "明亮",
        "席位",
        "单车",
        "查询",
        "查看",
        "查收",
        "花园",
        "家园",
        "尚未",
        "施工",
        "施救",
        "曾经",
        "何时",
        "何处",
        "余下",
        "余额",
        "钟点",
        "叶子",
        "毕业",
        "焦急",
        "党员",
        "党委",
        "易燃",
        "易爆",
        "贺卡",
        "钱包",
        "钱款",
        "汤圆",
        "黎明",
        "孔洞",
        "江水",
        "任意",
        "易碎",
    ]
)
_BEFORE_A_SHORT_NAME = frozenset("找请叫是由与和跟给让谢及向把被的位问为陪帮替对从") | {
    "业主",
    "住户",
    "租户",
    "户主",
    "居民",
    "联系",
    "姓名",
}
_AFTER_A_SHORT_NAME = frozenset("家的说反住在已将把被和与到来去电手负自为给也都就要有请处收领交报")
_PLACE = "路街桥村镇站乡县庙寺庄屯沟坊胡巷"


@dataclass(frozen=True, slots=True)
class KnownNames:
    """How the residents and the role holders of a community are called."""

    residents: frozenset[str] = frozenset()
    role_holders: frozenset[str] = frozenset()


NO_NAMES = KnownNames()


def hide_names(text: str, names: KnownNames) -> tuple[str, int]:
    """Return the text with residents' names hidden, of the same length, and how many were."""
    shown = {name for name in names.role_holders if len(name) > 1 and name in text}
    hidden = {name: masked for name in names.residents - shown if name in text and (masked := _masked(name))}
    if not hidden:
        return text, 0
    count = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal count
        name = match[0]
        if name in shown or not _stands_alone(text, match.start(), match.end()):
            return name
        count += 1
        return hidden[name]

    longest_first = sorted({*shown, *hidden}, key=len, reverse=True)
    pattern = "|".join(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])" for name in longest_first)
    return re.sub(pattern, replaced, text), count


def _masked(name: str) -> str:
    """Return the name with all but the surname hidden; "" for what is no name of a person, or an everyday word."""
    if name in _EVERYDAY or _ADDRESS_ONLY.search(name):
        return ""
    for shape in (_CHINESE, _DOTTED, _LATIN):
        match = shape.fullmatch(name)
        if match is not None:
            return match["surname"] + re.sub(r"\S", MASK, match["given"])
    return ""


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a name there is not a part of a place's, and a short one, which may be a part of many words, not of any."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if after and after in _PLACE:
        return False
    if end - start > 2:
        return True
    two_before = text[max(0, start - 2) : start]
    is_open_before = not "\u4e00" <= before <= "\u9fff" or not _BEFORE_A_SHORT_NAME.isdisjoint({before, two_before})
    return is_open_before and (not "\u4e00" <= after <= "\u9fff" or after in _AFTER_A_SHORT_NAME)
