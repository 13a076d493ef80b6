"""Folders that PostgreSQL's account can reach, also when the tests run as root."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_path() -> Iterator[Path]:
    """A path for a data folder, in a folder that every account may pass through (pytest's own are closed)."""
    above = Path(tempfile.mkdtemp(prefix="louyu-"))
    above.chmod(0o711)
    yield above / "data"
    shutil.rmtree(above)


@pytest.fixture
def closed_data_path() -> Iterator[Path]:
    """A path for a data folder, in a folder that only its owner may pass through, as many home folders are."""
    above = Path(tempfile.mkdtemp(prefix="louyu-"))
    yield above / "data"
    files = above / "data" / "postgres"
    if files.is_symlink():
        shutil.rmtree(os.path.realpath(files))
    shutil.rmtree(above)
