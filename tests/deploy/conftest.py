"""The container engine and the image, for the tests marked `containers`."""

import os
from collections.abc import Iterator

import docker
import pytest

from tests.deploy.chart import ROOT

# The reaper is one more image to be had; every container here is stopped by its own fixture.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

IMAGE = "louyu:tested"
PUBLIC_IMAGES = ("python:3.11-slim-bookworm", "postgres:18", "valkey/valkey:9")


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """A container engine with the public images that the tests need."""
    try:
        client = docker.from_env()
        client.ping()
    except docker.errors.DockerException as error:
        pytest.skip(f"no container engine answers (DOCKER_HOST): {error}")
    try:
        for name in PUBLIC_IMAGES:
            try:
                client.images.get(name)
            except docker.errors.ImageNotFound:
                client.images.pull(name)
        yield client
    except docker.errors.APIError as error:
        pytest.fail(
            f"the engine has no image {name} and cannot pull it; deploy/image/standins/make gives it one: {error}"
        )
    finally:
        client.close()


@pytest.fixture(scope="session")
def image(engine: docker.DockerClient) -> str:
    """The image built from this checkout."""
    wheels = any((ROOT / "deploy" / "image" / "wheels").glob("*.whl"))
    arguments = {"PIP_NO_INDEX": "1"} if wheels else {}
    try:
        engine.images.build(
            path=str(ROOT), dockerfile="deploy/image/Containerfile", tag=IMAGE, buildargs=arguments, rm=True
        )
    except docker.errors.BuildError as error:
        pytest.fail("".join(line.get("stream", "") for line in error.build_log)[-4000:])
    return IMAGE
