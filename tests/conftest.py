"""Fixtures that every kind of test shares: real databases, keys, clocks. Folders with one costly fixture stay on one worker."""

from collections.abc import Iterator

import grpc
import pytest

pytest_plugins = ["tests.platform.fixtures"]

# Each of these starts something for all of its tests: an installation, a trained classifier.
ON_ONE_WORKER = ("gateway", "classification")


@pytest.fixture(scope="session", autouse=True)
def grpc_stays_up() -> Iterator[None]:
    """Hold grpc.aio's poller: taking it down after one test while the next starts it can wait for itself for ever."""
    grpc.aio.init_grpc_aio()
    yield
    grpc.aio.shutdown_grpc_aio()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of such a folder together when they are divided among workers."""
    for item in items:
        if item.path.parent.name in ON_ONE_WORKER:
            item.add_marker(pytest.mark.xdist_group(item.path.parent.name))
