"""Who may do what, as people read it: one table for the console's page and the operators' page.

Each deed names the calls by which it is done; a test holds the roles against the tables of permissions by which the
services let calls pass, in both directions. `within` says how far a role reaches, as the services judge it where the
object is read.
"""

from dataclasses import dataclass

ROLES = ("resident", "building_head", "liaison", "secretary", "harmony_promoter", "staff", "operator")

EVERYBODY = frozenset(ROLES)
STAFF = EVERYBODY - {"resident"}
LEADERS = frozenset({"building_head", "liaison", "secretary", "operator"})
STEWARDS = LEADERS | {"harmony_promoter"}
OFFICE = frozenset({"liaison", "secretary", "operator"})
OPERATORS = frozenset({"operator"})

JUDGED_INSIDE = frozenset({"conversation.PinMessage", "media.ListRecordings", "media.WriteWords"})
"""Calls that the tables let everybody make, since the service asks who looks after the group by its members alone."""

ASKERS_OR_LEADERS = "提问的人可以；楼长、包楼居干、书记在自己的群里可以"


@dataclass(frozen=True)
class Deed:
    """One thing that people do, who may, how far, and by which calls ("messaging.ListMembers")."""

    what: str
    roles: frozenset[str]
    within: str
    calls: tuple[str, ...]


@dataclass(frozen=True)
class Area:
    """Deeds that belong together."""

    name: str
    deeds: tuple[Deed, ...]


AREAS = (
    Area(
        "看",
        (
            Deed(
                "看群里说的话、成员的称呼和角色",
                EVERYBODY,
                "自己的群；存疑的居民按社区的规定",
                (
                    "messaging.GetCommunity",
                    "messaging.ListGroups",
                    "messaging.GetGroup",
                    "messaging.ListMembers",
                    "messaging.ListMessages",
                    "messaging.SubscribeMessages",
                    "conversation.ListChangedMessages",
                    "conversation.ListPinnedMessages",
                    "conversation.MarkRead",
                    "conversation.SearchMessages",
                ),
            ),
            Deed(
                "看诉求的经过",
                EVERYBODY,
                "自己的群里的、自己提的、请自己回应过的；电话和门牌号对邻居遮住",
                (
                    "routing.ListQuestions",
                    "routing.GetQuestion",
                    "routing.ListMessageOutcomes",
                    "routing.GetMessageOutcome",
                    "routing.WatchQuestions",
                ),
            ),
            Deed("看通知", EVERYBODY, "发给自己的群的", ("notify.GetAnnouncement", "notify.ListAnnouncements")),
            Deed(
                "看自己的住址、身份和角色", EVERYBODY, "只有自己的", ("messaging.GetPerson", "membership.GetResidency")
            ),
            Deed(
                "看群里谁住在哪一户", STEWARDS, "自己照看的群", ("membership.ListResidents", "membership.GetResidency")
            ),
            Deed(
                "看哪些户还没有人进群", STEWARDS, "自己照看的群", ("membership.ListCoverage", "membership.GetCoverage")
            ),
            Deed("打印扫码进群的海报", STEWARDS, "自己照看的群", ("membership.GetCoverage", "messaging.GetGroup")),
            Deed("看哪些户还没有被通知到", STEWARDS, "自己照看的群", ("notify.ListReach",)),
            Deed(
                "看谁担任什么、谁外出、谁值班",
                STAFF,
                "自己的群；外出和值班是全社区的",
                (
                    "membership.ListRoleHolders",
                    "membership.ListAbsences",
                    "membership.ListDutyShifts",
                    "routing.ListResponders",
                ),
            ),
            Deed("看大屏亮没亮", STAFF, "自己的群", ("notify.ListScreens",)),
        ),
    ),
    Area(
        "说和问",
        (
            Deed("加入楼群", EVERYBODY, "扫这栋楼的二维码", ("messaging.JoinGroup",)),
            Deed("退出楼群", EVERYBODY, "自己的群；担任角色的先交接", ("messaging.LeaveGroup",)),
            Deed("在群里说话、提诉求", EVERYBODY, "自己的群；存疑的居民也可以", ("messaging.PostMessage",)),
            Deed(
                "撤回自己说的话、“我也是”和感谢",
                EVERYBODY,
                "撤回只在刚发出时；回应别人的话",
                ("conversation.RecallMessage", "conversation.ReactToMessage"),
            ),
            Deed("传照片、录音，看群里的照片、听录音", EVERYBODY, "自己的群", ("media.UploadMedia", "media.ReadMedia")),
            Deed("答复诉求", EVERYBODY, "看得到的；提问的人自己除外", ("routing.AnswerQuestion",)),
            Deed(
                "接单、追问",
                EVERYBODY,
                "请到的人，和在这个群里担任角色的人",
                ("routing.AcknowledgeQuestion", "routing.AskBack"),
            ),
            Deed("说办好了、重开", EVERYBODY, ASKERS_OR_LEADERS, ("routing.ResolveQuestion", "routing.ReopenQuestion")),
            Deed(
                "撤回系统的猜测",
                EVERYBODY,
                "提问的人、说那句话的人，和在这个群里担任角色的人",
                ("routing.UndoGuess",),
            ),
        ),
    ),
    Area(
        "管",
        (
            Deed(
                "关闭办不了的诉求，写明原因",
                STAFF,
                "楼长、包楼居干、书记在自己的群里；别的角色只在代班时",
                ("routing.CloseQuestion",),
            ),
            Deed("置顶、取消置顶", STEWARDS, "自己照看的群", ("conversation.PinMessage",)),
            Deed("给没有文字的语音写上文字", STEWARDS, "自己照看的群", ("media.ListRecordings", "media.WriteWords")),
            Deed("试系统怎么理解一句话", STAFF, "", ("routing.Classify",)),
            Deed("核对住址：确认或存疑", LEADERS, "自己的群里的住户，自己除外", ("membership.DecideResidency",)),
            Deed("让公众号认出自己", EVERYBODY, "只有自己的", ("membership.CreateLinkCode",)),
            Deed("改自己的身份（业主、租户）", EVERYBODY, "只有自己的", ("membership.SetMemberKind",)),
            Deed("改住户的身份", LEADERS, "自己的群里的住户", ("membership.SetMemberKind",)),
            Deed("记上门", STEWARDS, "自己照看的群", ("notify.RecordVisit",)),
        ),
    ),
    Area(
        "发通知",
        (
            Deed(
                "写通知、预览、发出",
                LEADERS,
                "自己的群；发给全社区的，书记和包楼居干",
                ("notify.CreateAnnouncement", "notify.PreviewAnnouncement"),
            ),
            Deed(
                "看没有送到的消息，再送一次",
                LEADERS,
                "自己的群；书记和包楼居干看全社区的",
                ("notify.ListUndelivered", "notify.RetryDelivery"),
            ),
        ),
    ),
    Area(
        "人员",
        (
            Deed(
                "请人担任、收回：书记、包楼居干、工作人员",
                frozenset({"secretary", "operator"}),
                "全社区的群",
                ("membership.GrantRole", "membership.WithdrawRole"),
            ),
            Deed(
                "请人担任、收回：楼长、和谐促进员",
                OFFICE,
                "包楼居干在自己的群，书记在全社区的群",
                ("membership.GrantRole", "membership.WithdrawRole"),
            ),
            Deed(
                "请人担任、收回：副楼长",
                LEADERS,
                "楼长在自己的群；副楼长自己不能",
                ("membership.GrantRole", "membership.WithdrawRole"),
            ),
            Deed("登记自己外出、请人代班", STAFF, "只有自己的", ("membership.SetAbsence", "membership.EndAbsence")),
            Deed("替别人登记外出、请人代班", OFFICE, "全社区", ("membership.SetAbsence", "membership.EndAbsence")),
            Deed(
                "排值班：包楼居干、书记、和谐促进员",
                OFFICE,
                "全社区",
                ("membership.AddDutyShift", "membership.RemoveDutyShift"),
            ),
            Deed(
                "排值班：各单位的工作人员",
                OFFICE | {"staff"},
                "工作人员只排自己单位的",
                ("membership.AddDutyShift", "membership.RemoveDutyShift"),
            ),
        ),
    ),
    Area(
        "运行",
        (
            Deed(
                "导入社区、导入历史消息",
                OPERATORS,
                "",
                (
                    "messaging.ApplyCommunity",
                    "messaging.PostMessageBatch",
                    "routing.ApplyCommunity",
                    "notify.ApplyCommunity",
                ),
            ),
            Deed(
                "看插件的状态、放在一边的事件，再试一次",
                OPERATORS,
                "",
                (
                    "routing.ListPlugins",
                    "notify.ListPlugins",
                    "media.ListPlugins",
                    "events.ListParkedEvents",
                    "events.RetryParkedEvent",
                ),
            ),
        ),
    ),
)
