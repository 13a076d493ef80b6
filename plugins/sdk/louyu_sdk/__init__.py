"""louyu's plugin SDK: hooks, frozen types, and what runs plugins so that none can take the platform down.

Plugin authors need this module, `louyu_sdk.hookspecs` for reading, and `louyu_sdk.testing` for their tests.
"""

from louyu_sdk.action import Acknowledge, Action, Answer, AskBack, Note, Refuse
from louyu_sdk.channel import (
    Channel,
    ChannelAccount,
    ChannelCapabilities,
    ChannelWithReceipts,
    Delivery,
    ErrorClass,
    JsonValue,
    Outcome,
    Recipient,
    RecipientKind,
    SendError,
    SendResult,
)
from louyu_sdk.directory import ChainTimes, Directory, Responder, RoleHolder
from louyu_sdk.errors import InvalidField
from louyu_sdk.example import Example
from louyu_sdk.markers import CONTRACT, hookimpl
from louyu_sdk.match import Match, Reason
from louyu_sdk.media import Media, Recording, Transcript
from louyu_sdk.message import Classification, Message
from louyu_sdk.plan import (
    Neighbours,
    Plan,
    ResponderById,
    RoleInGroup,
    Step,
    Supervision,
    WhatThen,
    Whom,
    closing_chain,
)
from louyu_sdk.question import Asker, ChangeKind, Question, QuestionChange
from louyu_sdk.responder_type import Capability, ResponderType, WorkKind
from louyu_sdk.settings import PluginSettings, SettingsSection, settings_faults
from louyu_sdk.words import Intent, MediaKind, QuestionState, Role, Urgency, Via

__all__ = [
    "CONTRACT",
    "Acknowledge",
    "Action",
    "Answer",
    "AskBack",
    "Asker",
    "Capability",
    "ChainTimes",
    "ChangeKind",
    "Channel",
    "ChannelAccount",
    "ChannelCapabilities",
    "ChannelWithReceipts",
    "Classification",
    "Delivery",
    "Directory",
    "ErrorClass",
    "Example",
    "Intent",
    "InvalidField",
    "JsonValue",
    "Match",
    "Media",
    "MediaKind",
    "Message",
    "Neighbours",
    "Note",
    "Outcome",
    "Plan",
    "PluginSettings",
    "Question",
    "QuestionChange",
    "QuestionState",
    "Reason",
    "Recipient",
    "RecipientKind",
    "Recording",
    "Refuse",
    "Responder",
    "ResponderById",
    "ResponderType",
    "Role",
    "RoleHolder",
    "RoleInGroup",
    "SendError",
    "SendResult",
    "SettingsSection",
    "Step",
    "Supervision",
    "Transcript",
    "Urgency",
    "Via",
    "WhatThen",
    "Whom",
    "WorkKind",
    "closing_chain",
    "hookimpl",
    "settings_faults",
]
