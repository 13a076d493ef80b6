"""A program that runs both databases and a plain child on a data folder, to be stopped and killed by the tests.

`python -m tests.embedded.installation DIR [sentinel]` prints `up` and the process ids of its children as one line of
JSON, runs until a signal comes, and prints `stopped`. With `sentinel` it does without the kernel's help for orphans.
"""

import asyncio
import json
import sys
from pathlib import Path

from louyu_runtime.embedded import parent_death
from louyu_runtime.embedded.data_folder import DataFolder
from louyu_runtime.embedded.postgres import EmbeddedPostgres
from louyu_runtime.embedded.valkey import EmbeddedValkey
from louyu_runtime.supervisor import Child, Supervisor


def databases(folder: DataFolder) -> tuple[EmbeddedPostgres, EmbeddedValkey]:
    """Return the two databases of this folder, prepared."""
    keys = folder.keys
    postgres = EmbeddedPostgres(
        folder.path, password=keys.postgres_password, admin_password=keys.postgres_admin_password
    )
    valkey = EmbeddedValkey(folder.path, password=keys.valkey_password)
    postgres.prepare()
    valkey.prepare()
    return postgres, valkey


def say(line: str) -> None:
    """Tell it to the test that reads this program's output."""
    print(line, flush=True)


async def main(path: Path) -> None:
    with DataFolder.open(path) as folder:
        async with Supervisor(folder.logs, say) as supervisor:
            postgres, valkey = databases(folder)
            await supervisor.start(postgres.child(), valkey.child())
            await supervisor.start(Child("service", ("/bin/sleep", "600")))
            folder.publish({"LOUYU_REDIS_URL": valkey.url}, secret={"LOUYU_DATABASE_URL": postgres.url})
            pids = {name: supervisor.pid(name) for name in ("postgres", "valkey", "service")}
            say(f"up {json.dumps(pids)}")
            await supervisor.wait()
        say("stopped")


if __name__ == "__main__":
    if "sentinel" in sys.argv:
        parent_death.KERNEL_ENDS_ORPHANS = False
    asyncio.run(main(Path(sys.argv[1])))
