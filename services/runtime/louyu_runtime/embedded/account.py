"""The account that PostgreSQL runs as, and which folders that account can reach.

PostgreSQL refuses to run as root. Started by root, it therefore runs as an account that exists everywhere and owns
nothing; no account is made or changed. Started by anybody else, it runs as that person.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from louyu_runtime.embedded.errors import DatabaseFilesUnusable

_UNPRIVILEGED = ("nobody", "daemon")
_SYSTEM_FOLDERS = (Path("/var/lib/louyu"), Path("/srv/louyu"), Path("/opt/louyu"))
"""Where things go that the account cannot reach in place. Never a folder for temporary files: those are swept."""


@dataclass(frozen=True)
class Account:
    """Another account than the caller's, to run a program as."""

    name: str
    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        """Give it `path`. Raises DatabaseFilesUnusable where the caller is root in name only."""
        try:
            os.chown(path, self.uid, self.gid)
        except OSError as error:
            raise DatabaseFilesUnusable(
                f"PostgreSQL refuses to run as root, and {path} cannot be given to the account {self.name}: "
                f"{error.strerror}.",
                "start as an ordinary user.",
            ) from error

    def can_enter(self, folder: Path) -> bool:
        """Whether it may pass through `folder` and all above it."""
        return self._succeeds("/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder))

    def can_run(self, program: Path) -> bool:
        """Whether it may run `program`, which understands `--version`."""
        return self._succeeds(str(program), "--version")

    def _succeeds(self, *command: str) -> bool:
        try:
            done = subprocess.run(
                command,
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                timeout=30,
                check=False,
            )
        except OSError:
            return False
        return done.returncode == 0


def account_for(files: Path) -> Account | None:
    """Return the account to run PostgreSQL as; None means the caller's own.

    `files` is the folder of the database files: once they exist, root runs them as whoever owns them.
    """
    caller = os.geteuid()
    owner = files.stat().st_uid if files.exists() else None
    if caller != 0:
        if owner not in (None, caller):
            raise DatabaseFilesUnusable(
                f"The database files in {files} belong to another account (id {owner}).",
                "start as the account that started it first, or choose another folder with --data DIR.",
            )
        return None
    if owner:
        return Account(_name_of(owner), owner, files.stat().st_gid)
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise DatabaseFilesUnusable(
        f"PostgreSQL refuses to run as root, and there is no account {' or '.join(_UNPRIVILEGED)} to run it as.",
        "start as an ordinary user.",
    )


def reachable_folder(account: Account) -> Path:
    """Return a lasting folder of the system that root may write and `account` may enter, made if need be."""
    for folder in _SYSTEM_FOLDERS:
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK) and account.can_enter(folder):
            return folder
    tried = ", ".join(str(folder) for folder in _SYSTEM_FOLDERS)
    raise DatabaseFilesUnusable(
        f"PostgreSQL refuses to run as root, and the account {account.name} can reach neither this installation nor "
        f"any of {tried}.",
        "start as an ordinary user, or put the checkout and its data where every account may enter (mode 755).",
    )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
