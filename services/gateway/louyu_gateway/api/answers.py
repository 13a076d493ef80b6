"""From the services' messages to the models of /api/v1."""

from datetime import UTC, datetime
from typing import cast

from louyu.messaging.v1 import community_pb2, conversation_service_pb2, media_pb2, membership_pb2, message_pb2
from louyu.notify.v1 import announcement_pb2
from louyu.routing.v1 import question_pb2

from louyu_gateway.api import models
from louyu_gateway.wire import (
    media_kind_word,
    media_state_word,
    message_state_word,
    moment,
    reach_word,
    reaction_word,
    state_word,
    urgency_word,
    via_word,
    words_by_word,
)

_NEVER = datetime.fromtimestamp(0, UTC)


def group(found: community_pb2.Group) -> models.Group:
    """Return a group."""
    return models.Group(
        id=found.id,
        community=found.community_id,
        name=found.name,
        buildings=[
            models.Building(id=building.id, key=building.key, name=building.name, households=building.household_count)
            for building in found.buildings
        ],
        join_code=found.join_code or None,
        last_seq=found.last_seq,
        read_seq=found.read_seq,
    )


def media_url(group: str, media_id: str) -> str:
    """Return where a photo or recording is read."""
    return f"/api/v1/groups/{group}/media/{media_id}"


def thumbnail_url(group: str, media_id: str) -> str:
    """Return where a photo is read small."""
    return f"{media_url(group, media_id)}/thumbnail"


def media(group: str, found: media_pb2.Media) -> models.Media:
    """Return a photo or recording."""
    is_photo = found.kind == media_pb2.MEDIA_KIND_PHOTO
    return models.Media(
        id=found.id,
        kind=cast(models.MediaKind, media_kind_word(found.kind)),
        state=cast(models.MediaState, media_state_word(found.state)),
        url=media_url(group, found.id),
        thumbnail=thumbnail_url(group, found.id) if is_photo else None,
        content_type=found.content_type or None,
        size_bytes=found.size_bytes,
        width=found.width or None,
        height=found.height or None,
        seconds=found.duration.ToTimedelta().total_seconds() if found.HasField("duration") else None,
        words_by=cast(models.WordsBy, words_by_word(found.words_by)) or None,
    )


def coverage(found: membership_pb2.GroupCoverage) -> models.Coverage:
    """Return how many households of a group have somebody in it."""
    return models.Coverage(
        group=found.group_id,
        name=found.group_name,
        households=found.household_count,
        covered=found.covered_count,
        absent_owners=found.absent_owner_count,
        unconfirmed=found.unconfirmed_count,
        buildings=[
            models.BuildingCoverage(
                id=building.building_id,
                name=building.name,
                units=[
                    models.UnitCoverage(
                        unit=unit.unit,
                        households=unit.household_count,
                        covered=unit.covered_count,
                        missing=list(unit.missing_flats),
                        absent_owners=list(unit.absent_owner_flats),
                    )
                    for unit in building.units
                ],
            )
            for building in found.buildings
        ],
    )


def hit(found: conversation_service_pb2.MessageHit) -> models.Hit:
    """Return a message that was found."""
    return models.Hit(
        group=found.group_id,
        message=message(found.group_id, found.message, None),
        snippet=[models.SnippetPart(text=part.text, is_hit=part.is_hit) for part in found.snippet],
    )


def message(group: str, found: message_pb2.Message, outcome: question_pb2.MessageOutcome | None) -> models.Message:
    """Return a message with the question that it opened or touched, or that the platform speaks of in it."""
    about = None
    if outcome is not None:
        about = models.QuestionRef(
            id=outcome.question_id,
            number=outcome.question_number,
            state=_state(outcome.question_state),
            what=outcome.what,
        )
    elif found.question_id:
        about = models.QuestionRef(id=found.question_id, number=None, state=None, what="speaks_of")
    return models.Message(
        seq=found.seq,
        id=found.id,
        sender=models.Sender(
            id=found.sender_id or None,
            name=found.sender_name or ("楼宇助手" if found.is_platform else ""),
            roles=list(found.sender_roles),
            is_platform=found.is_platform,
        ),
        text=found.text,
        via=cast(models.Via, via_word(found.via)),
        media=[media_url(group, media_id) for media_id in found.media_ids],
        attachments=[media(group, each) for each in found.media],
        at=moment(found, "posted_at") or _NEVER,
        reply_to=found.reply_to_seq or None,
        question=about,
        state=cast(models.MessageState, message_state_word(found.state)),
        reactions=[
            models.ReactionCount(
                kind=cast(models.ReactionKind, reaction_word(each.reaction)), count=each.count, is_own=each.is_own
            )
            for each in found.reactions
        ],
        is_pinned=found.is_pinned,
    )


def question(found: question_pb2.Question, *, whole: bool) -> models.Question:
    """Return a question; `whole` with timeline and plan."""
    step = found.next_step if found.HasField("next_step") else None
    return models.Question(
        id=found.id,
        number=found.number,
        state=_state(found.state),
        kind=found.kind,
        responder_type=found.responder_type or None,
        urgency=found.urgency,
        text=found.text,
        group=found.group_id,
        group_name=found.group_name,
        askers=[
            models.Asker(id=asker.person_id, name=asker.name, group=asker.group_id, seq=asker.message_seq)
            for asker in found.askers
        ],
        asset=found.asset or None,
        opened_at=moment(found, "opened_at") or _NEVER,
        ended_at=moment(found, "ended_at"),
        next_step=_next_step(step) if step is not None else None,
        answer=found.answer or None,
        answered_by=found.answered_by or None,
        reasons=list(found.reasons),
        version=found.version,
        timeline=[_entry(entry) for entry in found.timeline] if whole else None,
        plan=[_step(step) for step in found.plan] if whole else None,
        plugin=found.plugin or None,
        asked_because=[
            models.MatchReason(text=reason.text, evidence=list(reason.evidence)) for reason in found.match_reasons
        ]
        if whole and found.match_reasons
        else None,
    )


def _state(state: question_pb2.QuestionState.ValueType) -> models.State:
    return cast(models.State, state_word(state))


def _next_step(step: question_pb2.NextStep) -> models.NextStep:
    return models.NextStep(
        who=step.who,
        who_name=step.who_name,
        persons=list(step.person_names),
        due_at=moment(step, "due_at"),
        then=step.then,
        is_overdue=step.is_overdue,
    )


def _entry(entry: question_pb2.TimelineEntry) -> models.TimelineEntry:
    return models.TimelineEntry(
        id=entry.id,
        at=moment(entry, "at") or _NEVER,
        what=entry.what,
        by=entry.by,
        text=entry.text,
        seq=entry.message_seq or None,
        is_guess=entry.is_guess,
        can_undo=entry.can_undo,
    )


def _step(step: question_pb2.PlannedStep) -> models.PlannedStep:
    return models.PlannedStep(
        who=step.who,
        who_name=step.who_name,
        state=step.state,
        started_at=moment(step, "started_at"),
        due_at=moment(step, "due_at"),
    )


def announcement(found: announcement_pb2.Announcement) -> models.Announcement:
    """Return an announcement."""
    return models.Announcement(
        id=found.id,
        community=found.community_id,
        title=found.title,
        text=found.text,
        urgency=cast(models.Urgency, urgency_word(found.urgency)),
        groups=list(found.group_ids),
        channels=list(found.channels),
        published_at=moment(found, "published_at"),
        published_by=found.published_by,
        valid_until=moment(found, "valid_until"),
        source=found.source,
        households=found.household_count,
        counts=counts(found),
        is_ledger_complete=found.is_ledger_complete,
    )


def counts(found: announcement_pb2.Announcement) -> models.Counts:
    """Return households by state."""
    return models.Counts(
        waiting=found.waiting_count,
        sent=found.sent_count,
        reached=found.reached_count,
        unreachable=found.unreachable_count,
    )


def household(found: announcement_pb2.HouseholdReach) -> models.HouseholdReach:
    """Return a household's line."""
    return models.HouseholdReach(
        household=found.household_id,
        building=found.building_name,
        flat=found.flat,
        state=cast(models.Reach, reach_word(found.state)),
        channel=found.channel or None,
        at=moment(found, "at"),
    )
