"""What a member says to the account itself rather than to a group: help, own questions, another group, leaving, a flat.

Leaving is asked to be confirmed once. A flat by itself is never posted at once, since neighbours would read it: the member
says whether it is the new one on record or an answer for the group. Whatever else follows is a message like any other.
Called under the lock of the address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from louyu_runtime.database import Transaction
from louyu_runtime.ids import new_id

from louyu_messaging import door_words, joining
from louyu_messaging.called import flat_and_name
from louyu_messaging.door_outcome import (
    DoorOutcome,
    FlatAsked,
    FlatChanged,
    FlatNamed,
    GroupAsked,
    GroupChosen,
    HelpAsked,
    LeavingAsked,
    LeftGroup,
    NothingChanged,
    OwnQuestionsAsked,
    Refused,
    RoleHeldThere,
    UnknownSender,
)
from louyu_messaging.door_state import Confirming, DoorState, GroupChoice, Waiting, with_clear_names
from louyu_messaging.door_words import Word
from louyu_messaging.errors import FlatNotUnderstood, GroupNotFound, JoinCodeUnknown, RoleHeld
from louyu_messaging.flats import match_flat
from louyu_messaging.identities import household_id_of
from louyu_messaging.leaving import check_may_leave, leave_group
from louyu_messaging.store import doors
from louyu_messaging.store import joining as joining_store

Within = Callable[[Transaction, str], AbstractAsyncContextManager[Transaction]]
Say = Callable[[GroupChoice, Waiting, doors.Place], Awaitable[DoorOutcome]]
Choose = Callable[[Transaction, doors.Place, GroupChoice], Awaitable[None]]

LEAVE, FLAT = "leave", "flat"


class AccountWords:
    """Understands what is said to the account."""

    def __init__(self, within: Within, say: Say, choose: Choose) -> None:
        self._within = within
        self._say = say
        self._choose = choose

    async def take(self, tx: Transaction, said: Waiting, place: doors.Place, state: DoorState) -> DoorOutcome | None:
        """Do what is wanted of the account; None for words that are meant for a group."""
        if state.confirming is not None:
            async with self._within(tx, state.confirming.community_id) as there:
                await doors.forget_confirmation(there, place)
            done = await self._confirm(tx, said, place, state.confirming)
            if done is not None:
                return done
        word = door_words.word_of(said.text)
        if word is not None:
            return await self._obey(tx, word, place, state)
        chosen = door_words.switched_to(said.text, with_clear_names(state.groups))
        if chosen is not None and state.choosing is None:
            return await self.switch(tx, place, state, chosen)
        if door_words.switches_elsewhere(said.text) and state.choosing is None:
            return await self._obey(tx, Word.SWITCH, place, state)
        return await self._ask_about_flat(tx, said, place, state)

    async def switch(self, tx: Transaction, place: doors.Place, state: DoorState, group: GroupChoice) -> GroupChosen:
        """Send the member's words to this group from now on."""
        await self._choose(tx, place, group)
        return GroupChosen(group.name, is_only=len(state.groups) == 1)

    async def _obey(self, tx: Transaction, word: Word, place: doors.Place, state: DoorState) -> DoorOutcome | None:
        if not state.groups:
            return await self._obey_newcomer(tx, word, place, state)
        options = with_clear_names(state.groups)
        match word:
            case Word.HELP:
                return HelpAsked(state.target.name if state.target else "", is_in_several=len(options) > 1)
            case Word.OWN_QUESTIONS:
                persons = dict.fromkeys((group.community_id, group.person_id) for group in options)
                return OwnQuestionsAsked(tuple(part for person in persons for part in person))
            case Word.SWITCH if len(options) == 1:
                return await self.switch(tx, place, state, options[0])
            case Word.SWITCH:
                return await self._ask_which(tx, place, state, options)
            case Word.LEAVE if state.target is None:
                return await self._ask_which(tx, place, state, options)
            case Word.LEAVE:
                return await self._ask_to_leave(tx, place, state.target, is_in_several=len(options) > 1)

    async def _obey_newcomer(
        self, tx: Transaction, word: Word, place: doors.Place, state: DoorState
    ) -> DoorOutcome | None:
        """Somebody who is still asked for the flat: told again what for, or let go."""
        if state.asked is None:
            return None
        if word is Word.LEAVE:
            async with self._within(tx, state.asked.community_id) as there:
                await doors.forget_flat_question(there, place)
            return UnknownSender()
        return FlatAsked(state.asked.group_name, state.asked.consent_version)

    async def _ask_which(
        self, tx: Transaction, place: doors.Place, state: DoorState, options: tuple[GroupChoice, ...]
    ) -> GroupAsked:
        waiting = state.choosing.waiting if state.choosing is not None else ()
        if state.choosing is None:
            await doors.ask_group(tx, place, options, waiting)
        return GroupAsked(tuple(option.name for option in options), is_only_choice=not waiting)

    async def _ask_to_leave(
        self, tx: Transaction, place: doors.Place, group: GroupChoice, *, is_in_several: bool
    ) -> DoorOutcome:
        async with self._within(tx, group.community_id) as there:
            try:
                await check_may_leave(there, group.group_id, group.person_id)
            except RoleHeld as error:
                return RoleHeldThere(group.name, error.roles, error.successors)
            except GroupNotFound:
                return Refused("NOT_MEMBER")
            await doors.ask_to_confirm(there, place, LEAVE, group)
        return LeavingAsked(group.name, is_in_several)

    async def _ask_about_flat(
        self, tx: Transaction, said: Waiting, place: doors.Place, state: DoorState
    ) -> DoorOutcome | None:
        """A flat alone, of the group's buildings, by somebody who lives there: asked what is meant. None for all else."""
        group = state.target
        if group is None or said.media_ids or not door_words.names_a_flat(said.text):
            return None
        async with self._within(tx, group.community_id) as there:
            opened = await joining_store.group_by_id(there, group.group_id)
            known = await joining_store.person(there, group.person_id)
            if opened is None or known is None or not known.household_id:
                return None
            try:
                building, flat = match_flat(flat_and_name(said.text)[0], opened.buildings)
            except FlatNotUnderstood:
                return None
            await doors.ask_to_confirm(there, place, FLAT, group, flat=flat, waiting=said)
            is_own = household_id_of(there.community_id, building.key, flat) == known.household_id
        return FlatNamed(group.name, known.flat, flat, is_own)

    async def _confirm(
        self, tx: Transaction, said: Waiting, place: doors.Place, confirming: Confirming
    ) -> DoorOutcome | None:
        """Do what was confirmed; None for words that are no answer to it."""
        answer = door_words.plain(said.text)
        if answer in door_words.DECLINED:
            return NothingChanged()
        if confirming.kind == LEAVE and answer in door_words.LEAVE_CONFIRMED:
            return await self._leave(tx, place, confirming)
        if confirming.kind == FLAT and confirming.waiting is not None:
            if answer in door_words.POST_CONFIRMED:
                group = GroupChoice(
                    confirming.community_id, confirming.group_id, confirming.group_name, confirming.person_id, ""
                )
                return await self._say(group, confirming.waiting, place)
            if answer in door_words.MOVE_CONFIRMED:
                return await self._move(tx, confirming, confirming.waiting.text)
        return None

    async def _leave(self, tx: Transaction, place: doors.Place, confirming: Confirming) -> DoorOutcome:
        async with self._within(tx, confirming.community_id) as there:
            try:
                left = await leave_group(there, confirming.group_id, confirming.person_id, place.channel, new_id)
            except RoleHeld as error:  # given to them since they were asked
                return RoleHeldThere(error.group_name, error.roles, error.successors)
            except GroupNotFound:
                return Refused("NOT_MEMBER")
        return LeftGroup(left.group_name, left.has_left_community)

    async def _move(self, tx: Transaction, confirming: Confirming, words: str) -> DoorOutcome:
        async with self._within(tx, confirming.community_id) as there:
            try:
                flat = await joining.move(there, confirming.group_id, confirming.person_id, flat_and_name(words)[0])
            except (FlatNotUnderstood, JoinCodeUnknown):  # the building was changed since they were asked
                return NothingChanged()
        return FlatChanged(confirming.group_name, flat)
