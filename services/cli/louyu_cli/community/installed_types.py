"""Responders of an import file against the plugins that are installed here, by the check that routing makes.

For a file that is checked without a platform; a platform is asked itself, since other plugins may run there.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from louyu_cli.community.translating import Definitions


def responder_faults(definitions: Sequence[Definitions]) -> list[str]:
    """Return the faults of responders' types and settings, each with its line."""
    if not any(found.responders for found in definitions):
        return []
    # imported here: it brings routing's whole service along
    from louyu_routing import applying, requests
    from louyu_routing.main import load_all
    from louyu_runtime.errors import InvalidArgument
    from louyu_sdk.host import PluginHost

    async def work() -> list[str]:
        plugins = PluginHost(load_all(os.environ.get("LOUYU_PLUGINS_DISABLED", "")))
        await plugins.start()
        faults = []
        try:
            for found in definitions:
                try:
                    applying.check(plugins, [requests.responder(one) for one in found.responders])
                except InvalidArgument as error:
                    faults += [found.source.remote_fault(field, words) for field, words in error.violations]
        finally:
            plugins.close()
        return faults

    return asyncio.run(work())
