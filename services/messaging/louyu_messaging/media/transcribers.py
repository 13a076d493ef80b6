"""Transcribers: the plugins that put recordings into words, each within its time limit and behind its breaker."""

from __future__ import annotations

import logging
from datetime import timedelta

from louyu_sdk import Media as PluginMedia
from louyu_sdk import MediaKind, Recording
from louyu_sdk.host import PluginHost
from louyu_sdk.isolation import CallFailure
from louyu_sdk.loading import installed_entry_points, load_plugins
from louyu_sdk.plugin_state import PluginState
from prometheus_client import Counter

from louyu_messaging.media.chores import TranscriberFailed
from louyu_messaging.media.media import Media

logger = logging.getLogger(__name__)

FAILURES = Counter("louyu_transcriber_failures", "Calls of transcribers that failed.", ["plugin", "reason"])


class Transcribers:
    """The installed transcribers. Close at the end."""

    def __init__(self, plugins: PluginHost) -> None:
        self._plugins = plugins

    @property
    def are_there(self) -> bool:
        """Whether any plugin transcribes."""
        return bool(self._plugins.transcribers)

    async def transcribe(self, media: Media, sound: bytes) -> str | None:
        """Return the words of whoever is surest. Raises TranscriberFailed when nobody answered and somebody failed."""
        recording = Recording(
            media=PluginMedia(
                id=media.id,
                kind=MediaKind.VOICE,
                content_type=media.content_type,
                size_bytes=len(sound),
                duration=timedelta(milliseconds=media.duration_ms),
            ),
            data=sound,
        )
        found, has_failure = await self._plugins.transcribe(recording)
        if found is None and has_failure:
            raise TranscriberFailed
        return None if found is None else found.text

    def states(self) -> list[PluginState]:
        """Return the transcribers, the plugins left out, and those switched off."""
        return self._plugins.states("messaging")

    def close(self) -> None:
        """Let the worker threads end."""
        self._plugins.close()


def load_transcribers(switched_off: str) -> Transcribers:
    """Return the transcribers among the installed plugins; names in `switched_off` are separated by commas."""
    names = [name.strip() for name in switched_off.split(",") if name.strip()]
    return Transcribers(
        PluginHost(load_plugins(installed_entry_points(), switched_off=names, built_in={}), on_failure=_count)
    )


def _count(failure: CallFailure) -> None:
    FAILURES.labels(failure.plugin, failure.reason).inc()
