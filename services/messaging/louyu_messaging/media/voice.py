"""Recordings: decoded from what phones and WeChat make, and written anew as MP3, which every browser plays.

The container is named by the file's first bytes, and only that reader is tried: a reader left to guess would also take
play lists that name other files. Runs in the workshop's processes alone.
"""

import io
import wave
from typing import BinaryIO

import av
import av.error
import pysilk

from louyu_messaging.media.media import LONGEST_SECONDS, VOICE, Made, Unusable

RATE = 24_000
BITS_PER_SECOND = 40_000
SHORTEST_MS = 100
SILK = "silk"
_MAGIC = (b"#!SILK_V3", b"\x02#!SILK_V3")


def container_of(head: bytes) -> str | None:
    """Return the container that a file's first bytes name; None for one that is not taken."""
    if head.startswith(_MAGIC):
        return SILK
    if head.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "amr"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head[4:8] == b"ftyp":
        return "mov"
    if head.startswith(b"ID3"):
        return "mp3"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        layer = head[1] >> 1 & 3
        return {1: "mp3", 0: "aac"}.get(layer)
    return None


def make_voice(file: BinaryIO, container: str) -> Made:
    """Return the recording in a file. Raises Unusable."""
    try:
        if container == SILK:
            file, container = _silk_as_wav(file.read()), "wav"
        with av.open(file, "r", format=container) as opened:
            if not opened.streams.audio or (container in ("mov", "matroska") and opened.streams.video):
                raise Unusable("MEDIA_UNKNOWN")
            data, samples = _mp3(opened)
    except MemoryError as error:
        raise Unusable("MEDIA_TOO_LARGE") from error
    except (av.error.FFmpegError, pysilk.SilkError, OSError, ValueError, EOFError) as error:
        raise Unusable("MEDIA_BROKEN") from error
    duration_ms = samples * 1000 // RATE
    if duration_ms < SHORTEST_MS:
        raise Unusable("MEDIA_BROKEN")
    return Made(VOICE, "audio/mpeg", data=data, duration_ms=duration_ms)


def _mp3(opened: av.container.InputContainer) -> tuple[bytes, int]:
    """Return the sound as MP3, and how many samples it has. What comes after damage is left out."""
    source = opened.streams.audio[0]
    source.codec_context.thread_count = 1
    resampler = av.AudioResampler(format="s16p", layout="mono", rate=RATE)
    written = io.BytesIO()
    samples = 0
    with av.open(written, "w", format="mp3") as made:
        target = made.add_stream("libmp3lame", rate=RATE, layout="mono")
        target.bit_rate = BITS_PER_SECOND
        frames = opened.decode(source)
        while True:
            try:
                frame = next(frames, None)
            except av.error.FFmpegError:
                if not samples:
                    raise
                frame = None
            for sound in resampler.resample(frame):
                samples += sound.samples
                if samples > LONGEST_SECONDS * RATE:
                    raise Unusable("MEDIA_TOO_LONG")
                sound.pts = None
                made.mux(target.encode(sound))
            if frame is None:
                break
        made.mux(target.encode(None))
    return written.getvalue(), samples


def _silk_as_wav(data: bytes) -> BinaryIO:
    sound = io.BytesIO()
    pysilk.decode(io.BytesIO(data), sound, RATE)
    written = io.BytesIO()
    with wave.open(written, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(sound.getvalue())
    written.seek(0)
    return written
