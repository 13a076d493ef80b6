"""Checking a folder: every check of the contract on every plugin that its project file declares."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from louyu_sdk.testing.contract import CHECKS
from louyu_sdk.testing.source import plugins_at


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found of one plugin; `fault` is empty when all is good."""

    plugin: str
    check: str
    fault: str

    def __str__(self) -> str:
        return (
            f"wrong  {self.plugin}: {self.check}: {self.fault}" if self.fault else f"good   {self.plugin}: {self.check}"
        )


def check_folder(folder: Path) -> Iterator[Finding]:
    """Yield the finding of each check as it is made. Raises ContractBroken for a folder without plugin."""
    for name, plugin in plugins_at(folder).items():
        for check in CHECKS:
            try:
                check(plugin)
            except Exception as error:  # whatever a plugin raises is what its author wants to see
                yield Finding(name, check.name, str(error) or type(error).__name__)
            else:
                yield Finding(name, check.name, "")
