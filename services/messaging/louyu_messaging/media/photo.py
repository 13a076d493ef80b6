"""Photos: decoded, turned upright, brought to sRGB and a useful size, and written anew as JPEG with a thumbnail.

Nothing of the file is kept but its pixels: no EXIF, place, comment, profile, further pictures or bytes after the end.
Runs in the workshop's processes alone, for decoders are the classic way in; sizes are checked before pixels are decoded.
"""

import io
import warnings
from typing import BinaryIO

import pi_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from louyu_messaging.media.media import MOST_PIXELS, PHOTO, Made, Unusable

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
MAY_MOVE = frozenset({"PNG", "WEBP"})
"""Formats that can hold films. Further pictures in JPEG and HEIF are views and bursts; the first one counts."""
SHORT_SIDE, LONG_SIDE, PIXELS_KEPT = 1440, 16_000, 8_000_000
THUMBNAIL_SIDE = 480

pi_heif.register_heif_opener()


def make_photo(file: BinaryIO) -> Made:
    """Return the photo in a file. Raises Unusable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which is thrown away; sizes are checked here
            with Image.open(file, formats=FORMATS) as opened:
                _check(opened)
                if opened.format in ("JPEG", "MPO"):
                    opened.draft("RGB", size_kept(opened.size))
                image = _upright(opened)
            image = _flat(_in_srgb(_small(image)))
    except Unusable:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise Unusable("MEDIA_TOO_LARGE") from error
    except (UnidentifiedImageError, OSError, ValueError, TypeError, SyntaxError, EOFError, RuntimeError) as error:
        raise Unusable("MEDIA_BROKEN") from error
    return Made(
        PHOTO,
        "image/jpeg",
        data=_jpeg(image, quality=82),
        thumbnail=_jpeg(_thumbnail(image), quality=75),
        width=image.width,
        height=image.height,
    )


def size_kept(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the photo that is kept: long screenshots stay readable, nothing is made larger.

    >>> size_kept((4000, 3000)), size_kept((1080, 9000))
    ((1920, 1440), (979, 8165))
    """
    width, height = size
    scale = min(
        1.0,
        SHORT_SIDE / min(size),
        LONG_SIDE / max(size),
        (PIXELS_KEPT / (width * height)) ** 0.5,
    )
    return max(1, int(width * scale)), max(1, int(height * scale))


def _check(opened: Image.Image) -> None:
    width, height = opened.size
    if width < 1 or height < 1:
        raise Unusable("MEDIA_BROKEN")
    if width * height > MOST_PIXELS:
        raise Unusable("MEDIA_TOO_LARGE")
    if opened.format in MAY_MOVE and getattr(opened, "n_frames", 1) > 1:
        raise Unusable("MEDIA_ANIMATED")


def _upright(opened: Image.Image) -> Image.Image:
    opened.load()
    try:
        return ImageOps.exif_transpose(opened)
    except (OSError, ValueError, TypeError, KeyError, SyntaxError, OverflowError):  # unreadable metadata
        return opened.copy()


def _small(image: Image.Image) -> Image.Image:
    wanted = size_kept(image.size)
    if image.mode.startswith("I"):  # 16 bits a channel
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("P", "1"):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    return image if wanted == image.size else image.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the image with its profile's colours as sRGB, so that it can do without the profile."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    try:
        return (
            ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGBA" if image.mode == "RGBA" else "RGB",
            )
            or image
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _flat(image: Image.Image) -> Image.Image:
    """Return the pixels alone, on white where they were transparent."""
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        seen = image.convert("RGBA")
        flat = Image.new("RGB", seen.size, "white")
        flat.paste(seen, mask=seen.getchannel("A"))
    else:
        flat = image.convert("RGB")
    flat.info = {}
    return flat


def _thumbnail(image: Image.Image) -> Image.Image:
    """Return the photo small; of very long ones the upper or middle part."""
    width, height = image.size
    if height > 2 * width:
        image = image.crop((0, 0, width, 2 * width))
    elif width > 2 * height:
        image = image.crop(((width - 2 * height) // 2, 0, (width + 2 * height) // 2, height))
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    small.info = {}
    return small


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
    return written.getvalue()
