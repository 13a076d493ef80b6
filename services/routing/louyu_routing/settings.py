"""Settings of routing: the shared ones, and nothing of its own."""

from typing import ClassVar

from louyu_runtime.settings import CommonSettings


class RoutingSettings(CommonSettings):
    """What routing reads from the environment."""

    role: ClassVar[str] = "routing"
