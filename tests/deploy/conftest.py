"""The container engine and the image, for the tests marked `containers`."""

import gc
import os
import warnings
from collections.abc import Iterator

import docker
import pytest

from tests.deploy.chart import ROOT

# The reaper is one more image to be had; every container here is stopped by its own fixture.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

IMAGE = "louyu:tested"
PUBLIC_IMAGES = ("python:3.11-slim-bookworm", "postgres:18", "valkey/valkey:9")


def answering_engine() -> docker.DockerClient | None:
    """Return the container engine that DOCKER_HOST names, or the machine's own; None if none answers."""
    with warnings.catch_warnings():
        # The client leaves the socket of a connection that failed to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return docker.from_env()
        except docker.errors.DockerException:
            pass
        gc.collect()
    return None


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """A container engine with the public images that the tests need."""
    client = answering_engine()
    if client is None:
        pytest.skip("no container engine answers: start one, or name it in DOCKER_HOST")
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
