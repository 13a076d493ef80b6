"""Making: a file becomes a photo or a recording by its content, whatever its name or sender says of it."""

from pathlib import Path

from louyu_messaging.media.media import Made, Unusable
from louyu_messaging.media.photo import make_photo
from louyu_messaging.media.voice import container_of, make_voice

HEAD_BYTES = 32
_PHOTO_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


def make(path: str) -> Made:
    """Return what the file holds, made anew. Raises Unusable."""
    with Path(path).open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        if head.startswith((b"GIF87a", b"GIF89a")):
            raise Unusable("MEDIA_ANIMATED")
        if _is_photo(head):
            return make_photo(file)
        container = container_of(head)
        if container is None:
            raise Unusable("MEDIA_UNKNOWN")
        return make_voice(file, container)


def _is_photo(head: bytes) -> bool:
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in _PHOTO_BRANDS)
    )
