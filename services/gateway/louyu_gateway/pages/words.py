"""The words by which roles, states and channels are called on pages, in Chinese; `Texts` turns them into English."""

from louyu_gateway.pages.views import Tone

ROLES = {
    "building_head": "楼长",
    "liaison": "包楼居干",
    "secretary": "书记",
    "harmony_promoter": "和谐促进员",
    "staff": "工作人员",
    "operator": "运维",
    "resident": "居民",
}
SECOND = "副楼长"
MEMBER_KINDS = {
    "owner": "业主，住在这里",
    "tenant": "租户",
    "absent_owner": "业主，不住在这里",
    "staff": "工作人员",
    "official": "居委会或单位人员",
    "unspecified": "身份未说明",
}
OWN_KINDS = ("owner", "tenant", "absent_owner")
RESIDENCIES: dict[str, tuple[str, Tone]] = {
    "unconfirmed": ("待核对", "wait"),
    "confirmed": ("已核对", "done"),
    "doubted": ("存疑", "alarm"),
    "unspecified": ("不住在这里", "calm"),
}
WEEKDAYS = {1: "周一", 2: "周二", 3: "周三", 4: "周四", 5: "周五", 6: "周六", 7: "周日"}
STATES: dict[str, tuple[str, Tone]] = {
    "open": ("邻居先答", "calm"),
    "assigned": ("等答复", "accent"),
    "acknowledged": ("已接单", "accent"),
    "asked_back": ("等提问人补充", "wait"),
    "answered": ("已答复", "done"),
    "resolved": ("已办结", "done"),
    "closed": ("已关闭", "calm"),
}
RESPONDERS = {
    "neighbours": "邻居",
    "building_head": "楼长",
    "committee": "居委会",
    "property": "物业",
    "quality_inspection": "质监",
    "volunteer_squad": "志愿队",
}
"""For responder types whose plugin is not installed, so that no name came with the question."""
KINDS = {"question": "提问", "report": "报修", "event": "活动"}
WHAT: dict[str, tuple[str, Tone]] = {
    "opened": ("提出诉求", "accent"),
    "asked_again": ("又有人问", "accent"),
    "step_started": ("请人答复", "wait"),
    "acknowledged": ("接单", "accent"),
    "asked_back": ("追问", "wait"),
    "resumed": ("提问人补充了", "accent"),
    "answered": ("答复", "done"),
    "resolved": ("办结", "done"),
    "reopened": ("重开", "alarm"),
    "closed": ("关闭", "calm"),
    "guess_undone": ("撤回了猜测", "calm"),
    "noted": ("备注", "calm"),
}
OUTCOMES = {
    "asked_again": "也在问 #{number}",
    "answered": "答复了 #{number}",
    "acknowledged": "接了 #{number}",
    "asked_back": "追问了 #{number}",
    "resumed": "补充了 #{number}",
    "resolved": "办结了 #{number}",
    "reopened": "重开了 #{number}",
    "belongs": "说的是 #{number}",
}
REACH: dict[str, tuple[str, Tone]] = {
    "waiting": ("等待", "calm"),
    "sent": ("已发出，等回执", "accent"),
    "reached": ("已触达", "done"),
    "unreachable": ("要上门", "alarm"),
}
CHANNELS = {
    "group": "楼群",
    "wechat_official_account": "微信服务号",
    "lobby_display": "大屏",
    "sms": "短信",
    "visit": "上门",
}
VISITS = {1: "已当面告知", 2: "没人在家", 3: "留了纸条"}
URGENCIES = {"ordinary": "一般", "important": "重要", "emergency": "紧急"}
PLUGIN_STATES: dict[str, tuple[str, Tone]] = {
    "running": ("正常", "done"),
    "resting": ("暂停", "wait"),
    "failed": ("没有装上", "alarm"),
    "disabled": ("已停用", "calm"),
}

# What a role does in a group decides which badge stands beside the name: the most answerable one.
_BADGE_ORDER = ("secretary", "liaison", "building_head", "harmony_promoter", "staff", "operator")


def leading_role(roles: list[str] | frozenset[str]) -> str:
    """Return the key of the role to be shown, empty for a resident."""
    return next((role for role in _BADGE_ORDER if role in roles), "")
