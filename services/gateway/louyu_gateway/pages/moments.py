"""How a moment is written on a page: "今天 18:05", "昨天 09:20", "11月3日 18:05", in the installation's time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from louyu_gateway.pages.texts import Texts

ZONE = ZoneInfo("Asia/Shanghai")

_WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_of(moment: datetime, now: datetime, texts: Texts) -> str:
    """Return the day as people say it: 今天, 昨天, 明天, else the date, with the year when it is another."""
    local, today = moment.astimezone(ZONE), now.astimezone(ZONE)
    distance = (local.date() - today.date()).days
    if distance in (-1, 0, 1):
        return texts({-1: "昨天", 0: "今天", 1: "明天"}[distance])
    if texts.language == "en":
        date = f"{local.day} {_MONTHS[local.month - 1]}"
        return date if local.year == today.year else f"{date} {local.year}"
    date = f"{local.month}月{local.day}日"
    return date if local.year == today.year else f"{local.year}年{date}"


def clock_of(moment: datetime) -> str:
    """Return the time of day, such as 18:05."""
    return moment.astimezone(ZONE).strftime("%H:%M")


def weekday_of(moment: datetime, texts: Texts) -> str:
    """Return the day of the week."""
    return texts(_WEEKDAYS[moment.astimezone(ZONE).weekday()])


def span_of(span: timedelta, texts: Texts) -> str:
    """Return a span in its largest unit: 45 秒, 25 分钟, 3 小时, 2 天."""
    seconds = int(abs(span.total_seconds()))
    if seconds < 60:
        return texts("{n} 秒", n=seconds)
    if seconds < 3600:
        return texts("{n} 分钟", n=seconds // 60)
    if seconds < 48 * 3600:
        return texts("{n} 小时", n=seconds // 3600)
    return texts("{n} 天", n=seconds // 86400)
