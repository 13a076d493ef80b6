"""A playlist as slides: what a lobby screen shows, cut into pages that can be read from three metres, each long enough.

One slide holds about 80 signs of text; longer texts are cut where a sentence ends and numbered. A slide stays 3 s to be
noticed plus a second for each 4 signs, between 8 and 30 s. Source of the figures: signage legibility rules for 3 m.
"""

import re
from dataclasses import asdict, dataclass

from louyu.notify.v1 import screen_pb2

from louyu_gateway.wire import moment

SIGNS_PER_SLIDE = 80
LABELS = {"answer": "已答复", "announcement": "通知", "emergency": "紧急"}


@dataclass(frozen=True, slots=True)
class Slide:
    """One picture on the screen. Times are milliseconds since 1970, 0 for none; `item` is what a proof of play names."""

    id: str
    item: str
    kind: str
    label: str
    title: str
    paragraphs: list[str]
    source: str
    seconds: int
    validFrom: int  # read by the screen's JavaScript
    validUntil: int


def slides_of(items: list[screen_pb2.ScreenItem]) -> list[dict[str, object]]:
    """Return the slides of a playlist in its order, as JSON values."""
    return [asdict(slide) for item in items for slide in _slides(item)]


def _slides(item: screen_pb2.ScreenItem) -> list[Slide]:
    parts = pages_of(item.text)
    label = LABELS.get(item.kind, "通知")
    if item.question_number:
        label = f"{label} #{item.question_number}"
    return [
        Slide(
            id=f"{item.id}/{number}",
            item=item.id,
            kind=item.kind if item.kind in LABELS else "announcement",
            label=label if len(parts) == 1 else f"{label} {number}/{len(parts)}",
            title=item.title,
            paragraphs=paragraphs,
            source=item.source,
            seconds=_seconds(item, paragraphs),
            validFrom=_milliseconds(item, "valid_from"),
            validUntil=_milliseconds(item, "valid_until"),
        )
        for number, paragraphs in enumerate(parts, 1)
    ]


def pages_of(text: str) -> list[list[str]]:
    """Return a text as pages of paragraphs, cut after sentences; a text without an end is cut where the page is full."""
    pages: list[list[str]] = [[]]
    room = SIGNS_PER_SLIDE
    for paragraph in filter(None, (line.strip() for line in text.splitlines())):
        begun = False
        for sentence in _sentences(paragraph):
            if len(sentence) > room and pages[-1]:
                pages.append([])
                room, begun = SIGNS_PER_SLIDE, False
            if begun:
                pages[-1][-1] += sentence
            else:
                pages[-1].append(sentence)
            begun = True
            room -= len(sentence)
    return pages


def _sentences(paragraph: str) -> list[str]:
    sentences = re.findall(r"[^。！？；!?;]+[。！？；!?;]*|[。！？；!?;]+", paragraph)
    return [
        sentence[start : start + SIGNS_PER_SLIDE]
        for sentence in sentences
        for start in range(0, len(sentence), SIGNS_PER_SLIDE)
    ]


def _seconds(item: screen_pb2.ScreenItem, paragraphs: list[str]) -> int:
    signs = len(item.title) + sum(len(paragraph) for paragraph in paragraphs)
    return min(30, max(8, item.seconds, 3 + signs // 4))


def _milliseconds(item: screen_pb2.ScreenItem, field: str) -> int:
    at = moment(item, field)
    return int(at.timestamp() * 1000) if at is not None else 0
