"""Listening: what routing does with messaging's facts, each in the transaction of its event."""

from datetime import UTC, date, time

from louyu.events.v1 import membership_events_pb2, messaging_events_pb2
from louyu_runtime.database import Transaction
from louyu_runtime.events.consumer import Handlers
from louyu_runtime.events.streams import Event

from louyu_routing.availability import AwayTime, DutyTime
from louyu_routing.classifying import Classifying
from louyu_routing.emergency import Emergencies
from louyu_routing.message_changes import MessageChange, apply_change
from louyu_routing.store import availability, directory, merging
from louyu_routing.store.directory import GroupDirectory, Holder
from louyu_routing.store.messages import Message
from louyu_routing.timers import Timers
from louyu_routing.understanding import understand, understand_words
from louyu_routing.watching import Watchers


class Listener:
    """Handles the events of messaging."""

    def __init__(self, classifying: Classifying, emergencies: Emergencies, timers: Timers, watchers: Watchers) -> None:
        self._classifying = classifying
        self._emergencies = emergencies
        self._timers = timers
        self._watchers = watchers

    @property
    def handlers(self) -> Handlers:
        """What is consumed, and by what."""
        return {
            "MessagePosted": (messaging_events_pb2.MessagePosted, self.on_message_posted),
            "MessageChanged": (messaging_events_pb2.MessageChanged, self.on_message_changed),
            "VoiceTranscribed": (messaging_events_pb2.VoiceTranscribed, self.on_voice_transcribed),
            "GroupDirectoryChanged": (messaging_events_pb2.GroupDirectoryChanged, self.on_group_directory_changed),
            "AvailabilityChanged": (membership_events_pb2.AvailabilityChanged, self.on_availability_changed),
            "PersonMerged": (membership_events_pb2.PersonMerged, self.on_person_merged),
        }

    async def on_message_posted(self, tx: Transaction, event: Event[messaging_events_pb2.MessagePosted]) -> None:
        """Understand a message."""
        await understand(tx, _message(event.payload), await self._classifying.classifier(), self._emergencies)
        self._wake_after(tx, event.community_id)

    async def on_voice_transcribed(self, tx: Transaction, event: Event[messaging_events_pb2.VoiceTranscribed]) -> None:
        """Understand a recording that has got its words."""
        await understand_words(
            tx, _message(event.payload.message), await self._classifying.classifier(), self._emergencies
        )
        self._wake_after(tx, event.community_id)

    def _wake_after(self, tx: Transaction, community_id: str) -> None:
        tx.after_commit.append(self._timers.wake)
        tx.after_commit.append(lambda: self._watchers.changed_in(community_id))

    async def on_message_changed(self, tx: Transaction, event: Event[messaging_events_pb2.MessageChanged]) -> None:
        """Follow what became of a message."""
        told = event.payload
        change = MessageChange(
            group_id=told.group_id, seq=told.seq, what=told.what, person_id=told.actor_id, name=told.actor_name
        )
        await apply_change(tx, change)
        self._wake_after(tx, event.community_id)

    async def on_group_directory_changed(
        self, tx: Transaction, event: Event[messaging_events_pb2.GroupDirectoryChanged]
    ) -> None:
        """Take over a group's directory, unless a later version is known."""
        told = event.payload
        await directory.replace_group(
            tx,
            GroupDirectory(
                group_id=told.group_id,
                version=told.version,
                name=told.name,
                building_keys=tuple(building.key for building in told.buildings),
                holders=tuple(
                    Holder(
                        person_id=holder.person_id,
                        role=holder.role,
                        name=holder.name,
                        responder_key=holder.responder_key,
                        is_second=holder.is_second,
                    )
                    for holder in told.role_holders
                ),
            ),
        )

    async def on_availability_changed(
        self, tx: Transaction, event: Event[membership_events_pb2.AvailabilityChanged]
    ) -> None:
        """Take over who is away and who is on duty, unless a later version is known."""
        told = event.payload
        await availability.replace(
            tx,
            told.version,
            [
                AwayTime(
                    person_id=each.person_id,
                    name=each.name,
                    starts_at=each.starts_at.ToDatetime(tzinfo=UTC),
                    ends_at=each.ends_at.ToDatetime(tzinfo=UTC),
                    substitute_id=each.substitute_id,
                    substitute_name=each.substitute_name,
                )
                for each in told.away_times
            ],
            [
                DutyTime(
                    person_id=each.person_id,
                    role=each.role,
                    responder_key=each.responder_key,
                    weekdays=tuple(each.weekdays),
                    on_date=date.fromisoformat(each.date) if each.date else None,
                    from_time=time.fromisoformat(each.from_time),
                    until_time=time.fromisoformat(each.until_time),
                )
                for each in told.duty_times
            ],
        )

    async def on_person_merged(self, tx: Transaction, event: Event[membership_events_pb2.PersonMerged]) -> None:
        """Let what somebody asked be asked by who they turned out to be."""
        await merging.merge(tx, event.payload.person_id, event.payload.into_person_id)


def _message(posted: messaging_events_pb2.MessagePosted) -> Message:
    return Message(
        group_id=posted.group_id,
        seq=posted.seq,
        sender_id=None if posted.is_platform else posted.sender_id or None,
        sender_name=posted.sender_name,
        text=posted.text,
        via=posted.via or "text",
        reply_to_seq=posted.reply_to_seq,
        posted_at=posted.posted_at.ToDatetime(tzinfo=UTC),
        question_id=posted.question_id or None,
    )
