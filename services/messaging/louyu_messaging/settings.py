"""Settings of messaging: the shared ones, of which it needs the keys for personal data and the store of media."""

from typing import ClassVar

from louyu_runtime.settings import CommonSettings
from pydantic import Field


class MessagingSettings(CommonSettings):
    """What messaging reads from the environment."""

    role: ClassVar[str] = "messaging"

    media_processes: int = Field(
        default=1,
        ge=1,
        le=16,
        description="In how many processes photos and recordings are decoded, 1 to 16; each may take 768 MiB for a moment.",
    )

    def faults(self) -> list[str]:
        """The shared faults, and keys that are missing."""
        missing = [name for name in ("data_keys", "lookup_key") if not getattr(self, name).get_secret_value()]
        faults = [f"LOUYU_{name.upper()}: missing; `louyu secrets init` makes one" for name in missing]
        if self.media_url.startswith("s3:"):
            faults += [
                f"LOUYU_{name.upper()}: missing; LOUYU_MEDIA_URL names a store that needs it"
                for name in ("media_access_key", "media_secret_key")
                if not getattr(self, name).get_secret_value()
            ]
        return super().faults() + faults
