"""The store: the same promises from a folder and from a server that speaks S3."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import boto3
import pytest
from louyu_messaging.main import open_objects
from louyu_messaging.media.media import Made
from louyu_messaging.media.objects import SUFFIXES, THUMBNAIL, ObjectMissing, Objects, open_store
from louyu_messaging.settings import MessagingSettings
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.errors import Unavailable
from louyu_runtime.setting_shapes import MediaUrl
from louyu_runtime.settings import SettingsError
from moto.server import ThreadedMotoServer
from pydantic import TypeAdapter, ValidationError

from tests.messaging.community import GROUP_28, Messaging, person
from tests.messaging.media_files import photo

MADE = Made("photo", "image/jpeg", data=bytes(range(256)) * 2000, thumbnail=b"small")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Address of an S3 server with the bucket "louyu"."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket="louyu")
    client.close()
    yield address
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    """A store of each kind."""
    if request.param == "folder":
        return Objects(open_store((tmp_path / "照片 1").as_uri(), "", ""))
    address = request.getfixturevalue("s3")
    return Objects(open_store(f"s3://louyu/photos?endpoint={address}&region=us-east-1", "key", "secret"))


async def read(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def test_what_was_put_is_read_whole_and_in_part_and_deleted(objects: Objects) -> None:
    name = f"c/{uuid.uuid4().hex}"
    await objects.put(name, MADE)

    path = name + SUFFIXES["photo"]
    assert await objects.size(path) == len(MADE.data)
    assert await read(objects.read(path, 0, 0)) == MADE.data
    assert await read(objects.read(path, 1000, 5000)) == MADE.data[1000:6000]
    assert await read(objects.read(name + THUMBNAIL, 0, 0)) == b"small"

    for _ in range(2):  # what is gone already may be deleted again
        await objects.delete(name)
    with pytest.raises(ObjectMissing):
        await objects.size(path)
    with pytest.raises(ObjectMissing):
        await read(objects.read(path, 0, 0))


async def test_nothing_is_written_over(objects: Objects) -> None:
    name = f"c/{uuid.uuid4().hex}"
    await objects.put(name, MADE)
    await objects.put(name, MADE)  # the same once more: the answer was lost

    with pytest.raises(Unavailable):
        await objects.put(name, Made("photo", "image/jpeg", data=b"another"))
    assert await read(objects.read(name + SUFFIXES["photo"], 0, 0)) == MADE.data


async def test_a_bucket_that_is_not_there_is_told_as_a_store_that_is_away(s3: str) -> None:
    objects = Objects(open_store(f"s3://nobody-made-it?endpoint={s3}", "key", "secret"))

    with pytest.raises(Unavailable):
        await objects.put("x", MADE)


def test_a_folder_that_cannot_be_made_stops_the_start_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = MessagingSettings(media_url=(tmp_path / "file").as_uri(), database_url="postgresql://a@b/c")

    with pytest.raises(SettingsError, match="LOUYU_MEDIA_URL: the folder cannot be made"):
        open_objects(settings)


async def test_a_store_that_is_away_is_told_as_such() -> None:
    away = Objects(open_store(f"s3://louyu?endpoint=http://127.0.0.1:{free_port()}", "key", "secret"))

    with pytest.raises(Unavailable):
        await away.size("x")


@pytest.mark.parametrize(
    "url",
    [
        "/var/lib/louyu",
        "file://var/lib",
        "s3://bucket",
        "s3://bucket?endpoint=ftp://a",
        "s3://Bucket_?endpoint=https://a",
        "s3://bucket?endpoint=https://user:secret@host",
        "s3://bucket?endpoint=https://a&regin=b",
        "http://bucket",
    ],
)
def test_addresses_that_cannot_be_are_refused_with_the_mend_and_without_their_words(url: str) -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(MediaUrl).validate_python(url)

    assert "must look like file:///" in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file:///var/lib/louyu/media",
        "s3://bucket?endpoint=https://s3.example.org",
        "s3://bucket/a/b?endpoint=http://minio:9000&region=cn-north-1&style=virtual",
    ],
)
def test_good_addresses_are_taken(url: str) -> None:
    assert TypeAdapter(MediaUrl).validate_python(url) == url


class TestMessagingOnS3:
    """The whole way on a server that speaks S3."""

    @pytest.fixture
    def media_url(self, s3: str) -> str:
        return f"s3://louyu/whole?endpoint={s3}"

    async def test_a_photo_goes_in_and_out(self, messaging: Messaging) -> None:
        media = await messaging.upload(photo(), "up-1")
        await messaging.post("看", "1", media_ids=[media.id])

        _, data = await messaging.read(media.id, person("louzhang", "building_head"), group=GROUP_28)
        assert len(data) == media.size_bytes
