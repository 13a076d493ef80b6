"""The trained model on disk, so that a start need not train: found by what it was trained from and by.

The key covers every file of this package and the versions of the libraries, so that a changed word list or message
means training again and nobody has to clear anything. The file holds plain arrays, never Python objects: reading
it runs no code. It is only a saving: whatever is wrong with it, the model is trained anew.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np

from louyu_routing.classification.model import LinearModel

logger = logging.getLogger(__name__)

_PACKAGE: Final = Path(__file__).parent
_NAME: Final = "trained.npz"
# Whoever builds an image or a package trains once, into the package's own folder.
IN_THE_PACKAGE: Final = _PACKAGE / "data" / _NAME


def in_the_cache() -> Path:
    """Return where this account keeps its model: `louyu` in XDG_CACHE_HOME, which is `~/.cache` unless set."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "louyu" / _NAME


def training_key() -> str:
    """Return the digest of all that decides what a training gives."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for library in ("numpy", "scikit-learn", "scipy", "pyyaml"):
        digest.update(f"{library}={version(library)}\0".encode())
    return digest.hexdigest()


def read_model(path: Path, key: str) -> LinearModel | None:
    """Return the model kept at `path` under `key`; None where there is none, or one that cannot be used."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if arrays["key"].tobytes() != key.encode():
                return None
            return LinearModel.from_arrays(arrays)
    except FileNotFoundError:
        return None
    except (OSError, KeyError, ValueError, EOFError, BadZipFile) as error:
        logger.warning(
            "a kept model cannot be read and is trained anew", extra={"path": str(path), "error": str(error)}
        )
        return None


def keep_model(path: Path, key: str, model: LinearModel) -> None:
    """Write the model to `path`, whole or not at all. Raises OSError where that cannot be written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"key": np.frombuffer(key.encode(), dtype=np.uint8), **model.to_arrays()}
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{_NAME}.")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)
        unfinished.chmod(0o644)  # another account than the one that builds an image runs it
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink()
        raise


def _sources() -> Iterator[Path]:
    yield from _PACKAGE.glob("*.py")
    yield from (path for path in (_PACKAGE / "data").iterdir() if path.suffix in {".jsonl", ".yaml"})
