"""Everything that louyu says of questions and announcements, in Chinese, in one place: short, warm, and with the number.

In the group a question is named by its number and its first words; to a person the words stand in full. What others wrote
is redacted before it is shown again, since a group and a screen are public.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from louyu_runtime.redaction import redact

_EMERGENCY_NUMBERS = {"119": "119（火警、救援）", "110": "110（报警）", "120": "120（急救）"}
_ROLES = {
    "building_head": "楼长",
    "liaison": "包楼居干",
    "secretary": "书记",
    "harmony_promoter": "和谐促进员",
    "staff": "工作人员",
}
NEIGHBOUR = "邻居"
SHORT = 18
MOST_SHOWN = 5
"""So many questions are named to somebody who is asked which of them they mean."""


def shortened(text: str, length: int = SHORT) -> str:
    """Return the first signs of a text on one line, redacted, with an ellipsis if something is left out."""
    line = " ".join(redact(text).text.split())
    return line if len(line) <= length else line[: length - 1].rstrip("，。！？、 ") + "…"


def named(number: int, text: str) -> str:
    """Return how a question is named in a group: its number and its first words."""
    return f"#{number}「{shortened(text)}」" if text.strip() else f"#{number}"


def by_whom(name: str, role: str) -> str:
    """Return who said something, as it is shown: those with a role by role and name, neighbours as neighbours."""
    title = _ROLES.get(role)
    if title is None:
        return NEIGHBOUR
    return name if title in name else f"{title}{name}"


def neighbours_asked(number: int, text: str) -> str:
    """In the group: the neighbours are asked once more."""
    return f"{named(number, text)} 还没有人回应，哪位邻居知道，请在群里说一声。"


def role_asked(number: int, text: str, asked_name: str, *, is_first_step: bool, repeated_times: int) -> str:
    """In the group: somebody with a role is asked now."""
    if repeated_times:
        return f"@{asked_name} {named(number, text)} 还在等您回应（第{repeated_times + 1}次提醒）。"
    if is_first_step:
        return f"@{asked_name} {named(number, text)} 请您看一下。"
    return f"@{asked_name} {named(number, text)} 还没有人回应，请您看一下。"


def nobody_on_duty(number: int, text: str) -> str:
    """In the group: nobody of the community could be found."""
    return f"{named(number, text)} 社区里暂时没有找到负责的人，已经转给平台值班人员。"


def please_answer(number: int, text: str, group_name: str, due: str, *, is_emergency: bool, repeated_times: int) -> str:
    """To those who are asked."""
    head = "【紧急】" if is_emergency else ""
    again = f"（第{repeated_times + 1}次提醒）" if repeated_times else ""
    return f"{head}{group_name}有居民反映 #{number}：\n「{text.strip()}」\n请您在{due}前回应，在群里说一句，或者打开下面的页面处理。{again}"


def emergency_to_asker(number: int, advice: str, numbers: Sequence[str]) -> str:
    """To who asked: what to do now, and whom to call."""
    first = advice or f"如果有人身危险，请马上拨打{_spoken(numbers)}！先保证自己安全。"
    return f"【紧急】{first}\n#{number} 已经同时通知楼长和相关负责人。"


def emergency_in_group(number: int, text: str, notice: str, numbers: Sequence[str]) -> str:
    """In the group: an emergency, and what neighbours must know."""
    first = notice or f"附近的邻居请留意安全，有危险请马上拨打{_spoken(numbers)}！"
    return f"【紧急】{named(number, text)}\n{first}\n已经在通知楼长和相关负责人。"


def which_one(who: str, candidates: Sequence[tuple[int, str]]) -> str:
    """In the group: somebody is asked of which of several questions they spoke."""
    shown = "，".join(named(number, text) for number, text in candidates[:MOST_SHOWN])
    more = "……" if len(candidates) > MOST_SHOWN else ""
    return f"@{who} 您说的是哪一件？回复号码就行：{shown}{more}"


def taken_on(number: int, who: str, follow_up: str) -> str:
    """To who asked: somebody has taken it on."""
    return f"#{number} {who}已经接手，{follow_up}我会再问一次进展。"


def taken_on_in_group(number: int, text: str, who: str) -> str:
    """In the group: somebody has taken it on elsewhere."""
    return f"{named(number, text)} {who}已经接手。"


def asked_back(number: int, who: str, what: str) -> str:
    """To who asked: something more is needed."""
    return f"#{number} {who}想请您补充：\n「{what.strip()}」\n直接回复这里就行。"


def asked_back_in_group(number: int, text: str, who: str, what: str) -> str:
    """In the group: something more is needed from who asked."""
    return f"{named(number, text)} {who}想请提问的邻居补充：{shortened(what, 200)}"


def answered(number: int, question: str, who: str, answer: str) -> str:
    """To who asked: the answer."""
    return (
        f"您问的 {named(number, question)} 有答复了。\n{who}：{answer.strip()}\n"
        "解决了请回复“已解决”，没解决请回复“没解决”，我接着找人。"
    )


def answered_in_group(number: int, question: str, who: str, answer: str) -> str:
    """In the group: an answer that was given elsewhere."""
    return f"{named(number, question)} 的答复：\n{redact(answer).text.strip()}\n——{who}"


def resolved_in_group(number: int, question: str, took: timedelta) -> str:
    """In the group: the outcome."""
    return f"{named(number, question)} 已解决，用时{span(took)}。谢谢大家！"


def resolved(number: int, question: str, *, by_silence: bool) -> str:
    """To who asked: the outcome, unless they said so themselves."""
    if by_silence:
        return f"{named(number, question)} 有答复后一直没有收到您的意见，先按已解决记下。要是还没解决，回复“没解决”，我马上重新找人。"
    return f"您也问过的 {named(number, question)} 已经解决了。要是您那边还没好，请再说一声。"


def reopened_in_group(number: int, question: str) -> str:
    """In the group: it is not settled after all."""
    return f"{named(number, question)} 还没有解决，我重新找人。"


def closed(number: int, question: str, who: str, reason: str) -> str:
    """To who asked, and in the group: ended without a solution, and why."""
    return f"{named(number, question)} 由{who}结束：{redact(reason).text.strip()}"


def screen_title(question: str) -> str:
    """On a screen: the question."""
    return shortened(question, 40)


def screen_answer(answer: str, *, is_resolved: bool) -> str:
    """On a screen: the answer."""
    text = redact(answer).text.strip()
    if not is_resolved:
        return text
    return f"{text}\n（已解决）" if text else "已解决。"


def screen_source(who: str, at: datetime, zone: ZoneInfo) -> str:
    """On a screen: who, and when."""
    return f"{who} · {clock_time(at, zone)}" if who else clock_time(at, zone)


def announced(title: str, text: str, source: str, *, is_emergency: bool) -> str:
    """In a group and to a person: an announcement."""
    head = "【紧急通知】" if is_emergency else "【通知】"
    tail = f"\n——{source}" if source else ""
    return f"{head}{title}\n{text}{tail}"


def in_the_morning(count: int) -> str:
    """To a person: the head of what waited for the end of the quiet hours; a numbered list follows."""
    return f"早上好。夜里没有打扰您，这{count}件事请您看一下："


def span(length: timedelta) -> str:
    """Return a span as people say it, in its largest units."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:
        return f"{max(1, seconds)}秒"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        rest = hours - days * 24
        return f"{days}天{rest}小时" if rest else f"{days}天"
    if hours:
        rest = minutes - hours * 60
        return f"{hours}小时{rest}分钟" if rest else f"{hours}小时"
    return f"{minutes}分钟"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment as people write it, in the community's zone."""
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日 {local.hour:02}:{local.minute:02}"


def _spoken(numbers: Sequence[str]) -> str:
    return "、".join(_EMERGENCY_NUMBERS.get(number, number) for number in numbers) or "119、110 或 120"
