"""Settings of messaging: the shared ones, of which it needs the keys for personal data."""

from typing import ClassVar

from louyu_runtime.settings import CommonSettings


class MessagingSettings(CommonSettings):
    """What messaging reads from the environment."""

    role: ClassVar[str] = "messaging"

    def faults(self) -> list[str]:
        """The shared faults, and keys that are missing."""
        missing = [name for name in ("data_keys", "lookup_key") if not getattr(self, name).get_secret_value()]
        return super().faults() + [f"LOUYU_{name.upper()}: missing; `louyu secrets init` makes one" for name in missing]
