"""What can go wrong in messaging.

NotFound
├── CommunityNotFound
├── GroupNotFound        also for groups that the caller is not in
├── MessageNotFound      also for the messages of others where only one's own will do
├── PersonNotFound
├── MediaNotFound        no such photo or recording, or not the caller's to see
├── AbsenceNotFound      also when it has passed
└── JoinCodeUnknown      never given out, withdrawn or expired
PermissionDenied
├── NotEntitled          the caller's roles do not allow it
└── KeptFromReading      somebody whose residency is doubted, where the community's rule says so
InvalidArgument
├── DefinitionFaulty     an import file's faults, all at once
├── MessageFaulty        a message that cannot be posted as it is
├── MediaFaulty          a file that is no usable photo or recording
├── QueryFaulty          words that cannot be searched for
├── FlatNotUnderstood    the flat's name leads to no household, or to several
└── NameMisleading       the name of the platform or of somebody who holds a role
FailedPrecondition
├── ConsentOutdated      there is a newer text to consent to
├── NotToReactTo         one's own message, or one that is no longer shown
├── TooManyPinned        one must be taken down first
├── RecallTooLate        the time for taking a message back is over
├── RoleHeld             a role has to be handed over before its holder leaves
├── WordsAreThere        somebody else was quicker in putting a recording into words
├── LinkCodeUnknown      never given out, used or too old
├── LinkedRoleHeld       who was known at the account holds a role
├── LastHolder           nobody would hold the role afterwards
├── AbsenceOverlaps      the person is away at that time already
├── ConfirmationUnwanted the community does not confirm where members live
└── SenderNotMember      the named sender is not in the group
PermissionDenied
└── NotAPerson           only somebody of the group can do this
ResourceExhausted
├── PostingOverloaded    the same post may succeed in a moment
├── ReaderTooSlow        a subscription's buffer is full; resume from the last `seq`
└── TooManyNewcomers     more have joined by the page in a day than can live there
"""

from collections.abc import Sequence

from louyu_runtime.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, ResourceExhausted

from louyu_messaging.media.media import TEXTS

NAMED_FAULTS = 20
"""How many faults of a definition are named: the answer's trailers must stay below 8 KiB."""


class CommunityNotFound(NotFound):
    """No such community, or not the caller's."""

    reason = "COMMUNITY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("no such community, or it is not yours")


class NotAPerson(PermissionDenied):
    """A service, or an operator who is no person of the community, acts as if they were in the group."""

    reason = "NOT_A_PERSON"

    def __init__(self) -> None:
        super().__init__("only a person of the group can do this, and your token names none")


class GroupNotFound(NotFound):
    """No such group, or the caller is not in it."""

    reason = "GROUP_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("no such group, or you are not in it", resident_text="没有找到这个群。")


class MessageNotFound(NotFound):
    """No message at this position, or not one with which the caller may do this."""

    reason = "MESSAGE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "the group has no such message, or it is not yours", field="seq", resident_text="没有找到这条消息。"
        )


class PersonNotFound(NotFound):
    """No such person, or not to be seen by the caller."""

    reason = "PERSON_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("no such person, or not one that you may see")


class AbsenceNotFound(NotFound):
    """No such absence, or it has passed."""

    reason = "ABSENCE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("no such absence, or it has passed")


class NotEntitled(PermissionDenied):
    """The caller's roles do not allow it."""

    reason = "NOT_ENTITLED"

    def __init__(self, who: str) -> None:
        super().__init__(f"this is for {who}", resident_text="您没有这项权限。")


class KeptFromReading(PermissionDenied):
    """Somebody doubts where the person lives, and the community lets them read again once it is cleared."""

    reason = "RESIDENCY_DOUBTED"

    def __init__(self) -> None:
        super().__init__(
            "your residency is doubted, and this community shows conversations to confirmed residents only",
            resident_text="您的住址还没有核对上，核对后就能看到群里的内容。请联系楼长或居委会；有事照样可以问。",
        )


class JoinCodeUnknown(NotFound):
    """The code opens nothing."""

    reason = "JOIN_CODE_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "this join code opens no group: scan the building's current QR code",
            resident_text="这个二维码已失效，请扫描楼门口最新的二维码。",
        )


class MediaNotFound(NotFound):
    """No such photo or recording, or not one that the caller may see."""

    reason = "MEDIA_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "no such photo or recording, or it is not yours to see", resident_text="没有找到这张照片或这段语音。"
        )


_FLAT_TEXTS = {
    "FLAT_UNREADABLE": (
        "not understood as a flat: write it as 3-501 or 3单元501",
        "没看懂房号，请写成“3单元501”这样。",
    ),
    "FLAT_UNKNOWN": ("there is no such flat in the group's buildings", "这栋楼里没有这个房号，请再核对一下。"),
    "FLAT_AMBIGUOUS": (
        "several flats have this number: name the unit or the building too",
        "有几户是这个号，请写上单元号或楼号。",
    ),
}


class DefinitionFaulty(InvalidArgument):
    """A definition with faults; the first twenty are named with their field paths."""

    reason = "DEFINITION_FAULTY"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        named = faults[:NAMED_FAULTS]
        rest = len(faults) - len(named)
        words = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        more = f" (the first {len(named)} are named)" if rest else ""
        super().__init__(f"the definition has {words}{more}; nothing was changed", violations=named)
        self.faults = tuple(faults)


class MessageFaulty(InvalidArgument):
    """A message that cannot be posted. `reason` is the refusal's constant."""

    def __init__(
        self, reason: str, field: str, message: str, resident_text: str = "这条消息发不出去，请改一下再试。"
    ) -> None:
        super().__init__(message, reason=reason, field=field, resident_text=resident_text)


class MediaFaulty(InvalidArgument):
    """A file that is no usable photo or recording. `reason` is a key of the texts of media."""

    def __init__(self, reason: str) -> None:
        message, resident_text = TEXTS[reason]
        super().__init__(message, reason=reason, field="chunk", resident_text=resident_text)


class FlatNotUnderstood(InvalidArgument):
    """FLAT_UNREADABLE, FLAT_UNKNOWN or FLAT_AMBIGUOUS."""

    def __init__(self, reason: str) -> None:
        message, resident_text = _FLAT_TEXTS[reason]
        super().__init__(message, reason=reason, field="flat", resident_text=resident_text)


class QueryFaulty(InvalidArgument):
    """There is nothing in a query to search for, or too much."""

    reason = "QUERY_FAULTY"

    def __init__(self, words: str) -> None:
        super().__init__(words, field="query", resident_text="请输入要找的词，一到八个词，最多100个字。")


class NameMisleading(InvalidArgument):
    """Neighbours would take a resident of this name for somebody else."""

    reason = "NAME_MISLEADING"

    def __init__(self, taken: str) -> None:
        super().__init__(
            "name is that of the platform or of somebody who holds a role in the community: take another",
            field="name",
            resident_text=f"这个称呼容易和“{taken}”混淆，请换一个。",
        )


class ConsentOutdated(FailedPrecondition):
    """Consent was given to a text that has been replaced."""

    reason = "CONSENT_OUTDATED"

    def __init__(self, current: str) -> None:
        super().__init__(
            f"the text to consent to is now version {current}: show it and ask again",
            metadata={"consent_version": current},
            resident_text="告知书已更新，请阅读后再确认。",
        )


class NotToReactTo(FailedPrecondition):
    """Nobody thanks themself, or joins words that are gone."""

    reason = "NOT_TO_REACT_TO"

    def __init__(self) -> None:
        super().__init__(
            "this is your own message, or one that is no longer shown", resident_text="这条消息不能这样回应。"
        )


class TooManyPinned(FailedPrecondition):
    """The top of a group is full."""

    reason = "TOO_MANY_PINNED"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} messages are pinned already: take one down first",
            resident_text=f"最多置顶{most}条，请先取消一条再置顶。",
        )


class RecallTooLate(FailedPrecondition):
    """Neighbours have had time to read and answer."""

    reason = "RECALL_TOO_LATE"

    def __init__(self, minutes: int) -> None:
        super().__init__(
            f"a message can be taken back for {minutes} minutes only: ask the building head to hide it",
            resident_text=f"发出超过{minutes}分钟，不能撤回了；需要时请楼长帮忙隐藏。",
        )


_ROLE_NAMES = {
    "building_head": "楼长",
    "liaison": "包楼居干",
    "secretary": "书记",
    "harmony_promoter": "和谐促进员",
    "staff": "工作人员",
}


class RoleHeld(FailedPrecondition):
    """The building would be without somebody who looks after it."""

    reason = "ROLE_HELD"

    def __init__(self, group_name: str, roles: tuple[str, ...], successors: tuple[str, ...]) -> None:
        held = "、".join(_ROLE_NAMES.get(role, role) for role in roles)
        whom = "、".join(successors) or "社区居委会"
        super().__init__(
            f"the person is {', '.join(roles)} of the group: the role is handed over first, then they can leave",
            metadata={"roles": ",".join(roles)},
            resident_text=f"您是{group_name}的{held}，请先联系{whom}办好交接，再退出。",
        )
        self.group_name = group_name
        self.roles = roles
        self.successors = successors


class WordsAreThere(FailedPrecondition):
    """The recording has words already, or somebody has said that nothing can be understood."""

    reason = "WORDS_ARE_THERE"

    def __init__(self) -> None:
        super().__init__("somebody was quicker: this recording is done", resident_text="这段语音刚刚有人写好了，谢谢。")


class LastHolder(FailedPrecondition):
    """Nobody would hold the role in the group afterwards."""

    reason = "ROLE_LAST_HOLDER"

    def __init__(self) -> None:
        super().__init__(
            "nobody would hold this role afterwards: name a successor_id, or set accepts_vacancy",
            resident_text="收回以后就没有人担任了。请指定接任的人，或者勾选“暂时空缺”。",
        )


class LinkCodeUnknown(FailedPrecondition):
    """No such code, or it was used, or its time is over."""

    reason = "LINK_CODE_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("this code does not work: ask for another on the page")


class LinkedRoleHeld(FailedPrecondition):
    """Whoever was known at the account until now holds a role, which is not handed over by linking."""

    reason = "LINKED_ROLE_HELD"

    def __init__(self) -> None:
        super().__init__("who writes from there holds a role: open the page from the account's menu instead")


class AbsenceOverlaps(FailedPrecondition):
    """The person is away at that time already."""

    reason = "ABSENCE_OVERLAPS"

    def __init__(self) -> None:
        super().__init__(
            "another absence of this person lies in that time: end it first",
            resident_text="这段时间已经登记过外出，请先结束原来的那条。",
        )


class ConfirmationUnwanted(FailedPrecondition):
    """The community's file does not ask for it."""

    reason = "CONFIRMATION_NOT_WANTED"

    def __init__(self) -> None:
        super().__init__(
            "this community does not confirm residency: set confirm_residency in its import file",
            resident_text="本社区没有开启住址核对。",
        )


class SenderNotMember(FailedPrecondition):
    """A service named a sender who is not in the group."""

    reason = "SENDER_NOT_MEMBER"

    def __init__(self) -> None:
        super().__init__("the sender is not a member of the group")


class PostingOverloaded(ResourceExhausted):
    """Too many messages wait to be written."""

    reason = "POSTING_OVERLOADED"

    def __init__(self) -> None:
        super().__init__("too many messages wait to be written: send the same once more", retry_after_seconds=1.0)


class ReaderTooSlow(ResourceExhausted):
    """A subscriber did not take what was ready for it."""

    reason = "READER_TOO_SLOW"

    def __init__(self) -> None:
        super().__init__("the reader is too slow: resume from the last seq that it has", retry_after_seconds=0.5)


class TooManyNewcomers(ResourceExhausted):
    """More people have joined by the page in a day than can live there: somebody makes them up."""

    reason = "TOO_MANY_NEWCOMERS"

    def __init__(self) -> None:
        super().__init__(
            "too many have joined this household or group in the last 24 hours; join by the channel's account, or later",
            retry_after_seconds=3600.0,
            resident_text="今天从网页加入的人太多了。请用微信扫楼门口的二维码加入，或者明天再来；急事请直接找楼长。",
        )
