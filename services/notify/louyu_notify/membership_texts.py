"""What somebody is told when others decide about their place in the community: their role, their flat, their duty.

Said kindly, by whom, with the reason and what to do next; dates in the community's zone, without the time of day, since
absences are entered by days.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from louyu.events.v1 import membership_events_pb2 as events

ROLES = {
    "building_head": "楼长",
    "liaison": "包楼居干",
    "secretary": "书记",
    "harmony_promoter": "和谐促进员",
    "staff": "工作人员",
}
KINDS = {
    "owner": "业主",
    "tenant": "租户",
    "absent_owner": "不在住业主",
    "staff": "工作人员",
    "official": "居委会或单位人员",
}
WEEKDAYS = "一二三四五六日"


def said_of(change: events.MembershipChanged, zone: ZoneInfo) -> str | None:
    """Return the words for the person concerned; None for a kind of change that is not known here."""
    by = change.by_name or "社区管理员"
    where = "、".join(change.group_names)
    role = "副楼长" if change.is_second else ROLES.get(change.role, change.role)
    days = _days(change, zone)
    match change.what:
        case "role_granted":
            return f"{by}请您担任{where}的{role}，谢谢您为邻居们出力。打开下面的工作台，就能看到要您回应的事。"
        case "role_withdrawn":
            return f"您不再担任{where}的{role}了（由{by}登记），谢谢您这段时间的付出。如有疑问，请联系{by}。"
        case "residency_confirmed":
            return f"{by}已经确认您的住址，谢谢配合。"
        case "residency_doubted":
            return (
                f"{by}想和您核对一下住址：\n「{change.reason}」\n"
                f"您照样可以在这里提问、求助。请方便时联系{by}，核对好了会马上告诉您。"
            )
        case "kind_set":
            return f"{by}把您的身份登记为：{KINDS.get(change.reason, change.reason)}。不对的话，可以在“我的住址和身份”里改。"
        case "absence_set":
            stand_in = f"由{change.other_name}代班" if change.other_name else "没有安排代班，您的事会转给下一个人"
            return f"{by}替您登记了外出：{days}，{stand_in}。"
        case "absence_ended":
            return f"{by}结束了您的外出登记（{days}），从现在起，事情会重新来找您。"
        case "substitute_named":
            return (
                f"{change.other_name}外出（{days}），请您代班：那几天该由{change.other_name}回应的事，会来找您。谢谢！"
            )
        case "substitute_released":
            return f"{change.other_name}的外出（{days}）已经结束或取消，不用再代班了，谢谢您！"
        case "duty_added":
            return f"{by}给您排了值班：{_shift(change.reason)}（{role}）。值班时，没人回应的事会先来找您。"
        case "duty_removed":
            return f"{by}取消了您的一个值班：{_shift(change.reason)}（{role}）。"
    return None


def _days(change: events.MembershipChanged, zone: ZoneInfo) -> str:
    """Return the days of an absence: the last one is the day before the first moment back."""
    if not change.HasField("starts_at"):
        return ""
    first = change.starts_at.ToDatetime(tzinfo=UTC).astimezone(zone)
    last = max(first, (change.ends_at.ToDatetime(tzinfo=UTC) - timedelta(seconds=1)).astimezone(zone))
    if first.date() == last.date():
        return _day(first)
    return f"{_day(first)}到{_day(last)}"


def _day(moment: datetime) -> str:
    return f"{moment.month}月{moment.day}日"


def _shift(words: str) -> str:
    """Return "1 5 08:00-20:00" or "2026-02-17 08:00-20:00" as people say it."""
    days, _, times = words.rpartition(" ")
    if days and all(day.isdigit() and 1 <= int(day) <= len(WEEKDAYS) for day in days.split()):
        return f"每周{'、'.join(WEEKDAYS[int(day) - 1] for day in days.split())} {times}"
    return f"{days} {times}"
