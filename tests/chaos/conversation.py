"""A busy evening in all groups of the demo community, as a log for `louyu replay`: the same for the same seed.

Real members say what people say: questions, answers, thanks, chat, by text, voice and photo. Some messages hold what no
log of a process may ever show: a phone number or an openid.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from louyu_routing.classification.labelled import GIVEN, load_labelled

from tests.platform.demo import demo_community, members_of

BEGIN = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
PLANTED_EVERY = 25


@dataclass(frozen=True)
class Conversation:
    """The lines of the log, and the values planted in their texts."""

    lines: list[dict[str, object]]
    planted: list[str]


def converse(seed: int, *, messages: int, seconds: float) -> Conversation:
    """Return so many messages, said evenly over so many seconds."""
    random = Random(seed)
    sayings = load_labelled(GIVEN)
    places = [
        (group.building_keys[0], [person.key for person, _ in members_of(group)])
        for group in demo_community().community.groups
    ]
    lines: list[dict[str, object]] = []
    planted: list[str] = []
    for number in range(messages):
        saying = random.choice(sayings)
        building, members = random.choice(places)
        text = saying.text
        if number % PLANTED_EVERY == 0:
            planted += [f"199{random.randrange(10**8):08}", f"oPlanted{random.randrange(16**12):012x}"]
            text = f"{text} 电话{planted[-2]}，微信{planted[-1]}"
        lines.append(
            {
                "at": (BEGIN + timedelta(seconds=seconds * number / messages)).isoformat(),
                "building": building,
                "sender": random.choice(members),
                "text": text,
                "via": saying.via,
            }
        )
    return Conversation(lines, planted)
