"""The channels file: can be used, with every file and environment variable that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from louyu_runtime.channels_file import ChannelsFileError, read_channels_file
from louyu_runtime.settings import setting_value

from louyu_cli.checks.finding import Finding
from louyu_cli.role_settings import settings_class_of

_MEND = "correct it; what it takes from the environment must be set for gateway and notify, and for this command"


def check_channels_file(environ: Mapping[str, str]) -> list[Finding]:
    """Read the file as gateway and notify do: a finding for each fault, one when there is none."""
    paths = {role: setting_value(settings_class_of(role), "channels_file", environ) for role in ("gateway", "notify")}
    if len(set(paths.values())) > 1:
        return [Finding("channels file", "gateway and notify are given different ones", "give both the same")]
    path = paths["gateway"]
    if not path:
        return [Finding("channels file", "none is named: no accounts at outside providers")]
    try:
        channels = read_channels_file(Path(path), environ)
    except ChannelsFileError as error:
        return [Finding("channels file", fault, _MEND) for fault in error.faults]
    names = ", ".join(account.name for account in channels.accounts)
    return [Finding("channels file", f"{len(channels.accounts)} accounts: {names}")]
