"""The settings classes of the services, found by role as `louyu serve` finds them, and names that none of them reads."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from louyu_runtime.setting_spelling import unknown_settings
from louyu_runtime.settings import ROLES, CommonSettings, SettingsError, known_names


def settings_class_of(role: str) -> type[CommonSettings]:
    """Return the class that this role's service reads its settings into."""
    found: type[CommonSettings] = getattr(importlib.import_module(f"louyu_{role}.settings"), f"{role.title()}Settings")
    return found


def refuse_unknown_settings(environ: Mapping[str, str]) -> None:
    """Raise SettingsError naming every LOUYU_ variable that neither a service nor a command reads."""
    faults = unknown_settings(environ, known_names(*map(settings_class_of, ROLES)))
    if faults:
        raise SettingsError(faults)
