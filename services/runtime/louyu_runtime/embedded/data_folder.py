"""The data folder of one installation (`.louyu/`): who may use it now, what lies in it, how others find it.

    lock                who works on the folder; held by `flock` for the life of `louyu up`
    secrets/            keys and passwords, see `keys`
    postgres/           the database files; a link when they have to lie elsewhere, see `postgres`
    valkey/             the event streams' append-only file
    logs/NAME.log       what each child process printed
    run/settings.json   while it is up: the settings by which other commands reach it

Everything but the folder itself is closed to other accounts. The folder can be entered by them, not listed, because
PostgreSQL may have to run as another account than the person who starts it.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from louyu_runtime.embedded.errors import DataFolderInUse, DataFolderNotWritable, NotRunning, TooLittleSpace
from louyu_runtime.embedded.keys import Keys, load_keys
from louyu_runtime.embedded.private_file import write_private_file

MINIMUM_FREE_BYTES = 300 * 1024 * 1024
"""A new installation takes about 80 MB; the rest is room for the write-ahead log of a busy evening."""


class DataFolder:
    """An opened data folder: locked, laid out and with its keys. Close it, or use it as a context manager."""

    def __init__(self, path: Path, lock: int, keys: Keys) -> None:
        self.path = path
        self.keys = keys
        self.logs = path / "logs"
        self.postgres = path / "postgres"
        self.valkey = path / "valkey"
        self._run = path / "run"
        self._lock = lock

    @classmethod
    def open(cls, path: Path, *, minimum_free_bytes: int = MINIMUM_FREE_BYTES) -> Self:
        """Make the folder if need be and take it for this process.

        Raises DataFolderNotWritable, TooLittleSpace, DataFolderInUse, KeysMissing.
        """
        path = path.expanduser().absolute()
        try:
            _lay_out(path)
            lock = _take_lock(path)
        except OSError as error:
            raise DataFolderNotWritable(
                f"The data folder {path} cannot be used: {error.strerror or error}.",
                "make it writable for your account, or choose another folder with --data DIR.",
            ) from error
        try:
            refuse_little_space(path, minimum_free_bytes)
            keys = load_keys(path / "secrets", may_make=not (path / "postgres").exists())
        except BaseException:
            os.close(lock)
            raise
        return cls(path, lock, keys)

    def publish(self, settings: Mapping[str, str], *, secret: Mapping[str, str]) -> None:
        """Tell other commands that the installation is up, and how to reach it.

        `settings` are names and values (`LOUYU_PUBLIC_URL`); those in `secret` (`LOUYU_DATABASE_URL`) go into files
        of their own and are named by `<NAME>_FILE`.
        """
        published = dict(settings) | self.secret_files(secret)
        write_private_file(self._run / "settings.json", json.dumps(published, indent=2) + "\n")

    def secret_files(self, secret: Mapping[str, str]) -> dict[str, str]:
        """Write each value into a private file under `run/` and return the settings `<NAME>_FILE` that name them."""
        files = {}
        for name, value in secret.items():
            file = self._run / name.lower()
            write_private_file(file, value)
            files[f"{name}_FILE"] = str(file)
        return files

    def key_settings(self) -> dict[str, str]:
        """Return the settings that give a service this installation's keys."""
        return {
            "LOUYU_SIGNING_KEY_FILE": str(self.keys.signing_key_file),
            "LOUYU_DATA_KEYS_FILE": str(self.keys.data_keys_file),
            "LOUYU_LOOKUP_KEY_FILE": str(self.keys.lookup_key_file),
        }

    def close(self) -> None:
        """Withdraw what was published and give the folder free."""
        for file in self._run.iterdir():
            file.unlink()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def running_settings(path: Path) -> dict[str, str]:
    """Return what the installation running on this data folder has published. Raises NotRunning."""
    path = path.expanduser().absolute()
    not_running = NotRunning(
        f"No installation runs on the data folder {path}.",
        "start it with ./dev up, or name its folder in LOUYU_DATA_DIR.",
    )
    try:
        lock = os.open(path / "lock", os.O_RDONLY)
    except OSError as error:
        raise not_running from error
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pass  # somebody holds it: the installation is alive
    else:
        raise not_running
    finally:
        os.close(lock)
    try:
        return dict(json.loads((path / "run" / "settings.json").read_text("utf-8")))
    except FileNotFoundError as error:
        raise NotRunning(
            f"The installation on {path} is still starting.", "try again when it has printed its addresses."
        ) from error


def refuse_little_space(path: Path, minimum_free_bytes: int = MINIMUM_FREE_BYTES) -> None:
    """Raise TooLittleSpace when the disk that holds `path` has less than this free."""
    free = shutil.disk_usage(path).free
    if free < minimum_free_bytes:
        raise TooLittleSpace(
            f"Only {free // 2**20} MB are free where {path} lies; {minimum_free_bytes // 2**20} MB are needed.",
            "free some space, or choose a folder on another disk with --data DIR.",
        )


def _lay_out(path: Path) -> None:
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(0o711)  # whatever the umask: see the module's docstring
    for name in ("secrets", "logs", "run", "valkey"):
        (path / name).mkdir(mode=0o700, exist_ok=True)


def _take_lock(path: Path) -> int:
    """Return the descriptor that holds the lock; child processes do not inherit it."""
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + 0.5  # other commands hold it for an instant, to see whether anybody does
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = os.pread(lock, 200, 0).decode(errors="replace").strip() or "another process"
                os.close(lock)
                raise DataFolderInUse(
                    f"The data folder {path} is in use by {holder}.",
                    "stop that one with Ctrl-C, or choose another folder with --data DIR.",
                ) from None
            time.sleep(0.02)
        except OSError:
            os.close(lock)
            raise
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"process {os.getpid()}, started {time.strftime('%Y-%m-%d %H:%M:%S')}".encode(), 0)
    return lock
