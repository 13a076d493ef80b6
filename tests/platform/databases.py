"""A program that runs PostgreSQL and Valkey in a folder until it is told to stop.

`python -m tests.platform.databases DIR [PostgreSQL's options]` prints one line of JSON with the URLs and the process
ids when both are ready.
"""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

from louyu_runtime.embedded.data_folder import DataFolder
from louyu_runtime.embedded.postgres import EmbeddedPostgres
from louyu_runtime.embedded.valkey import EmbeddedValkey
from louyu_runtime.supervisor import Supervisor


async def main(path: Path, *options: str) -> None:
    with DataFolder.open(path) as folder:
        keys = folder.keys
        postgres = EmbeddedPostgres(
            folder.path, password=keys.postgres_password, admin_password=keys.postgres_admin_password
        )
        valkey = EmbeddedValkey(folder.path, password=keys.valkey_password)
        postgres.prepare()
        server = postgres.child()
        server = replace(server, command=(*server.command, *options))
        valkey.prepare()
        async with Supervisor(folder.logs, lambda line: print(line, file=sys.stderr)) as supervisor:
            await supervisor.start(server, valkey.child())
            urls = {
                "postgres": postgres.url,
                "admin": postgres.admin_url,
                "redis": valkey.url,
                "signing_key_file": str(keys.signing_key_file),
                "data_keys_file": str(keys.data_keys_file),
                "lookup_key_file": str(keys.lookup_key_file),
                "postgres_pid": supervisor.pid("postgres"),
                "valkey_pid": supervisor.pid("valkey"),
            }
            print(json.dumps(urls), flush=True)
            await supervisor.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
