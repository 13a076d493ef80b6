"""`louyu doctor` and the store of photos and recordings: a folder or bucket that messaging could not use is told."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from louyu_cli.checks.media import check_media
from louyu_runtime.embedded.ports import free_port
from moto.server import ThreadedMotoServer

KEYS = {"LOUYU_MEDIA_ACCESS_KEY": "key-of-doctor", "LOUYU_MEDIA_SECRET_KEY": "secret-of-doctor"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Address of an S3 server that has no bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


async def test_without_a_store_nothing_is_wrong() -> None:
    found = await check_media({})
    assert "none is named here" in found.text
    assert not found.advice


async def test_a_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    found = await check_media({"LOUYU_MEDIA_URL": tmp_path.as_uri()})

    assert not found.advice
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "照片"

    found = await check_media({"LOUYU_MESSAGING_MEDIA_URL": folder.as_uri()})

    assert found.text == f"there is no folder {folder} here"
    assert found.advice
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder in which not even root makes files")
async def test_a_folder_that_cannot_be_written_is_told() -> None:
    found = await check_media({"LOUYU_MEDIA_URL": "file:///sys"})

    assert "the folder /sys cannot be written" in found.text
    assert "let the user of messaging write there" in found.advice


async def test_an_address_that_is_none_is_told() -> None:
    assert "no address of a store" in (await check_media({"LOUYU_MEDIA_URL": "ftp://photos"})).text


async def test_a_bucket_that_is_missing_or_away_is_told_without_the_keys(s3: str) -> None:
    missing = await check_media({"LOUYU_MEDIA_URL": f"s3://photos?endpoint={s3}", **KEYS})
    away = await check_media({"LOUYU_MEDIA_URL": f"s3://photos?endpoint=http://127.0.0.1:{free_port()}", **KEYS})

    assert "the bucket photos is not there" in missing.text
    assert "the bucket photos cannot be reached" in away.text
    for found in (missing, away):
        assert "LOUYU_MEDIA_URL" in found.advice
        assert "of-doctor" not in found.text + found.advice


async def test_a_bucket_that_is_there_is_tried_with_the_keys(s3: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="key-of-doctor",
        aws_secret_access_key="secret-of-doctor",
    )
    client.create_bucket(Bucket="louyu")

    found = await check_media({"LOUYU_MEDIA_URL": f"s3://louyu/photos?endpoint={s3}&region=us-east-1", **KEYS})

    assert not found.advice
    assert client.list_objects_v2(Bucket="louyu")["KeyCount"] == 0
    client.close()


class Refusing(BaseHTTPRequestHandler):
    """Answers as S3 does to keys that it does not know."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(403)
        self.end_headers()

    do_DELETE = do_PUT

    def log_message(self, *_: object) -> None:
        pass


async def test_keys_that_the_bucket_refuses_are_told() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}"

        found = await check_media({"LOUYU_MEDIA_URL": f"s3://photos?endpoint={address}", **KEYS})
        server.shutdown()

    assert found.text == "the bucket photos refuses the keys"
    assert "LOUYU_MEDIA_SECRET_KEY" in found.advice
