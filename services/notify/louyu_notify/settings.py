"""Settings of notify: the shared ones, of which it needs a key where it keeps access tokens; how long it remembers."""

from typing import ClassVar

from louyu_runtime.settings import CommonSettings
from pydantic import Field


class NotifySettings(CommonSettings):
    """What notify reads from the environment."""

    role: ClassVar[str] = "notify"

    delivery_text_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="How long a delivery that has ended keeps its words; without them it cannot be sent again. 1 to 3650 days.",
    )
    delivery_days: int = Field(
        default=180,
        ge=150,
        le=3650,
        description="How long it is known to whom what was sent, when, by which channel. 150 to 3650 days; the rules for text "
        "messages ask for five months.",
    )
    announcement_days: int = Field(
        default=365,
        ge=30,
        le=3650,
        description="How long after it has run out an announcement is kept with its ledger. 30 to 3650 days.",
    )

    def faults(self) -> list[str]:
        """The shared faults, and the key that seals access tokens of the accounts in the channels file."""
        faults = super().faults()
        if self.channels_file and not self.data_keys.get_secret_value():
            faults.append("LOUYU_DATA_KEYS: missing; with LOUYU_CHANNELS_FILE set it is needed to keep access tokens")
        return faults
