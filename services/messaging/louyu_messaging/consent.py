"""Consent: the version of the text that somebody who joins agrees to.

The text itself is shown by the gateway, which asks for the version before it shows it. Each consent is recorded with
its version and never changed.
"""

from louyu_runtime.errors import InvalidArgument

from louyu_messaging.errors import ConsentOutdated

CURRENT_VERSION = "2026-11b"
PURPOSE_JOINING = "joining"


def check_version(version: str) -> None:
    """Raise InvalidArgument when none is given, ConsentOutdated when it is not the current one."""
    if not version:
        raise InvalidArgument(
            "consent_version is missing: show the text, then send the version that was agreed to",
            field="consent_version",
            reason="CONSENT_MISSING",
            resident_text="请先阅读并同意告知书。",
        )
    if version != CURRENT_VERSION:
        raise ConsentOutdated(CURRENT_VERSION)
