"""Letters: what goes to one recipient in one message. One delivery, or all that waited for the end of quiet hours.

Deliveries that were held for the morning carry a `bundle_id`, given when they are claimed together; it is what the channel
gets as the message's id, so the same message again is known as the same. Emergencies are never held, so they never merge.
Pure functions; what does not fit into one message is given back and goes into the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from louyu_sdk import ChannelCapabilities, Delivery, Recipient, RecipientKind

from louyu_notify import texts
from louyu_notify.addresses import Address
from louyu_notify.delivery import Claimed, Purpose

POSSIBLE_DUPLICATE = "（可能重复）"
LONGEST_TEXT = 2000
SHORTEST_PART = 40
"""Signs of each thing in a merged message; with less it would say nothing."""
BYTES_A_SIGN = 3
"""Of a Chinese character in UTF-8, for channels that count bytes."""

Addressed = tuple[Claimed, Address | None]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one recipient, and the deliveries that it stands for, the most urgent first."""

    parts: tuple[Claimed, ...]
    address: Address | None


def sent_id(delivery: Claimed) -> str:
    """Return the id by which the channel knows the message that holds this delivery."""
    return delivery.bundle_id or delivery.delivery_id


def gather(ready: Sequence[Addressed], capabilities: ChannelCapabilities) -> tuple[list[Letter], list[Claimed]]:
    """Return the letters for these deliveries, in their order, and the deliveries for which they have no room."""
    together: dict[str, list[Addressed]] = {}
    for delivery, address in ready:
        together.setdefault(sent_id(delivery), []).append((delivery, address))
    found: list[Letter] = []
    left_over: list[Claimed] = []
    for own in together.values():
        parts = [delivery for delivery, _ in own]
        most = max(1, (_room(parts, capabilities) - len(texts.in_the_morning(len(parts)))) // (SHORTEST_PART + 5))
        found.append(Letter(tuple(parts[:most]), own[0][1]))
        left_over += parts[most:]
    return found, left_over


def as_sent(letter: Letter, capabilities: ChannelCapabilities) -> Delivery:
    """Return a letter as the channel sees it."""
    first, is_single = letter.parts[0], len(letter.parts) == 1
    text = words_of(first) if is_single else _merged(letter.parts, _room(letter.parts, capabilities))
    if any(part.is_possible_duplicate for part in letter.parts):
        text = POSSIBLE_DUPLICATE + text
    return Delivery(
        id=sent_id(first),
        community_id=first.community_id,
        recipient=Recipient(
            kind=first.recipient_kind, id=first.recipient_id, address=letter.address.address if letter.address else None
        ),
        text=_cut(text, LONGEST_TEXT),
        urgency=first.urgency,
        title=(first.title or None) if is_single else None,
        url=_page(letter.parts),
        question_id=first.question_id if is_single else None,
        question_number=first.question_number if is_single else None,
        announcement_id=first.announcement_id if is_single else None,
        source=(first.source or None) if is_single else None,
        valid_until=first.valid_until if is_single else None,
    )


def words_of(delivery: Claimed) -> str:
    """Return what one delivery says."""
    if delivery.purpose is Purpose.ANNOUNCEMENT and delivery.recipient_kind is not RecipientKind.SCREEN:
        return texts.announced(
            delivery.title or "", delivery.text, delivery.source or "", is_emergency=delivery.is_emergency
        )
    return delivery.text


def _merged(parts: Sequence[Claimed], room: int) -> str:
    """Return the list of what is to be told: in full when all of it fits, else each shortened alike."""
    head = texts.in_the_morning(len(parts))
    said = [" ".join(words_of(part).split()) for part in parts]
    lines = [f"{number}. {text}" for number, text in enumerate(said, start=1)]
    if len(head) + sum(len(line) + 1 for line in lines) > room:
        each = (room - len(head)) // len(parts) - 1
        lines = [_cut(line, each) for line in lines]
    return "\n".join([head, *lines])


def _room(parts: Sequence[Claimed], capabilities: ChannelCapabilities) -> int:
    """Return how many signs the channel takes in one message, beside the page's address."""
    if capabilities.text_bytes is None:
        return LONGEST_TEXT
    page = _page(parts)
    taken = len(page.encode()) + 1 if page else 0
    return min(LONGEST_TEXT, (capabilities.text_bytes - taken) // BYTES_A_SIGN)


def _page(parts: Sequence[Claimed]) -> str | None:
    """Return the page with more: the one that all name, else the place above the first one's, such as the console."""
    pages = list(dict.fromkeys(part.url for part in parts if part.url))
    if len(pages) < 2:
        return pages[0] if pages else None
    first = urlsplit(pages[0])
    for place in ("/console/", "/app/"):
        before, found, _ = first.path.partition(place)
        if found:
            return f"{first.scheme}://{first.netloc}{before}{place}"
    return pages[0]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
