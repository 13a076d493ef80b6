"""Settings of routing: the shared ones, how long it remembers, and the words for emergencies."""

from typing import ClassVar

from louyu_runtime.settings import CommonSettings
from pydantic import Field


class RoutingSettings(CommonSettings):
    """What routing reads from the environment."""

    role: ClassVar[str] = "routing"

    heard_message_days: int = Field(
        default=90,
        ge=7,
        le=3650,
        description="How long it is known which question a message belongs to, once that has ended. 7 to 3650 days.",
    )
    ended_question_days: int = Field(
        default=365,
        ge=30,
        le=3650,
        description="How long after its end a question keeps its timeline, its steps and the names of people. 30 to 3650 days; "
        "question and answer stay.",
    )
    emergencies_file: str = Field(
        default="",
        description="Path of a YAML file with what is said in emergencies (docs/operators/emergencies.md). Empty: the "
        "built-in words.",
    )
