"""Phrases: what the words of a reply do. Promise, ask back, thank, say that it is settled or still not, or inform.

Rules for the turns of speech that neighbours and staff use; whether a message belongs to a question at all is decided in
`understanding`. Pure functions over the words. Anybody may write anything, so no pattern repeats what could be matched
in several ways: the time that a text takes grows with its length and no faster.
"""

import re
from enum import StrEnum

_THANKS_WORDS = (
    r"(谢谢|多谢|谢了|谢啦|感谢|辛苦|麻烦|太好了|太棒了|真好|给力|点赞|赞|好的|好嘞|好滴|好|嗯|哦|收到|知道了|明白了?|了解"
    r"|ok|thanks|thank you)"
)
_ADDRESSED = r"(您|你们?|大家|各位|邻居们?|师傅们?|老师|书记|主任|楼长|物业|居委会|大姐|大哥|阿姨|叔叔|[\u4e00-\u9fff]{1,2}(姐|哥|师傅|阿姨|叔|书记|主任))"
_TAILS = r"(了|啦|啊|呀|哈|哦|噢|嗯|的|呢|吧|非常|十分|太|真是|真|都|也|又|这么|那么|又快又好|及时|热心|帮忙|指点|解答|回复|告知)"
_NOT_WORDS = r"[^\w\u4e00-\u9fff]|_"

_PART_OF_THANKS = re.compile(rf"{_THANKS_WORDS}|{_ADDRESSED}|{_TAILS}|{_NOT_WORDS}", re.IGNORECASE)
_THANKS = re.compile(r"谢|感谢|辛苦|thank|给力|点赞", re.IGNORECASE)

_STILL_NOT = re.compile(
    r"(还是|还|仍然?|依然|依旧|照样|一直|到现在都?)(没有?|不|未)"
    r"|没(有)?(修好|弄好|解决|恢复|人来|人管|动静|装上|通|用|好呢|好啊)"
    r"|(修|弄|搞)(了半天|完)?(也|都)?(没好|不好|没用)"
    r"|又(坏|停|断|漏|堵|灭|不亮|不热|不行|来了|出问题|这样)"
    r"|不管用|没修|白修|修了跟没修"
)
_SETTLED = re.compile(
    r"(?<![不没未太])(修好|弄好|搞定|解决|处理好|处理完|装好|装上|换好|换上|恢复|疏通|清走|清理干净|打扫干净|找到|领走|取走|退烧"
    r"|来电|来水|通了|热了|亮了|能用|可以用|正常|没事|好了)"
)
_FAULT = re.compile(
    r"(坏|停(水|电|气|暖)?|断|漏|堵|裂|碎|灭|满|臭|没(水|电|气|网|暖气?|信号|反应)|不(热|亮|动|通|响)|(开|关|刷|打|充)不(开|上|了|着)|漏水|冰凉)"
    r"(了|啦|着|的|呢|啊)*+[。.!！~ ]*+$"
)
_DOUBTED = re.compile(r"[?？]|吗|没有?[。!！~ ]*+$|什么时候|多久|怎么|是不是|希望|请|快点|尽快|能不能|要是|如果|等")

_PROMISES = re.compile(
    r"马上|这就|立刻|立即|尽快|稍等|等一下|等会儿?|一会儿?(就|去|来|到|给|过去|过来)"
    r"|(已经?|刚)(报|联系|通知|派|安排|登记|反映|下单|派单)"
    r"|(我|我们)(现在|这边|马上)?(去|来|过去|过来|联系|看看|问问|问一下|催|安排|处理|上报|反映)"
    r"|(正|正在|在)(修|处理|联系|安排|路上|赶)|(安排|派)(人|师傅|工人|维修)"
    r"|(今天|明天|上午|下午|晚上|周[一二三四五六日末天]).{0,6}(去|来|到|修|处理|解决|上门|安排|弄)|收到"
)
_ASKS_BACK = re.compile(
    r"(您|你|你们|您家|你家).{0,12}(几|哪|多少|什么|谁|方便|在家|有没有|是不是|吗)"
    r"|(几|哪)(号楼|单元|层|楼|户|家|个|间|部|台|里|儿|边)|(什么|啥)(时候|时间|地方|位置|情况|型号|样)"
    r"|(发|拍|传)(个|张|一下|一张|几张)?.{0,2}(照片|图|视频|位置)|(说|讲)(一下|清楚|具体).{0,6}(位置|情况|地址|楼|单元)"
    r"|具体.{0,4}(哪|位置|情况|地址)|(留|给)(个|一下)?(电话|联系方式)"
)
_INTERROGATIVE = re.compile(
    r"[?？]|吗|(么|呢|没)[\s。！!~]*+$|谁|哪|怎么|怎样|咋|多少|几点|几号|多久|什么|啥|有没有|是不是|能不能|可不可以|要不要"
)
_ME_TOO = re.compile(
    r"同问|同求|\+1|＋1|加一|我家?也(是|一样|这样|想知道|想问|遇到|没|不)|我们家?也|一样的?情况|我这(里|儿|边)也|蹲一?个"
)
_NO_ANSWER = re.compile(
    r"^(我?(也|都|真)?(不知道|不清楚|不了解|不晓得|没听说|不太清楚|不懂|没注意)|哈哈|呵呵|嘿嘿|嗯|哦|噢|啊|唉|哎|顶|路过|围观|\[.{1,4}\])"
)

_NUMBER = re.compile(r"[#＃]\s?(\d{1,9})(?!\d)")
_CONTENT = re.compile(r"[\u4e00-\u9fff]++|[A-Za-z0-9]{2,}+")

_WITHOUT_MATTER = re.compile(
    r"时候|现在|今天|明天|昨天|后天|上午|下午|晚上|早上|刚才|刚刚|以后|以前|一直|已经|应该|可能|好像|觉得|知道|因为|所以|但是|如果|或者|需要|还是"
    r"|大家|各位|邻居|咱们|小区|楼里|家里|自己|谢谢|请问|麻烦|帮忙|问题|情况|事情|地方|一下|一个|几个|为什么|有没有|是不是|能不能"
    r"|[的了吗呢啊吧呀嘛哦在都也还就是不没有我你您他她们这那哪个么什怎很太真请去来到要会能可跟和与把被让给对从向再又才只]"
)
"""Words and characters that carry no matter; a pair across one of them is none."""

SHORTEST_ANSWER = 4

LONGEST_NAME = 3
"""Characters left beside words of thanks that may be a name."""

LONGEST_THANKS = 60
"""Longer words do more than thank."""


class Speech(StrEnum):
    """What a reply does, whoever gives it."""

    STILL_NOT = "still_not"
    """It is not settled."""
    SETTLED = "settled"
    THANKS = "thanks"
    """Thanks and nothing else."""
    PROMISE = "promise"
    ASK_BACK = "ask_back"
    """Asks the asker for something that the work needs."""
    ME_TOO = "me_too"
    QUESTION = "question"
    """Asks anything else."""
    STATEMENT = "statement"
    """Tells something: what may be an answer."""
    NOTHING = "nothing"


def speech_of_asker(text: str, *, reads_as_settled: bool = False) -> Speech:
    """Return what the asker's own words do: STILL_NOT, SETTLED, THANKS, or NOTHING of these.

    `reads_as_settled` says that the classifier surely takes them for the end of a matter.
    """
    if _STILL_NOT.search(text):
        return Speech.STILL_NOT
    if _SETTLED.search(text) and not _DOUBTED.search(text):
        return Speech.SETTLED
    if _THANKS.search(text) and _is_thanks(text, LONGEST_NAME):
        return Speech.THANKS
    if reads_as_settled and not _DOUBTED.search(text):
        return Speech.SETTLED
    return Speech.NOTHING


def speech_of_other(text: str) -> Speech:
    """Return what the words of somebody who did not ask do."""
    words = text.strip()
    if _ME_TOO.search(words):
        return Speech.ME_TOO
    if _INTERROGATIVE.search(words):
        return Speech.ASK_BACK if _ASKS_BACK.search(words) else Speech.QUESTION
    if tells_of_an_end(words):
        return Speech.STATEMENT
    if _PROMISES.search(words):
        return Speech.PROMISE
    if _ASKS_BACK.search(words):
        return Speech.ASK_BACK
    if _NO_ANSWER.search(words) or _is_thanks(words, 0) or _length(words) < SHORTEST_ANSWER:
        return Speech.NOTHING
    return Speech.STATEMENT


def tells_of_an_end(text: str) -> bool:
    """Say whether the words tell that something is done, without a doubt and without asking."""
    return bool(_SETTLED.search(text)) and not _DOUBTED.search(text) and not _STILL_NOT.search(text)


def tells_of_a_fault(text: str) -> bool:
    """Say whether the words end by saying that something is broken: whoever writes so has the trouble, not the answer."""
    return bool(_FAULT.search(text))


def named_number(text: str) -> int | None:
    """Return the number of the question that is named as in "#17"; None if none, or several."""
    found = {int(number) for number in _NUMBER.findall(text)}
    return found.pop() if len(found) == 1 else None


def share_a_matter(first: str, second: str) -> bool:
    """Say whether two texts speak of a thing in common: a pair of characters, or a Latin word, that carries meaning."""
    return not _pairs(first).isdisjoint(_pairs(second))


def says_only_how_it_stands(text: str) -> bool:
    """Say whether "settled" or "not settled" is all that a text says, and nothing of what: "还没修好呢", not "电梯又停了"."""
    return names_no_matter(_SETTLED.sub(" ", _STILL_NOT.sub(" ", text)))


def names_no_matter(text: str) -> bool:
    """Say whether a text names nothing that it could be about, such as "请问" or "快点啊"."""
    return not _pairs(text)


def _pairs(text: str) -> set[str]:
    found: set[str] = set()
    for run in _CONTENT.findall(_WITHOUT_MATTER.sub(" ", text)):
        if run.isascii():
            found.add(run.lower())
        else:
            found.update(run[start : start + 2] for start in range(len(run) - 1))
    return found


def _is_thanks(text: str, longest_rest: int) -> bool:
    """Whether words of thanks and who is thanked leave no more characters than these."""
    return len(text) <= LONGEST_THANKS and _length(_PART_OF_THANKS.sub("", text)) <= longest_rest


def _length(text: str) -> int:
    return sum(len(run) for run in _CONTENT.findall(text))
