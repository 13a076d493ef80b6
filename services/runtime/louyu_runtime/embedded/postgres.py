"""An embedded PostgreSQL: database files in the data folder, one server on the loopback address.

A commit is on the disk when it returns (fsync and synchronous_commit stay on), as on any real installation. The files
appear whole: a first start that is interrupted leaves nothing that a later one would take for a database. They lie in
`<folder>/postgres`; where PostgreSQL's account cannot reach that (see `account`), it is a link to a folder of the
system, told by `files_elsewhere`.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from louyu_runtime.embedded.account import Account, account_for, reachable_folder
from louyu_runtime.embedded.child import Child
from louyu_runtime.embedded.data_folder import refuse_little_space
from louyu_runtime.embedded.errors import DatabaseFilesUnusable
from louyu_runtime.embedded.leftovers import end_leftovers
from louyu_runtime.embedded.parent_death import tied_to_me
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.embedded.postgres_binaries import MAJOR_VERSION, binaries_for
from louyu_runtime.embedded.readiness import postgres_ready

_SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes only, and nobody needs one here
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",  # compiling costs more than it gains on queries of a millisecond
    "max_connections": "200",  # four services with their pools, and tests beside them
    "shared_buffers": "192MB",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",  # two cores, many small queries
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "cluster_name": "louyu",
}
_INITDB_OPTIONS = (
    "--username=postgres",
    "--auth=reject",  # until the passwords are set
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # sorts the same on every machine, whatever its C library
    "--builtin-locale=C.UTF-8",
)
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # nothing of PG*, and no secrets of the services
_ACCESS = "host all all 127.0.0.1/32 scram-sha-256\n"


class EmbeddedPostgres:
    """The PostgreSQL server of one data folder. `prepare()` first, then run `child()` under the supervisor."""

    def __init__(self, folder: Path, *, password: str, admin_password: str) -> None:
        self.files = folder / "postgres"
        self.port = free_port()
        self._password = password
        self._admin_password = admin_password

    @property
    def url(self) -> str:
        """How the services connect: as role `louyu`, which owns the database `louyu` and may create roles."""
        return f"postgresql://louyu:{self._password}@127.0.0.1:{self.port}/louyu"

    @property
    def admin_url(self) -> str:
        """How backup, repair and tests connect: as the superuser."""
        return f"postgresql://postgres:{self._admin_password}@127.0.0.1:{self.port}/postgres"

    @property
    def files_elsewhere(self) -> Path | None:
        """Where the database files are if not in the data folder. To remove an installation, remove both."""
        return self.files.resolve() if self.files.is_symlink() else None

    def prepare(self) -> None:
        """Make the database files at the first start; blocks for about a second then. Raises CannotStart."""
        if self.files.is_symlink() and not self.files.exists():
            raise DatabaseFilesUnusable(
                f"The database files of this installation are missing: {self.files} leads to {self.files.readlink()}.",
                "put them back from your backup, or start afresh in another folder with --data DIR.",
            )
        account = account_for(self.files)
        if not self.files.exists():
            self._create(account)
        version = (self.files / "PG_VERSION").read_text().strip()
        if version != str(MAJOR_VERSION):
            raise DatabaseFilesUnusable(
                f"The database files in {self.files} are of PostgreSQL {version}; this version of louyu has "
                f"PostgreSQL {MAJOR_VERSION}.",
                "start the version of louyu that made them, or start afresh in another folder with --data DIR.",
            )
        files = self.files.resolve()
        if account and not account.can_enter(files):
            raise DatabaseFilesUnusable(
                f"PostgreSQL refuses to run as root, and the account {account.name} can no longer enter {files}.",
                "allow entering the folders above it (chmod a+x), or start as an ordinary user.",
            )
        refuse_little_space(files)

    def child(self) -> Child:
        """Return the server as a child for the supervisor. Call `prepare()` before."""
        account = account_for(self.files)
        files = self.files.resolve()
        settings = _SERVER_SETTINGS | {"port": str(self.port)}
        return Child(
            name="postgres",
            command=(
                str(binaries_for(account) / "postgres"),
                *("-D", str(files)),
                *(f"--{name}={value}" for name, value in settings.items()),
            ),
            env=_ENVIRONMENT,
            cwd=files,
            account=account,
            ready=lambda: postgres_ready(self.url),
            ready_within_seconds=600,  # replaying the log after a crash may take minutes
            clear_leftovers=lambda: _clear_leftovers(files),
            stop_signal=signal.SIGINT,  # "fast" shutdown: ends sessions, writes a checkpoint
            orphan_signal=signal.SIGINT,
        )

    def _create(self, account: Account | None) -> None:
        folder = self.files.parent
        for unfinished in folder.glob("postgres.new-*"):
            shutil.rmtree(unfinished)
        outside = account is not None and not account.can_enter(folder)
        home = reachable_folder(account) if account and outside else folder
        refuse_little_space(home)
        new = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=home))
        try:
            if account:
                account.owns(new)
            self._initialise(new, account)
        except BaseException:
            shutil.rmtree(new)
            raise
        if outside:
            lasting = home / f"database-{secrets.token_hex(8)}"
            new.rename(lasting)
            self.files.symlink_to(lasting)
        else:
            new.rename(self.files)

    def _initialise(self, new: Path, account: Account | None) -> None:
        binaries = binaries_for(account)
        _run(
            account,
            [str(binaries / "initdb"), "-D", str(new), *_INITDB_OPTIONS],
        )
        (new / "pg_hba.conf").write_text(_ACCESS)
        # Single-user mode: each line is one command, and no connection is possible before the passwords are set.
        _run(
            account,
            [str(binaries / "postgres"), "--single", "-D", str(new), "-c", "exit_on_error=on", "postgres"],
            f"ALTER ROLE postgres PASSWORD '{self._admin_password}'\n"
            f"CREATE ROLE louyu LOGIN CREATEROLE PASSWORD '{self._password}'\n"
            "CREATE DATABASE louyu OWNER louyu\n",
        )


def _run(account: Account | None, command: list[str], text: str = "") -> None:
    done = subprocess.run(
        tied_to_me(command, account=account, orphan_signal=signal.SIGKILL),
        input=text,
        env=_ENVIRONMENT,
        cwd="/",
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        reason = next((line for line in said if "error:" in line or "FATAL:" in line), said[-1])
        raise DatabaseFilesUnusable(
            f"PostgreSQL could not make its database files: {reason}",
            "see that the disk is sound and has space, or choose another folder with --data DIR.",
        )


def _clear_leftovers(files: Path) -> None:
    """End servers still running on these files, and remove the lock file that a killed one leaves.

    PostgreSQL itself would refuse to start when that file's process id meanwhile belongs to some other program.
    """
    lock_file = files / "postmaster.pid"
    try:
        postmaster = int(lock_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        postmaster = -1
    end_leftovers(files, "postgres", asked_with=signal.SIGINT, is_leader=lambda pid: pid == postmaster)
    with contextlib.suppress(FileNotFoundError):
        lock_file.unlink()
