"""Redaction: what must not stand on a screen or in a group is masked before anything is published.

Masked are ID numbers, bank cards, phone numbers of persons, e-mail addresses, car plates, flats, names of persons beside
a title or label, and known names of residents (`known_names`). Careful rather than clever: a word too many is masked
sooner than one too few, and every mask is explained in a warning without the masked words. Each mask is as long as what
it hides, so no text grows. Numbers of services (12345, 119, 400-..., a landline named as the property's or the
committee's) stay.

Sources: GB 11643 (ID numbers), the numbering plan of mobile phones (1[3-9] and nine digits), GA 36 (plates).
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from louyu_runtime.known_names import COMPOUND_SURNAMES, MASK, NO_NAMES, SURNAMES, KnownNames, hide_names

_SURNAME = f"{'|'.join(COMPOUND_SURNAMES)}|[{SURNAMES}]"
_NAME = rf"(?:{_SURNAME})[\u4e00-\u9fff]{{1,2}}"
_TITLES = "先生|女士|小姐|太太|大爷|大妈|大叔|大姐|大哥|阿姨|叔叔|爷爷|奶奶|老师|师傅|同学|小朋友"
_LABELS = "业主|住户|户主|租户|租客|联系人|姓名|家属|居民"
_PUBLIC_PLACES = "物业|居委|热线|客服|值班|服务|咨询|报修|派出所|社区|街道|医院|供暖|燃气|电力|自来水|办公"
_GAP = r"[-\s.·_]{0,3}"


@dataclass(frozen=True, slots=True)
class _Rule:
    """One kind of personal data: how it looks, which part of it is hidden, and how a warning names it."""

    what: str
    pattern: re.Pattern[str]
    hide: Callable[[re.Match[str]], str]


def _stars(text: str) -> str:
    return re.sub(r"\S", MASK, text)


def _all(match: re.Match[str]) -> str:
    return _stars(match[0])


def _keep_ends(match: re.Match[str]) -> str:
    """Keep three signs at the front and four at the end, by which the owner recognises a phone number."""
    found = match[0]
    return found[:3] + _stars(found[3:-4]) + found[-4:]


def _hide_group(match: re.Match[str]) -> str:
    start, end = match.span("hide")
    found, offset = match[0], match.start()
    return found[: start - offset] + _stars(match["hide"]) + found[end - offset :]


_RULES = (
    _Rule("证件号码", re.compile(r"(?<![0-9A-Za-z])[1-9](?:[-\s]?\d){16}[-\s]?[\dXx](?![0-9A-Za-z])"), _all),
    _Rule("银行卡号", re.compile(r"(?<!\d)\d(?:[-\s]?\d){14,18}(?!\d)"), _all),
    _Rule(
        "手机号",
        re.compile(
            rf"(?<!\d)(?:\+?86{_GAP})?1[3-9]\d(?:{_GAP}|[(,、/])\d{{4}}(?:{_GAP}|[),、/])\d{{4}}(?!\d)"
            rf"|(?<!\d)1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)"
        ),
        _keep_ends,
    ),
    _Rule(
        "电话号码",
        re.compile(
            r"(?<![\d*-])(?!(?:19|20)\d\d[-\s](?:19|20)\d\d(?!\d))(?:\(?0\d{2,3}\)?[-\s]?)?[2-8]\d{3}[-\s]?\d{3,4}(?![\d*-])"
        ),
        _all,
    ),
    _Rule("电子邮箱", re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), _all),
    _Rule(
        "车牌号",
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]·?[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"
        ),
        _all,
    ),
    _Rule("门牌号", re.compile(r"(?:单元|门|楼|栋|座)(?P<hide>\d{3,4})(?!\d|年|元|米|人|户|层|多)"), _hide_group),
    _Rule("门牌号", re.compile(r"(?<![\d-])(?P<hide>(?:\d{1,2}-){1,2}\d{3,4})(?![\d-])"), _hide_group),
    _Rule("门牌号", re.compile(r"(?<!\d)(?P<hide>\d{3,4})(?:室|房间|住户|业主|家)"), _hide_group),
    _Rule(
        "姓名",
        re.compile(rf"(?:{_SURNAME})(?P<hide>[\u4e00-\u9fff]{{1,2}}?)(?:{_TITLES})"),
        _hide_group,
    ),
    _Rule("姓名", re.compile(rf"(?:{_LABELS})\s*[:：是为]\s*(?P<hide>{_NAME})"), _hide_group),
)

_NUMBERS = frozenset({"证件号码", "银行卡号", "手机号", "电话号码", "电子邮箱"})

_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"


def _digits() -> dict[int, str]:
    """Return every sign that is read as a digit, in any script or circle; not those above or below the line."""
    found = {}
    for code in range(0x80, 0x1FBFA):
        sign = chr(code)
        value = unicodedata.digit(sign, None)
        if value is not None and not unicodedata.decomposition(sign).startswith(("<super>", "<sub>")):
            found[code] = str(value)
    return found


_LOOKS_LIKE = (
    _digits() | dict.fromkeys(map(ord, _UNSEEN), "-") | str.maketrans("－—–＋＠（）　．＿，／ｘＸ", "---+@() ._,/xX")
)
_NUMERALS = str.maketrans("〇零幺一二三四五六七八九壹贰叁肆伍陆柒捌玖", "001123456789123456789")
_READ_IN_NUMERALS = frozenset({"证件号码", "手机号", "门牌号"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A text as it may be published, and how many of each kind of thing were masked."""

    text: str
    masked: dict[str, int]


def redact(text: str, names: KnownNames = NO_NAMES) -> Redacted:
    """Return the text with personal data masked, and those of these names that are residents'. Again changes nothing."""
    found = _masked_by(_RULES, text)
    published, number = hide_names(found.text, names)
    if not number:
        return found
    return Redacted(text=published, masked={**found.masked, "姓名": found.masked.get("姓名", 0) + number})


def without_numbers(text: str) -> str:
    """Return the text with numbers and addresses of persons masked, flats and names left: for those who must find the
    door, but need not phone. The text keeps its length."""
    return _masked_by(tuple(rule for rule in _RULES if rule.what in _NUMBERS), text).text


def _masked_by(rules: tuple[_Rule, ...], text: str) -> Redacted:
    published, masked = text, dict[str, int]()
    for rule in rules:
        seen = published.translate(_LOOKS_LIKE)  # one sign for one, so that places agree
        if rule.what in _READ_IN_NUMERALS:
            seen = seen.translate(_NUMERALS)
        parts, end = [], 0
        for match in rule.pattern.finditer(seen):
            if rule.what == "电话号码" and _is_public(seen, match.start()):
                continue
            hidden = rule.hide(match)
            if hidden == match[0]:
                continue
            parts += [published[end : match.start()], _merged(published[match.start() : match.end()], match[0], hidden)]
            end = match.end()
            masked[rule.what] = masked.get(rule.what, 0) + 1
        published = "".join(parts) + published[end:]
    return Redacted(text=published, masked=masked)


def warnings_of(*redacted: Redacted) -> list[str]:
    """Return what was masked and why, in words fit to be shown, without what was masked."""
    total: dict[str, int] = {}
    for one in redacted:
        for what, number in one.masked.items():
            total[what] = total.get(what, 0) + number
    return [f"隐去了 {number} 处{what}：公开发布的内容不应包含居民的个人信息。" for what, number in total.items()]


def _is_public(text: str, start: int) -> bool:
    """Whether the words just before a landline name a service."""
    return re.search(_PUBLIC_PLACES, text[max(0, start - 12) : start]) is not None


def _merged(original: str, seen: str, hidden: str) -> str:
    """Return the original signs where nothing was hidden, so that full-width digits elsewhere stay as they were."""
    return "".join(sign if old == new else new for sign, old, new in zip(original, seen, hidden, strict=True))
