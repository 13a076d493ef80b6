"""A photo or recording, as messages have it and as it is made from a file."""

from dataclasses import dataclass

PHOTO, VOICE = "photo", "voice"
ARRIVING, READY, UNUSABLE, ERASED = "arriving", "ready", "unusable", "erased"
"""Being fetched or written; can be read; never will be; deleted."""

LARGEST_FILE = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SECONDS = 300
LONGEST_WORDS = 2000


@dataclass(frozen=True)
class Made:
    """What a file was made into: JPEG with a thumbnail, or MP3. Fields of the other kind are empty or 0."""

    kind: str
    content_type: str
    data: bytes
    thumbnail: bytes = b""
    width: int = 0
    height: int = 0
    duration_ms: int = 0


@dataclass(frozen=True)
class Media:
    """A photo or recording. What is not known while it is arriving is empty or 0.

    `words_by` is "channel", "plugin", "person", "nobody" (a person understood nothing), or empty: no words yet.
    `seq` is the position of its message, 0 before it is posted.
    """

    id: str
    group_id: str
    owner_id: str
    kind: str
    state: str
    content_type: str = ""
    size_bytes: int = 0
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    words: str = ""
    words_by: str = ""
    seq: int = 0
    object_name: str = ""
    digest: bytes = b""


class Unusable(Exception):
    """A file that cannot be made into a photo or recording. `reason` is a key of TEXTS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


TEXTS = {
    "MEDIA_UNKNOWN": (
        "neither a photo nor a recording that is taken: send JPEG, PNG, WebP or HEIC, or AMR, SILK, MP3, M4A, WAV, OGG or WebM sound",
        "这个文件既不是照片也不是录音，发不了。照片请用 JPG、PNG、WebP 或 HEIC。",
    ),
    "MEDIA_BROKEN": (
        "the file is damaged or ends too early: send it once more, or another copy of it",
        "这个文件损坏了，打不开，请重新选一次。",
    ),
    "MEDIA_ANIMATED": (
        "moving pictures are not taken: send a still photo",
        "动图发不了，请换成静止的照片。",
    ),
    "MEDIA_TOO_LARGE": (
        f"the file is too large: at most {LARGEST_FILE // 1024**2} MiB and {MOST_PIXELS // 10**6} million pixels; make it smaller",
        f"文件太大了，最多 {LARGEST_FILE // 1024**2} MB，请压缩后再发。",
    ),
    "MEDIA_TOO_LONG": (
        f"the recording is longer than {LONGEST_SECONDS // 60} minutes: send it in parts",
        f"录音太长了，最长 {LONGEST_SECONDS // 60} 分钟，请分几段发。",
    ),
}
"""Reason -> what is wrong and the mend, for callers and for residents."""
