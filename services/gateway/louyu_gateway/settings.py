"""The gateway's settings: the shared ones, and what only the edge needs."""

from typing import ClassVar

from louyu_runtime.settings import CommonSettings
from pydantic import Field


class GatewaySettings(CommonSettings):
    """What the gateway reads from the environment."""

    role: ClassVar[str] = "gateway"

    session_hours: int = Field(
        default=12, ge=1, le=168, description="How long staff stay signed in, 1 to 168 hours. Residents stay 30 days."
    )
    live_limit: int = Field(
        default=10_000,
        ge=1,
        le=200_000,
        description="How many pages and screens one replica keeps supplied with live updates; others read by themselves.",
    )
