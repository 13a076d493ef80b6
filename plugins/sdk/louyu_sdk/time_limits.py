"""Time limits: how long one call of each hook may take. The hook's docstring and page say the same; a test compares."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

HOOK_TIME_LIMITS: Mapping[str, timedelta] = MappingProxyType(
    {
        "louyu_responder_types": timedelta(seconds=5),
        "louyu_settings": timedelta(seconds=5),
        "louyu_channels": timedelta(seconds=5),
        "louyu_transcribe": timedelta(seconds=30),
        "louyu_classify": timedelta(seconds=1),
        "louyu_match": timedelta(milliseconds=500),
        "louyu_plan": timedelta(seconds=1),
        "louyu_question_changed": timedelta(seconds=5),
    }
)

SEND_TIME_LIMIT = timedelta(seconds=10)
"""For one batch through `Channel.send`, and for one call of `ChannelWithReceipts.receipts`."""

IMPORT_TIME_LIMIT = timedelta(seconds=20)
"""For the import of a plugin's module at the start."""
