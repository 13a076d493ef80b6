"""Media: photos and recordings by id, a recording with its bytes, and the words spoken in it."""

from dataclasses import dataclass, field
from datetime import timedelta

from louyu_sdk.bounds import require_instance, require_member, require_number, require_span, require_text
from louyu_sdk.words import MediaKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A photo, recording, video or file that belongs to a message; named by id, without its bytes."""

    id: str
    kind: MediaKind
    content_type: str
    """Media type such as `image/jpeg` or `audio/amr`."""
    size_bytes: int
    """1 byte to 100 MiB."""
    duration: timedelta | None = None
    """Length of a recording or video; None where it is not known, and for photos and files."""

    def __post_init__(self) -> None:
        require_text("Media.id", self.id, longest=64)
        require_member("Media.kind", self.kind, MediaKind)
        require_text("Media.content_type", self.content_type, longest=100)
        require_instance("Media.size_bytes", self.size_bytes, int)
        require_number("Media.size_bytes", self.size_bytes, least=1, most=100 * 1024 * 1024)
        if self.duration is not None:
            require_span("Media.duration", self.duration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A voice message with its bytes, for `louyu_transcribe`."""

    media: Media
    """Of kind VOICE."""
    data: bytes = field(repr=False)
    """The whole recording in the format that `media.content_type` names."""

    def __post_init__(self) -> None:
        require_instance("Recording.media", self.media, Media)
        require_instance("Recording.data", self.data, bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """The words of a recording as a plugin understood them."""

    text: str
    """1 to 2,000 characters."""
    confidence: float
    """0.0 to 1.0; how surely the words are right."""

    def __post_init__(self) -> None:
        require_text("Transcript.text", self.text, longest=2_000)
        require_number("Transcript.confidence", self.confidence, least=0.0, most=1.0)
