"""The door: what somebody on a channel sends, decided in one place.

Unknown people are told how to join; who comes by a building's code is asked for the flat, and naming it joins; members'
words go into their group; members of several are asked which, once. Every callback has an outcome that its repeats get
again: kept with its key, or, for a posted message, found by the idempotency key under which it was posted.

The common case, a member with one group, is one look and one post. Everything that changes what is known of the person
runs under a lock of their address, and looks again once it has it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import Aborted, Unavailable
from louyu_runtime.ids import new_id
from louyu_runtime.sealing import Sealer

from louyu_messaging import consent, door_words, linking
from louyu_messaging.called import flat_and_name
from louyu_messaging.door_account import AccountWords
from louyu_messaging.door_outcome import (
    AddressLinked,
    DoorOutcome,
    FlatAsked,
    GroupAsked,
    GroupChosen,
    JoinedGroup,
    NothingToSay,
    PostedInGroup,
    Refused,
    UnknownSender,
)
from louyu_messaging.door_state import (
    Asked,
    Choosing,
    DoorState,
    GroupChoice,
    Waiting,
    door_state,
    with_clear_names,
)
from louyu_messaging.errors import (
    FlatNotUnderstood,
    JoinCodeUnknown,
    LinkCodeUnknown,
    LinkedRoleHeld,
    MessageFaulty,
    NameMisleading,
)
from louyu_messaging.joining import Joining, join_group
from louyu_messaging.media.channel_media import ChannelMedia, note_media
from louyu_messaging.message import MOST_MEDIA, NewMessage
from louyu_messaging.places import ChannelAddress
from louyu_messaging.posting import Outcome, Posted
from louyu_messaging.seeing import shows_something
from louyu_messaging.store import doors, joining
from louyu_messaging.store import linking as linking_store
from louyu_messaging.store.doors import NO_COMMUNITY
from louyu_messaging.store.hot import HotStore, first_posted
from louyu_messaging.telling import tell_household

MOST_WAITING = 10
LONGEST_CHOICE = 200
"""Longer words choose no group: no name is as long."""


@dataclass(frozen=True)
class Words:
    """What a person wrote, said or photographed."""

    text: str
    via: str
    media_ids: tuple[str, ...]


@dataclass(frozen=True)
class Arrival:
    """The person follows, or scanned a code; `join_code` is empty without one."""

    join_code: str


@dataclass(frozen=True)
class Departure:
    """The person no longer follows."""


@dataclass(frozen=True)
class Callback:
    """One delivery of a channel."""

    address: ChannelAddress
    key: str
    content: Words | Arrival | Departure


Post = Callable[[str, str, NewMessage], Awaitable[Outcome]]
"""(community, group, message) -> what became of it. Raises MessageFaulty, PostingOverloaded, Unavailable."""


class Door:
    """Takes callbacks in."""

    def __init__(self, database: Database, hot: HotStore, sealer: Sealer, post: Post) -> None:
        self._database = database
        self._hot = hot
        self._sealer = sealer
        self._post = post
        self._account = AccountWords(self._within, self._say, self._choose)

    async def receive(self, callback: Callback) -> DoorOutcome:
        """Return what the callback came to, now or when it was first delivered."""
        place = self._place(callback)
        heard = isinstance(callback.content, Words)
        state = _state(
            await self._hot.door_state(place.channel, place.account, place.lookup, place.callback, heard=heard)
        )
        if state.first_outcome is not None:
            return state.first_outcome
        target = state.target
        is_plain = state.asked is None and state.choosing is None and state.confirming is None and state.is_active
        if (
            isinstance(callback.content, Words)
            and is_plain
            and target is not None
            and linking.code_in(callback.content.text) is None
            and not door_words.is_for_account(callback.content.text, with_clear_names(state.groups))
        ):
            return await self._say(target, Waiting(place.callback.hex(), *_fields(callback.content)), place)
        return await self._receive_locked(callback, place, state)

    def _place(self, callback: Callback) -> doors.Place:
        address = callback.address
        delivery = f"{address.channel}\n{address.account}\n{address.address}\n{callback.key}"
        return doors.Place(
            address.channel, address.account, self._sealer.lookup(address.address), self._sealer.lookup(delivery)
        )

    async def _receive_locked(self, callback: Callback, place: doors.Place, state: DoorState) -> DoorOutcome:
        for _ in range(3):
            community_id = await self._community_of(callback, state)
            async with self._database.transaction(community_id) as tx:
                if not await doors.lock(tx, place):
                    raise Unavailable("another message of this person is being taken in", reason="DOOR_BUSY")
                state = _state(await doors.look(tx, place))
                if state.first_outcome is not None:
                    return state.first_outcome
                if await self._community_of(callback, state) == community_id:
                    outcome = await self._decide(tx, callback, place, state)
                    await doors.remember(tx, place, outcome)
                    return outcome
        raise Aborted("what is known of this address changes too fast: send the same once more")

    async def _community_of(self, callback: Callback, state: DoorState) -> str:
        """Return in whose name this is decided: the code's community, that of the question asked, or the person's."""
        if isinstance(callback.content, Departure):
            return NO_COMMUNITY
        if isinstance(callback.content, Arrival) and callback.content.join_code:
            async with self._database.transaction() as tx:
                opened = await joining.resolve_join_code(tx, callback.content.join_code)
            return opened[0] if opened else NO_COMMUNITY
        code = linking.code_in(callback.content.text) if isinstance(callback.content, Words) else None
        if code is not None:
            async with self._database.transaction() as tx:
                return await linking_store.community_of_code(tx, linking.hidden(code, self._sealer)) or NO_COMMUNITY
        pending = state.choosing or state.asked or state.confirming
        if pending is not None and isinstance(callback.content, Words):
            return pending.community_id
        return state.communities[0] if state.communities else NO_COMMUNITY

    async def _decide(self, tx: Transaction, callback: Callback, place: doors.Place, state: DoorState) -> DoorOutcome:
        match callback.content:
            case Departure():
                return await self._depart(place, state)
            case Arrival(join_code=code) if code:
                return await self._arrive(tx, code, place, state)
            case Arrival():
                return await self._return(tx, place, state)
            case Words() as words:
                return await self._hear(tx, words, callback.address, place, state)

    async def _depart(self, place: doors.Place, state: DoorState) -> DoorOutcome:
        """The address is no longer used, in any community; what was asked of the person is forgotten."""
        for community_id in state.communities:
            async with self._database.transaction(community_id) as tx:
                await doors.forget_questions(tx, place)
                await _set_active(tx, place, is_active=False)
        return NothingToSay()

    async def _reactivate(self, tx: Transaction, place: doors.Place, state: DoorState) -> None:
        for address in state.addresses:
            if not address.is_active:
                async with self._within(tx, address.community_id) as there:
                    await _set_active(there, place, is_active=True)

    @asynccontextmanager
    async def _within(self, tx: Transaction, community_id: str) -> AsyncIterator[Transaction]:
        """This transaction where it is of the community, otherwise one of its own, committed at the end."""
        if tx.community_id == community_id:
            yield tx
            return
        async with self._database.transaction(community_id) as there:
            yield there

    async def _arrive(self, tx: Transaction, code: str, place: doors.Place, state: DoorState) -> DoorOutcome:
        """By a code: a member's words go to that group from now on; others are asked for the flat."""
        opened = await joining.group_of_code(tx, code)
        if opened is None:
            return UnknownSender(is_code_invalid=True)
        group = state.group(opened.id)
        if group is None:
            if state.asked is not None:  # by the code of another building: the last one counts
                async with self._within(tx, state.asked.community_id) as there:
                    await doors.forget_flat_question(there, place)
            await doors.ask_flat(tx, place, opened.id, code, consent.CURRENT_VERSION)
            return FlatAsked(opened.name, consent.CURRENT_VERSION)
        await self._reactivate(tx, place, state)
        if state.choosing is not None:
            return await self._settle_choice(tx, place, state.choosing, group)
        await self._choose(tx, place, group)
        return await self._welcome_back(tx, group)

    async def _return(self, tx: Transaction, place: doors.Place, state: DoorState) -> DoorOutcome:
        """Without a code: a member is greeted; who was asked for the flat is asked again."""
        groups = state.groups
        if groups:
            await self._reactivate(tx, place, state)
            return await self._welcome_back(tx, state.target or groups[0])
        if state.asked is not None:
            return FlatAsked(state.asked.group_name, state.asked.consent_version)
        return UnknownSender()

    async def _welcome_back(self, tx: Transaction, group: GroupChoice) -> JoinedGroup:
        async with self._within(tx, group.community_id) as there:
            person = await joining.person(there, group.person_id)
        flat = person.flat if person else ""
        return JoinedGroup(group.community_id, group.group_id, group.name, flat, group.person_id, was_member=True)

    async def _hear(
        self, tx: Transaction, words: Words, address: ChannelAddress, place: doors.Place, state: DoorState
    ) -> DoorOutcome:
        """Words: the answer to what was asked, something wanted of the account, or something to be posted."""
        waiting = Waiting(place.callback.hex(), *_fields(words))
        code = linking.code_in(words.text)
        if code is not None:
            return await self._link(tx, code, address, place)
        if state.asked is not None and door_words.word_of(words.text) is None:
            answered = await self._take_flat(tx, words, address, place, state, state.asked)
            if answered is not None:
                return answered
        await self._reactivate(tx, place, state)
        if not words.media_ids:
            done = await self._account.take(tx, waiting, place, state)
            if done is not None:
                return done
        addressed = door_words.addressed_to(words.text, with_clear_names(state.groups))
        if addressed is not None and state.choosing is None:
            await self._choose(tx, place, addressed)
            return await self._say(addressed, waiting, place)
        if state.choosing is not None:
            chosen = _chosen(words.text, state.choosing.options)
            if chosen is not None:
                return await self._settle_choice(tx, place, state.choosing, chosen)
            return await self._ask_group(tx, place, state.choosing.options, (*state.choosing.waiting, waiting))
        if state.target is not None:
            return await self._say(state.target, waiting, place)
        if state.groups:
            return await self._ask_group(tx, place, with_clear_names(state.groups), (waiting,))
        return UnknownSender()

    async def _link(self, tx: Transaction, code: str, address: ChannelAddress, place: doors.Place) -> DoorOutcome:
        try:
            linked = await linking.link(tx, linking.hidden(code, self._sealer), address, self._sealer, new_id)
        except (LinkCodeUnknown, LinkedRoleHeld) as error:
            return Refused(error.reason)
        await doors.forget_questions(tx, place)
        return AddressLinked(linked.name, linked.flat)

    async def _take_flat(
        self,
        tx: Transaction,
        words: Words,
        address: ChannelAddress,
        place: doors.Place,
        state: DoorState,
        asked: Asked,
    ) -> DoorOutcome | None:
        """Join by the flat that was named. None when a member of another group plainly spoke of something else."""
        if asked.consent_version != consent.CURRENT_VERSION:
            await doors.ask_flat(tx, place, asked.group_id, asked.join_code, consent.CURRENT_VERSION)
            return FlatAsked(asked.group_name, consent.CURRENT_VERSION)
        flat, name = flat_and_name(words.text.strip())
        wanted = Joining(asked.join_code, flat, name, asked.consent_version, address.channel, address=address)
        try:
            if not wanted.flat:
                raise FlatNotUnderstood("FLAT_UNREADABLE")
            joined = await join_group(tx, wanted, self._sealer, new_id)
        except (FlatNotUnderstood, NameMisleading) as error:
            if error.reason == "FLAT_UNREADABLE" and state.groups:
                await doors.forget_flat_question(tx, place)
                return None
            return FlatAsked(asked.group_name, asked.consent_version, error.reason)
        except JoinCodeUnknown:
            await doors.forget_flat_question(tx, place)
            return UnknownSender(is_code_invalid=True)
        await doors.forget_flat_question(tx, place)
        await doors.choose(tx, place, joined.group_id)
        return JoinedGroup(
            tx.community_id, joined.group_id, joined.group_name, joined.flat, joined.person_id, joined.was_member
        )

    async def _ask_group(
        self, tx: Transaction, place: doors.Place, options: tuple[GroupChoice, ...], waiting: tuple[Waiting, ...]
    ) -> DoorOutcome:
        if len(waiting) > MOST_WAITING:
            return Refused("TOO_MANY_WAITING")
        await doors.ask_group(tx, place, options, waiting)
        return GroupAsked(tuple(option.name for option in options))

    async def _settle_choice(
        self, tx: Transaction, place: doors.Place, choosing: Choosing, group: GroupChoice
    ) -> DoorOutcome:
        """Post what waited, then remember the choice: a crash in between posts nothing twice."""
        outcome: DoorOutcome = GroupChosen(group.name, is_only=False)
        for waiting in choosing.waiting:
            outcome = await self._say(group, waiting, place)
        await self._choose(tx, place, group)
        async with self._within(tx, choosing.community_id) as there:
            await doors.forget_group_question(there, place)
        return outcome

    async def _choose(self, tx: Transaction, place: doors.Place, group: GroupChoice) -> None:
        async with self._within(tx, group.community_id) as there:
            await doors.choose(there, place, group.group_id)

    async def _say(self, group: GroupChoice, waiting: Waiting, place: doors.Place) -> DoorOutcome:
        """Post one message into a group, once for its callback; what it shows or speaks is fetched afterwards."""
        if not waiting.media_ids and not shows_something(waiting.text):
            return NothingToSay()
        key = f"door/{waiting.callback}"
        media_ids: tuple[str, ...] = ()
        if len(waiting.media_ids) > MOST_MEDIA or not all(map(_is_channel_id, waiting.media_ids)):
            return Refused("MESSAGE_UNREADABLE")
        if waiting.media_ids:
            brought = ChannelMedia(
                place.channel, place.account, waiting.callback, waiting.media_ids, waiting.via, waiting.text
            )
            media_ids = await note_media(
                self._database, group.community_id, group.group_id, group.person_id, brought, key
            )
        message = NewMessage(
            sender_id=group.person_id,
            text=waiting.text,
            via=waiting.via,
            idempotency_key=key,
            media_ids=media_ids,
        )
        try:
            outcome = await self._post(group.community_id, group.group_id, message)
        except MessageFaulty as error:
            return Refused(error.reason)
        if isinstance(outcome, Posted):
            return PostedInGroup(group.community_id, outcome.group_id, group.name, group.person_id, outcome.seq)
        return Refused("NOT_MEMBER")


def _is_channel_id(media_id: str) -> bool:
    return 1 <= len(media_id) <= 256 and media_id.isprintable()


def _fields(words: Words) -> tuple[str, str, tuple[str, ...]]:
    return words.text, words.via, words.media_ids


def _state(rows: list[tuple[str, str, dict[str, object]]]) -> DoorState:
    """Put the state together; an answer under the callback's idempotency key is a message that it has brought."""
    state = door_state(rows, ())
    posted = []
    for kind, community_id, detail in rows:
        if kind == "posted":
            answer = first_posted(bytes.fromhex(str(detail["answer"])))
            group = state.group(answer.group_id)
            name = group.name if group else ""
            person_id = str(detail["person_id"])
            posted.append(PostedInGroup(community_id, answer.group_id, name, person_id, answer.seq))
    return door_state(rows, posted) if posted else state


def _chosen(text: str, options: Iterable[GroupChoice]) -> GroupChoice | None:
    """Return the option that an answer names: by its number, or by the beginning of its name, if only one begins so."""
    if len(text) > LONGEST_CHOICE:
        return None
    answer = unicodedata.normalize("NFKC", text).strip()
    numbered = dict(enumerate(options, 1))
    if re.fullmatch(r"[0-9]{1,3}", answer) and int(answer) in numbered:
        return numbered[int(answer)]
    named = [option for option in numbered.values() if answer and option.name.startswith(answer)]
    return named[0] if len(named) == 1 else None


async def _set_active(tx: Transaction, place: doors.Place, *, is_active: bool) -> None:
    """Take an address into or out of use, and tell those who deliver to its household."""
    household_id = await doors.set_active(tx, place, is_active=is_active)
    if household_id:
        await tell_household(tx, household_id)
