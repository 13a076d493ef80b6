"""Files for tests of media, made here: photos with a place in them, films, bombs, recordings of every kind."""

import io
import struct
import wave
import zlib
from typing import cast

import av
import numpy
import pillow_heif
import pysilk
from PIL import Image, ImageDraw

RATE = 16_000
LATITUDE = "39.9606"


def picture(width: int = 640, height: int = 480) -> Image.Image:
    """A picture whose upper left corner is red, the rest of it blue."""
    image = Image.new("RGB", (width, height), "blue")
    ImageDraw.Draw(image).rectangle((0, 0, width // 4, height // 4), fill="red")
    return image


def photo(kind: str = "JPEG", *, width: int = 640, height: int = 480, orientation: int = 1) -> bytes:
    """A photo as a phone writes it, with place, camera and a comment in it."""
    image = picture(width, height)
    exif = image.getexif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretCamera"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (39.0, 57.0, 38.16)
    place[29] = LATITUDE
    written = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(written, exif=exif.tobytes(), quality=90)
    else:
        image.save(written, kind, exif=exif.tobytes(), comment=b"SecretComment")
    return written.getvalue()


def film(kind: str) -> bytes:
    """A moving picture."""
    written = io.BytesIO()
    picture().save(written, kind, save_all=True, append_images=[picture().rotate(90), picture().rotate(180)])
    return written.getvalue()


def bomb(side: int = 12_000) -> bytes:
    """A PNG of a few kilobytes that says it has 144 million pixels, and has them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (side // 8 + 2)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _tone(seconds: float, rate: int) -> numpy.ndarray[tuple[int], numpy.dtype[numpy.int16]]:
    at = numpy.arange(int(seconds * rate)) / rate
    return (numpy.sin(2 * numpy.pi * 440 * at) * 12_000).astype(numpy.int16)


def wav(seconds: float = 2.0) -> bytes:
    """A tone as WAV."""
    written = io.BytesIO()
    with wave.open(written, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(_tone(seconds, RATE).tobytes())
    return written.getvalue()


ENCODINGS = {
    "amr": ("amr", "libopencore_amrnb", 8_000, 12_200),
    "mp3": ("mp3", "libmp3lame", 24_000, 32_000),
    "m4a": ("mp4", "aac", 24_000, 32_000),
    "ogg": ("ogg", "libopus", 48_000, 24_000),
    "webm": ("webm", "libopus", 48_000, 24_000),
}


def recording(kind: str, seconds: float = 2.0) -> bytes:
    """A tone in one of the encodings, or as WAV or SILK."""
    if kind == "wav":
        return wav(seconds)
    if kind == "silk":
        spoken = io.BytesIO()
        pysilk.encode(io.BytesIO(_tone(seconds, RATE).tobytes()), spoken, RATE, RATE)
        return spoken.getvalue()
    container, codec, rate, bits = ENCODINGS[kind]
    written = io.BytesIO()
    with av.open(written, "w", format=container) as made:
        made.metadata["title"] = "SecretTitle"
        stream = cast(av.AudioStream, made.add_stream(codec, rate=rate, layout="mono"))
        stream.bit_rate = bits
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate, frame_size=stream.frame_size)
        frame = av.AudioFrame.from_ndarray(_tone(seconds, rate).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        for sound in [*resampler.resample(frame), *resampler.resample(None)]:
            made.mux(stream.encode(sound))
        made.mux(stream.encode(None))
    return written.getvalue()


def talkie() -> bytes:
    """A film with sound, as MP4."""
    written = io.BytesIO()
    with av.open(written, "w", format="mp4") as made:
        stream = made.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            made.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        made.mux(stream.encode(None))
    return written.getvalue()
