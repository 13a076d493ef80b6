"""Telling: turns "tell these persons, this group, its screens" into deliveries on the channels that are installed.

One object for each event: it knows the cause, so the same event again adds nothing, and wakes the workers once all is
durable.
"""

from collections.abc import Iterable
from datetime import timedelta

from louyu_runtime.database import Transaction
from louyu_runtime.known_names import hide_names
from louyu_sdk import RecipientKind, Urgency

from louyu_notify.channel_list import ChannelList
from louyu_notify.delivery import Notice, Purpose
from louyu_notify.store import deliveries, names, screens
from louyu_notify.wakes import Wakes

LONGEST_TEXT = 2000


class Telling:
    """What is told because of one event, about a question or about none."""

    def __init__(
        self,
        tx: Transaction,
        channels: ChannelList,
        wakes: Wakes,
        *,
        cause: str,
        question_id: str | None = None,
        question_number: int | None = None,
        urgency: Urgency = Urgency.NORMAL,
    ) -> None:
        self._tx = tx
        self._channels = channels
        self._wakes = wakes
        self._cause = cause
        self._question_id = question_id
        self._question_number = question_number
        self._urgency = urgency

    async def persons(
        self,
        person_ids: Iterable[str],
        purpose: Purpose,
        text: str,
        *,
        url: str | None = None,
        is_reply: bool = False,
        ignores_quiet_hours: bool = False,
        after: timedelta = timedelta(),
    ) -> None:
        """Tell persons, each on the first channel that leads to them, not before so much time has passed."""
        keys = self._channels.of(RecipientKind.PERSON)
        if not keys:
            return
        first, *others = keys
        await self._add(
            (
                Notice(
                    recipient_kind=RecipientKind.PERSON,
                    recipient_id=person_id,
                    channel=first,
                    other_channels=tuple(others),
                    purpose=purpose,
                    text=text[:LONGEST_TEXT],
                    url=url,
                    urgency=self._urgency,
                    ignores_quiet_hours=ignores_quiet_hours,
                    is_reply=is_reply,
                )
                for person_id in dict.fromkeys(person_ids)
            ),
            after,
        )

    async def groups(self, group_ids: Iterable[str], purpose: Purpose, text: str) -> None:
        """Say something in groups, with residents' names hidden."""
        public = await self._public(text)
        await self._add(
            Notice(
                recipient_kind=RecipientKind.GROUP,
                recipient_id=group_id,
                channel=channel,
                purpose=purpose,
                text=public[:LONGEST_TEXT],
                urgency=self._urgency,
            )
            for group_id in dict.fromkeys(group_ids)
            for channel in self._channels.of(RecipientKind.GROUP)
        )

    async def screens(self, group_ids: Iterable[str], title: str, text: str, source: str) -> None:
        """Show an answer on the screens of groups, with residents' names hidden."""
        title, text = await self._public(title), await self._public(text)
        screen_ids = await screens.ids_of_groups(self._tx, list(dict.fromkeys(group_ids)))
        await self._add(
            Notice(
                recipient_kind=RecipientKind.SCREEN,
                recipient_id=screen_id,
                channel=channel,
                purpose=Purpose.ANSWER,
                title=title,
                text=text[:LONGEST_TEXT],
                source=source,
                urgency=Urgency.NORMAL,
            )
            for screen_id in screen_ids
            for channel in self._channels.of(RecipientKind.SCREEN)
        )

    async def _public(self, text: str) -> str:
        return hide_names(text, await names.in_text(self._tx, text))[0]

    async def _add(self, notices: Iterable[Notice], after: timedelta = timedelta()) -> None:
        found = list(notices)
        await deliveries.add(
            self._tx,
            f"{self._cause}/{found[0].purpose}" if found else self._cause,
            found,
            question_id=self._question_id,
            question_number=self._question_number,
            after=after,
        )
        keys = sorted({notice.channel for notice in found})
        if keys:
            self._tx.after_commit.append(lambda: self._wakes.wake(*keys))
