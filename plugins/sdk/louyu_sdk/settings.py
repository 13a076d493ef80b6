"""Settings of plugins: typed models for what a community's file says under a responder's `settings`."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from louyu_sdk.bounds import require_key
from louyu_sdk.errors import InvalidField


class PluginSettings(BaseModel):
    """Base of a plugin's settings models: frozen, and unknown names are errors.

    Every field needs a default and must be readable from text, such as `"90"` or `"true"`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSection:
    """The model for the settings of one responder type."""

    responder_type: str
    """Key of one of the plugin's own responder types."""
    model: type[PluginSettings]

    def __post_init__(self) -> None:
        require_key("SettingsSection.responder_type", self.responder_type)
        if not (isinstance(self.model, type) and issubclass(self.model, PluginSettings)):
            raise InvalidField("SettingsSection.model", "must be a class derived from PluginSettings")


def settings_faults(section: SettingsSection, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is wrong with the values, one line each, beginning with its name; empty if all is well.

    The values themselves are not repeated, for they may be secrets.
    """
    try:
        section.model.model_validate(dict(values))
    except ValidationError as error:
        there_are = f"there is no such setting; there are {', '.join(section.model.model_fields) or 'none'}"
        return tuple(
            f"{'.'.join(str(part) for part in fault['loc']) or 'settings'}: "
            + (there_are if fault["type"] == "extra_forbidden" else fault["msg"])
            for fault in error.errors(include_input=False, include_url=False)
        )
    return ()
