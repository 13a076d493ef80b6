"""Undecided replies: "马上修" of somebody who is asked several questions, "解决了" of somebody who asked several.

They are asked which, and their next word decides.

The asking stands in the group and in the reply on their channel. A word that only chooses (a number, "都", a few
characters of the matter, a quote) is applied as if it had been said with the first message, marked as a guess, so that it
can be taken back. Whoever speaks of something else instead has moved on; after half an hour nothing is applied any more.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta

from louyu_runtime.database import Transaction

from louyu_routing import facts, replies
from louyu_routing.phrases import Speech, share_a_matter, speech_of_other
from louyu_routing.question import By, Question
from louyu_routing.reading import TextClassifier, read
from louyu_routing.store import messages, questions
from louyu_routing.store import undecided as store
from louyu_routing.store.messages import Message

DECIDED_WITHIN = timedelta(minutes=30)
NOT_ASKED_AGAIN_WITHIN = timedelta(minutes=5)
LONGEST_CHOICE = 20
LONGEST_MATTER = 8
"""Longer words than these do more than name one of several matters."""

_NUMBERS = re.compile(
    r"[是就第#]{0,2}\d{1,9}(?:[号个件的吧啊呢]{0,3}[、,和跟与 ]{0,2}#?\d{1,9}){0,9}[号个件的吧啊呢.!。~]{0,4}"
)
_ORDINAL = re.compile(r"第([一二三四五六七八九])[个件]?[的吧啊呢。!~]{0,3}")
_ALL = re.compile(r"[两俩三几]?[个件]?(?:全部|全都|都)[是去修来算有行弄办要]{0,2}[的吧啊呢。!~]{0,3}")
_ORDER = "一二三四五六七八九"


async def ask_which(tx: Transaction, message: Message, by: By, waiting: Sequence[Question]) -> None:
    """Keep the message, and have its sender asked which question is meant; not again within five minutes."""
    if by.person_id is None:
        raise AssertionError("only persons are waited for")
    before = await store.of_person(tx, message.group_id, by.person_id)
    is_asked_just_now = before is not None and message.posted_at - before.asked_at < NOT_ASKED_AGAIN_WITHIN
    asked_at = before.asked_at if before is not None and is_asked_just_now else message.posted_at
    await store.keep(tx, message, [one.question_id for one in waiting], asked_at=asked_at)
    if not is_asked_just_now:
        await facts.reply_undecided(tx, waiting, by, message.said())


async def decide(tx: Transaction, message: Message, by: By, classifier: TextClassifier) -> bool:
    """Apply what the sender said before to the questions that this message chooses; False if it chooses none."""
    if by.person_id is None or (len(message.text) > LONGEST_CHOICE and not message.reply_to_seq):
        return False
    waiting = await store.of_person(tx, message.group_id, by.person_id)
    if waiting is None:
        return False
    if message.posted_at - waiting.message.posted_at > DECIDED_WITHIN:
        await store.forget(tx, message.group_id, by.person_id)
        return False
    known = {one.question_id: one for one in await questions.get_many(tx, list(waiting.question_ids))}
    candidates = [known[one] for one in waiting.question_ids if one in known]
    chosen = await _quoted(tx, message, candidates) or chosen_of(message.text, candidates)
    if not chosen:
        return False
    said = waiting.message
    reading = read(classifier, said.text, said.via)
    for one in sorted(chosen, key=lambda each: each.question_id):  # in one order, so that two deciders do not deadlock
        question = await questions.lock(tx, one.question_id)
        if question is not None:
            is_asker = await questions.is_asker(tx, one.question_id, by.person_id)
            apply = replies.from_asker if is_asker else replies.from_other
            await apply(tx, question, said, by, reading, is_guess=True)
    await messages.link(tx, message.said(is_guess=True), "belongs", chosen[0].question_id)
    await store.forget(tx, message.group_id, by.person_id)
    return True


async def move_on(tx: Transaction, message: Message) -> None:
    """The sender has spoken of a question: what they said before is asked about no more."""
    if message.sender_id is not None:
        await store.forget(tx, message.group_id, message.sender_id)


def chosen_of(text: str, candidates: Sequence[Question]) -> list[Question]:
    """Return the candidates that a choice names: by their numbers, by their place, by "都", or by what they are about."""
    words = unicodedata.normalize("NFKC", text).strip()
    if not 1 <= len(words) <= LONGEST_CHOICE:
        return []
    if _ALL.fullmatch(words):
        return list(candidates)
    ordinal = _ORDINAL.fullmatch(words)
    if ordinal is not None:
        place = _ORDER.index(ordinal[1])
        return list(candidates[place : place + 1])
    if _NUMBERS.fullmatch(words):
        named = {int(number) for number in re.findall(r"\d+", words)}
        return [one for one in candidates if one.number in named]
    sharing = [one for one in candidates if share_a_matter(one.text, words)] if len(words) <= LONGEST_MATTER else []
    return sharing if len(sharing) == 1 else []


async def _quoted(tx: Transaction, message: Message, candidates: Sequence[Question]) -> list[Question]:
    """Return the candidate that a short message quotes: what it says by itself is nothing."""
    if not message.reply_to_seq or speech_of_other(message.text) is not Speech.NOTHING:
        return []
    quoted = await messages.question_of(tx, message.group_id, message.reply_to_seq)
    return [one for one in candidates if one.question_id == quoted]
