"""Examples of what louyu hands to plugins: ordinary ones, and ones at the bounds of their types.

Nobody in them is a real person.
"""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from louyu_sdk.directory import Directory, Responder, RoleHolder
from louyu_sdk.example import Example
from louyu_sdk.media import Media, Recording
from louyu_sdk.message import Classification, Message
from louyu_sdk.question import Asker, ChangeKind, Question, QuestionChange
from louyu_sdk.words import Intent, MediaKind, QuestionState, Role, Urgency, Via

COMMUNITY_ID = "6f1b4e0e-6a52-5d0c-9a53-0c2f6c9d5a01"
GROUP_ID = "6f1b4e0e-6a52-5d0c-9a53-0c2f6c9d5a02"
BUILDING_KEY = "28"
RESPONDER_ID = "6f1b4e0e-6a52-5d0c-9a53-0c2f6c9d5a03"
LONGEST = 2_000
NOON = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)

TEXTS = (
    "三层的灯又不亮了，老人上下楼看不见",
    "电梯停在八层不动了",
    "暖气一点儿不热 屋里才十三度",
    "楼道里堆的纸箱子什么时候清",
    "户口迁到这儿要去哪个派出所",
    "谁家有多的婴儿车借一天",
    "墙上又贴满了小广告",
    "打我电话 138****5678，急",
    "？",
    "🙏🏻🆘",
    "\n修\t修  ",
    "水" * 2_000,
)


def example_question(
    text: str = TEXTS[0],
    *,
    urgency: Urgency = Urgency.NORMAL,
    intent: Intent = Intent.REPORT,
    responder_type: str | None = None,
    via: Via = Via.TEXT,
) -> Question:
    """Return an open question from building 28; use `dataclasses.replace` for its other fields."""
    return Question(
        id="0199a1b2-0000-7000-8000-000000000001",
        number=17,
        community_id=COMMUNITY_ID,
        group_id=GROUP_ID,
        building_keys=(BUILDING_KEY,),
        text=text,
        via=via,
        asker=Asker(person_id="person-1", name="三单元住户", building_key=BUILDING_KEY, flat="3-502"),
        classification=Classification(intent=intent, responder_type=responder_type, urgency=urgency, confidence=0.8),
        state=QuestionState.OPEN,
        opened_at=NOON,
    )


def question_of(example: Example) -> Question:
    """Return the question that a resident asks with this example's text."""
    return dataclasses.replace(
        example_question(example.text, urgency=example.urgency, intent=example.intent, via=example.via),
        classification=Classification(
            intent=example.intent,
            responder_type=example.classified_for,
            urgency=example.urgency,
            confidence=example.confidence,
        ),
        building_keys=(example.building_key,),
        asker=Asker(person_id="person-1", name="三单元住户", building_key=example.building_key, flat="3-502"),
        asset=example.asset,
    )


def texts_around(text: str) -> Iterator[str]:
    """Yield the text as others write it: with signs of all kinds around it, over lines, and as long as may be."""
    for variant in (f"🙏🏻🆘{text}‼️", f"\n\t {text}\u3000\n", f"e\u0301𠮷\u200d{text}\u202e", text.replace("，", "\n")):
        yield variant[:LONGEST]
    yield (text + "。谢谢" * LONGEST)[:LONGEST]


def example_directory(responder_type: str, *, available: bool = True) -> Directory:
    """Return a directory with a building head, a liaison, a secretary, and one responder of the type."""
    roles = {Role.BUILDING_HEAD: "楼长", Role.LIAISON: "居干", Role.SECRETARY: "书记"}
    return Directory(
        community_id=COMMUNITY_ID,
        group_id=GROUP_ID,
        role_holders=tuple(
            RoleHolder(person_id=f"person-{role}", role=role, name=name, available=available)
            for role, name in roles.items()
        ),
        responders=(
            Responder(id=RESPONDER_ID, responder_type=responder_type, name="示例单位", person_ids=("person-staff",)),
        ),
    )


def example_change(kind: ChangeKind = ChangeKind.OPENED) -> QuestionChange:
    """Return a change of this kind."""
    return QuestionChange(
        id=f"change-{kind}",
        kind=kind,
        at=NOON + timedelta(minutes=5),
        by_person_id=None if kind is ChangeKind.STEP_STARTED else "person-2",
        text="马上修" if kind in {ChangeKind.ACKNOWLEDGED, ChangeKind.ANSWERED} else None,
        step=0 if kind is ChangeKind.STEP_STARTED else None,
    )


def many_questions(responder_type: str | None) -> Iterator[Question]:
    """Yield questions of every urgency, intent and way, with texts at their bounds, with and without media.

    All are classified for `responder_type`; one has a plan that names a responder already.
    """
    for text in TEXTS:
        for urgency in Urgency:
            yield example_question(text, urgency=urgency, responder_type=responder_type)
    for intent in Intent:
        yield example_question(intent=intent, responder_type=responder_type)
    for via in Via:
        yield example_question(via=via, responder_type=responder_type)
    photo = Media(id="media-1", kind=MediaKind.PHOTO, content_type="image/jpeg", size_bytes=200_000)
    captionless = example_question("[照片]", via=Via.PHOTO, responder_type=responder_type)
    yield dataclasses.replace(captionless, media=(photo,))
    ordinary = example_question(responder_type=responder_type)
    yield dataclasses.replace(ordinary, state=QuestionState.ASSIGNED, responder_ids=(RESPONDER_ID,))
    nobody = Asker(person_id="person-1", name="住户")
    yield dataclasses.replace(
        ordinary, asker=nobody, building_keys=("1", "2"), asset="28-2", asker_count=900, times_reopened=3
    )


def many_directories(responder_type: str) -> Iterator[Directory]:
    """Yield directories with and without role holders and responders: everybody there, nobody on duty, elsewhere, huge."""
    full = example_directory(responder_type)
    (responder,) = full.responders
    yield full
    yield example_directory(responder_type, available=False)
    yield dataclasses.replace(full, role_holders=())
    nobody_on_duty = dataclasses.replace(responder, person_ids=())
    yield dataclasses.replace(full, responders=(nobody_on_duty,))
    yield dataclasses.replace(full, responders=(dataclasses.replace(responder, building_keys=("another",)),))
    yield dataclasses.replace(full, responders=(responder, dataclasses.replace(responder, id="responder-2")))
    yield dataclasses.replace(full, role_holders=(), responders=())
    yield dataclasses.replace(example_directory(responder_type, available=False), responders=(nobody_on_duty,))
    yield dataclasses.replace(
        full,
        role_holders=full.role_holders * 100,
        responders=tuple(
            dataclasses.replace(responder, id=f"responder-{number}", name=f"🏠物业𠮷 {number}") for number in range(300)
        ),
    )


def many_messages() -> Iterator[Message]:
    """Yield messages with texts at their bounds, the empty one of a bare photo included."""
    for text in ("", *TEXTS):
        yield Message(id="message-1", community_id=COMMUNITY_ID, group_id=GROUP_ID, text=text, via=Via.TEXT, at=NOON)


def example_recording() -> Recording:
    """Return a recording that holds no speech: a header of AMR and one silent frame."""
    data = b"#!AMR\n" + b"\x3c" + bytes(31)
    media = Media(
        id="media-2",
        kind=MediaKind.VOICE,
        content_type="audio/amr",
        size_bytes=len(data),
        duration=timedelta(milliseconds=20),
    )
    return Recording(media=media, data=data)
