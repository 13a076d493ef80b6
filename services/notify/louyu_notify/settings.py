"""Settings of notify: the shared ones, of which it needs a key where it keeps access tokens."""

from typing import ClassVar

from louyu_runtime.settings import CommonSettings


class NotifySettings(CommonSettings):
    """What notify reads from the environment."""

    role: ClassVar[str] = "notify"

    def faults(self) -> list[str]:
        """The shared faults, and the key that seals access tokens of the accounts in the channels file."""
        faults = super().faults()
        if self.channels_file and not self.data_keys.get_secret_value():
            faults.append("LOUYU_DATA_KEYS: missing; with LOUYU_CHANNELS_FILE set it is needed to keep access tokens")
        return faults
