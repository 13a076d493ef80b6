"""Photos and recordings as pages show them."""

from louyu.messaging.v1 import media_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_runtime.errors import RemoteError

from louyu_gateway.api.answers import media_url, thumbnail_url
from louyu_gateway.gateway import Viewer
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import MediaView
from louyu_gateway.wire import media_kind_word, media_state_word, words_by_word


def media_views(group_id: str, sender: str, found: list[media_pb2.Media], texts: Texts) -> tuple[MediaView, ...]:
    """Return what a message shows and speaks, in its order."""
    return tuple(
        _view(group_id, media, texts("{name}发的照片，第 {n} 张，共 {count} 张", name=sender, n=at, count=len(found)))
        for at, media in enumerate(found, 1)
    )


def _view(group_id: str, media: media_pb2.Media, alt: str) -> MediaView:
    seconds = round(media.duration.ToTimedelta().total_seconds()) if media.HasField("duration") else 0
    return MediaView(
        id=media.id,
        kind=media_kind_word(media.kind),
        state=media_state_word(media.state),
        url=media_url(group_id, media.id),
        thumbnail=thumbnail_url(group_id, media.id),
        width=media.width,
        height=media.height,
        seconds=max(1, seconds),
        length=f"{seconds // 60}:{seconds % 60:02d}",
        words_by=words_by_word(media.words_by),
        alt=alt,
    )


async def read_media(viewer: Viewer, group_id: str, seq: int, texts: Texts) -> tuple[MediaView, ...]:
    """Return what the message at a position shows and speaks; nothing to a viewer who is not in its group."""
    try:
        answer: messaging.ListMessagesResponse = await viewer.ask.messaging(
            messaging.ListMessagesRequest(
                community_id=viewer.community(), group_id=group_id, after_seq=seq - 1, page_size=1
            )
        )
    except RemoteError:
        return ()
    return media_views_of(answer.messages[0], group_id, texts) if answer.messages else ()


def media_views_of(message: message_pb2.Message, group_id: str, texts: Texts) -> tuple[MediaView, ...]:
    """Return what a message shows and speaks."""
    return media_views(group_id, message.sender_name, list(message.media), texts)
