"""Fixtures that every kind of test shares: real databases, keys, clocks. Tests of one costly fixture stay on one worker."""

from collections.abc import Iterator

import grpc
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["tests.platform.fixtures"]

# Each of these starts something for all of its tests: an installation, a trained classifier, an image.
ON_ONE_WORKER = ("tests/gateway/", "tests/classification/", "tests/deploy/test_containers.py")


@pytest.fixture(scope="session", autouse=True)
def grpc_stays_up() -> Iterator[None]:
    """Hold grpc.aio's poller: taking it down after one test while the next starts it can wait for itself for ever."""
    grpc.aio.init_grpc_aio()
    yield
    grpc.aio.shutdown_grpc_aio()


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no type information
    """Keeps the tests of such a place together, which begin first; all others go wherever there is room.

    Marks of xdist's own (`xdist_group`) do not do it: xdist 3.8 writes them into what pytest 9.2 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in ON_ONE_WORKER if nodeid.startswith(place)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Called by xdist when tests are divided among workers."""
    return Together(config, log)
