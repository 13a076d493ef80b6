"""Matching: does a question concern the property company, how surely, and as which kind of work.

The classification that the question carries leads; the words of the question confirm it and name the kind. Words alone
are worth little: a lift may be the inspector's matter, and a light a neighbour's.
"""

from louyu_sdk import Intent, Match, Question, Reason, Urgency

from louyu_property.kinds import FIELDS, Kind

TYPE = "property"

ADDRESSED = ("物业", "屋业", "无业")
TROUBLE = (
    "坏",
    "不亮",
    "不热",
    "漏",
    "堵",
    "停",
    "掉",
    "断",
    "裂",
    "不动",
    "没反应",
    "没人管",
    "没人清",
    "修",
    "响",
    "卡住",
    "困",
    "打不开",
    "关不上",
    "进不去",
    "冒",
    "着火",
    "满",
    "来看看",
    "派人",
    "上门",
    "报修",
    "滴水",
    "滑",
    "脏",
    "臭",
)

KIND_WEIGHT = 0.35
TROUBLE_WEIGHT = 0.15
ADDRESSED_WEIGHT = 0.3
LEAST_SCORE = 0.2


def match_question(question: Question) -> Match | None:
    """Return the match, or None below a score of 0.2 and for messages that nobody needs to act on."""
    classification = question.classification
    if classification.intent in {Intent.AD, Intent.CHAT, Intent.RESOLVED}:
        return None
    kind, kind_words = recognise(question.text, question.urgency)
    trouble = tuple(word for word in TROUBLE if word in question.text)
    addressed = tuple(word for word in ADDRESSED if word in question.text)
    support = KIND_WEIGHT * bool(kind_words) + TROUBLE_WEIGHT * bool(trouble) + ADDRESSED_WEIGHT * bool(addressed)
    reasons: list[Reason] = []
    if classification.responder_type == TYPE:
        score = classification.confidence + (1.0 - classification.confidence) * support
        reasons.append(Reason(text="判断为物业的事", evidence=classification.because))
    else:
        score = (1.0 - classification.confidence) * support
    if kind is not None:
        reasons.append(Reason(text=f"属于{FIELDS[kind].name_zh}", evidence=kind_words[:20]))
    if addressed:
        reasons.append(Reason(text="点名找物业", evidence=addressed))
    if score < LEAST_SCORE or not reasons:
        return None
    return Match(responder_type=TYPE, score=score, reasons=tuple(reasons), kind=kind)


def recognise(text: str, urgency: Urgency) -> tuple[Kind | None, tuple[str, ...]]:
    """Return the kind of work that the text speaks of most clearly, and its words there; (None, ()) if there is none.

    Clearest is the most characters of different words; of equal kinds the first in `FIELDS` is taken. Fire and gas come
    before everything when it is urgent and are no kind when it is not, for then the gas bill is meant. Matters of the
    company itself come last, since its telephone is named in all sorts of trouble.
    """
    found = {kind: _words_in(text, field.words) for kind, field in FIELDS.items()}
    danger = found.pop(Kind.DANGER)
    service = found.pop(Kind.SERVICE)
    if danger and urgency in {Urgency.EMERGENCY, Urgency.HIGH}:
        return Kind.DANGER, danger
    clearest = max(found, key=lambda kind: sum(map(len, found[kind])))
    if found[clearest]:
        return clearest, found[clearest]
    return (Kind.SERVICE, service) if service else (None, ())


def _words_in(text: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that occur, without those that are part of a longer one that occurs."""
    present = [word for word in words if word in text]
    return tuple(word for word in present if not any(word != other and word in other for other in present))
