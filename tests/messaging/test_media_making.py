"""Making: whatever phones and WeChat write becomes a JPEG or an MP3, and nothing of the file comes with it."""

import io
import multiprocessing
from pathlib import Path

import av
import pytest
from louyu_messaging.media.making import make
from louyu_messaging.media.media import Made, Unusable
from louyu_messaging.media.workshop import Workshop
from PIL import Image

from tests.messaging import media_files as files
from tests.messaging import wild_decoders


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.exe"  # the name says nothing


def made_of(path: Path, content: bytes) -> Made:
    path.write_bytes(content)
    return make(str(path))


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_is_written_anew_without_where_it_was_made(path: Path, kind: str) -> None:
    content = files.photo(kind)
    assert b"SecretCamera" in content

    made = made_of(path, content)

    for data in (made.data, made.thumbnail):
        assert b"Secret" not in data
        assert files.LATITUDE.encode() not in data
        assert b"Exif" not in data
        assert not opened(data).getexif()
    image = opened(made.data)
    assert (made.kind, made.content_type, made.width, made.height) == ("photo", "image/jpeg", 640, 480)
    assert image.getpixel((5, 5))[0] > 200  # type: ignore[index]  # RGB
    assert max(opened(made.thumbnail).size) == 480


@pytest.mark.parametrize(("orientation", "red"), [(6, (470, 5)), (3, (630, 470)), (8, (5, 630))])
def test_a_photo_is_turned_upright(path: Path, orientation: int, red: tuple[int, int]) -> None:
    made = made_of(path, files.photo(orientation=orientation))

    image = opened(made.data)
    assert image.size == ((640, 480) if orientation == 3 else (480, 640))
    colour = image.getpixel(red)
    assert isinstance(colour, tuple)
    assert colour[0] > 200
    assert colour[2] < 60


def test_a_large_photo_becomes_smaller_and_a_long_screenshot_stays_readable(path: Path) -> None:
    large = made_of(path, files.photo(width=4000, height=3000))
    long = made_of(path, files.photo(width=1080, height=7000))

    assert (large.width, large.height) == (1920, 1440)
    assert (long.width, long.height) == (1080, 7000)
    assert opened(long.thumbnail).size == (240, 480)


def test_what_is_transparent_becomes_white(path: Path) -> None:
    written = io.BytesIO()
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(written, "PNG")

    assert opened(made_of(path, written.getvalue()).data).getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_photos_of_every_colour_mode_are_taken(path: Path, mode: str) -> None:
    written = io.BytesIO()
    image = Image.new("I;16", (50, 40), 40_000) if mode == "I;16" else files.picture(50, 40).convert(mode)
    image.save(written, "JPEG" if mode == "CMYK" else "PNG")

    assert opened(made_of(path, written.getvalue()).data).mode == "RGB"


def test_what_hides_behind_a_photo_does_not_come_with_it(path: Path) -> None:
    made = made_of(path, files.photo() + b"PK\x03\x04<script>alert(1)</script>")

    assert b"<script>" not in made.data
    assert b"PK\x03\x04" not in made.data


@pytest.mark.parametrize("kind", ["amr", "silk", "mp3", "m4a", "ogg", "webm", "wav"])
def test_a_recording_of_every_kind_becomes_mp3(path: Path, kind: str) -> None:
    made = made_of(path, files.recording(kind))

    assert (made.kind, made.content_type) == ("voice", "audio/mpeg")
    assert 1_800 <= made.duration_ms <= 2_300
    assert b"Secret" not in made.data
    with av.open(io.BytesIO(made.data), "r", format="mp3") as played:
        assert played.streams.audio[0].codec.name.startswith("mp3")
        assert sum(frame.samples for frame in played.decode(played.streams.audio[0])) > 1.8 * 24_000


def test_a_recording_that_breaks_off_is_kept_as_far_as_it_goes(path: Path) -> None:
    content = files.recording("amr", 4.0)

    assert 1_500 < made_of(path, content[: len(content) // 2]).duration_ms < 2_500


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!doctype html><script>alert(1)</script>", "MEDIA_UNKNOWN"),
        (b"%PDF-1.7 ...", "MEDIA_UNKNOWN"),
        (b"#EXTM3U\nhttp://127.0.0.1/secret", "MEDIA_UNKNOWN"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "MEDIA_UNKNOWN"),
        (files.photo()[:3000], "MEDIA_BROKEN"),
        (files.photo("PNG")[:900], "MEDIA_BROKEN"),
        (files.photo("HEIF")[:700], "MEDIA_BROKEN"),
        (b"\xff\xd8\xff\xe0 not a photo", "MEDIA_BROKEN"),
        (b"#!AMR\n", "MEDIA_BROKEN"),
        (b"#!SILK_V3" + b"\xff" * 50, "MEDIA_BROKEN"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "MEDIA_BROKEN"),
        (files.film("GIF"), "MEDIA_ANIMATED"),
        (files.film("PNG"), "MEDIA_ANIMATED"),
        (files.film("WEBP"), "MEDIA_ANIMATED"),
        (files.talkie(), "MEDIA_UNKNOWN"),
        (files.wav(0.01), "MEDIA_BROKEN"),
        (files.wav(301), "MEDIA_TOO_LONG"),
    ],
)
def test_what_is_no_photo_or_recording_is_refused(path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(Unusable) as refused:
        made_of(path, content)

    assert refused.value.reason == reason


def test_a_bomb_is_refused_before_it_is_opened(path: Path) -> None:
    content = files.bomb()
    assert len(content) < 50_000

    with pytest.raises(Unusable) as refused:
        made_of(path, content)

    assert refused.value.reason == "MEDIA_TOO_LARGE"


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let new processes import from the tests: they are given this one's path, on which pytest does not put the root."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (wild_decoders.spin, "MEDIA_BROKEN"),
        (wild_decoders.grow, "MEDIA_TOO_LARGE"),
        (wild_decoders.crash, "MEDIA_BROKEN"),
    ],
)
async def test_a_decoder_gone_wild_takes_only_its_own_file_with_it(path: Path, work: object, reason: str) -> None:
    path.write_bytes(b"x")
    workshop = Workshop(1, seconds=1.0, work=work)  # type: ignore[arg-type]  # one of the functions above
    try:
        for _ in range(2):  # the second one gets a process of its own
            with pytest.raises(Unusable) as refused:
                await workshop.make(str(path))
            assert refused.value.reason == reason
    finally:
        workshop.close()


async def test_a_process_killed_between_two_files_does_not_end_the_making(path: Path) -> None:
    path.write_bytes(files.photo("JPEG"))
    others = set(multiprocessing.active_children())  # of the workshop that all tests share
    workshop = Workshop(1)
    try:
        await workshop.make(str(path))
        [process] = (
            each for each in set(multiprocessing.active_children()) - others if each.name == "pebble_pool_worker"
        )
        process.kill()
        process.join()

        assert (await workshop.make(str(path))).kind == "photo"
    finally:
        workshop.close()
