"""Errors of the SDK.

    SdkError
    ├── InvalidField         a value of a public type breaks its bounds: its maker must mend it; no use trying again
    ├── ContractBroken       a plugin does or returns what the contract forbids: the plugin's author must mend it
    └── CallFailed           one call of one hook came to nothing; louyu goes on without that plugin
        ├── PluginRaised     the implementation raised; `__cause__` is its error
        ├── ResultRefused    the implementation returned what the hook does not allow; `__cause__` says what
        ├── PluginTooSlow    the time limit of the hook passed
        ├── PluginBusy       the plugin's threads are taken and its queue is full
        └── PluginLeftOut    the breaker is open, or all threads hang; the implementation was not called

None of these texts is meant for residents.
"""


class SdkError(Exception):
    """Every error this package raises on purpose."""


class InvalidField(SdkError, ValueError):
    """A field breaks its bounds; the text begins with the field, as in `Match.score: ...`."""

    def __init__(self, field: str, fault: str) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


class ContractBroken(SdkError):
    """A plugin does what the contract forbids; the text says what, where, and what to write instead."""


class CallFailed(SdkError):
    """One call of one hook of one plugin came to nothing."""

    reason = "failed"
    """Constant word for metrics and pages."""


class PluginRaised(CallFailed):
    """The implementation raised."""

    reason = "raised"


class ResultRefused(CallFailed):
    """The implementation returned something that its hook does not allow."""

    reason = "refused"


class PluginTooSlow(CallFailed):
    """The implementation did not return within the time limit; its thread may still be running."""

    reason = "too_slow"


class PluginBusy(CallFailed):
    """Too many calls of this plugin are under way already."""

    reason = "busy"


class PluginLeftOut(CallFailed):
    """The breaker of this plugin is open after repeated failures, or each of its threads hangs in a call."""

    reason = "left_out"
