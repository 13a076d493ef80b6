"""The directory: whom a plan can ask, that is role holders of the question's group and responders of its community."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel

from louyu_sdk.bounds import (
    require_instance,
    require_key,
    require_member,
    require_span,
    require_text,
    require_tuple,
    require_unique,
)
from louyu_sdk.errors import InvalidField
from louyu_sdk.words import Role

Settings = TypeVar("Settings", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleHolder:
    """A person with a role in the group in which the question was asked."""

    person_id: str
    role: Role
    """Never RESIDENT: neighbours are asked together, not one by one."""
    name: str
    """The name shown in the group."""
    available: bool = True
    """False while the person is away; routing then asks the substitute, or goes on."""

    def __post_init__(self) -> None:
        require_text("RoleHolder.person_id", self.person_id, longest=64)
        require_member("RoleHolder.role", self.role, Role)
        if self.role is Role.RESIDENT:
            raise InvalidField("RoleHolder.role", "is resident; the directory lists no residents")
        require_text("RoleHolder.name", self.name, longest=64)
        require_instance("RoleHolder.available", self.available, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """A responder of the community: a property company, an inspection office, a squad."""

    id: str
    responder_type: str
    """Key of its responder type."""
    name: str
    """Such as `光熙物业`; 1 to 64 characters."""
    person_ids: tuple[str, ...] = ()
    """Its staff on the platform; may be empty, then it can be asked on channels that need no person."""
    building_keys: tuple[str, ...] = ()
    """The buildings it serves; empty means all of the community."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """From the community's file, as texts by name, validated by the section that `louyu_settings` gives; frozen."""

    def __post_init__(self) -> None:
        require_text("Responder.id", self.id, longest=64)
        require_key("Responder.responder_type", self.responder_type)
        require_text("Responder.name", self.name, longest=64)
        require_tuple("Responder.person_ids", self.person_ids, str)
        require_tuple("Responder.building_keys", self.building_keys, str)
        require_instance("Responder.settings", self.settings, Mapping)
        for name, value in self.settings.items():
            require_instance(f"Responder.settings.{name}", value, str)
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def settings_as(self, model: type[Settings]) -> Settings:
        """Return the settings as the plugin's own model; raises pydantic's ValidationError naming the field."""
        return model.model_validate(dict(self.settings))

    def serves(self, building_keys: Sequence[str]) -> bool:
        """Say whether it serves at least one of these buildings."""
        return not self.building_keys or not set(self.building_keys).isdisjoint(building_keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainTimes:
    """How long each link of the community's chain has to answer or acknowledge, from the community's file."""

    neighbours: timedelta = timedelta(minutes=5)
    building_head: timedelta = timedelta(minutes=30)
    liaison: timedelta = timedelta(hours=2)
    secretary: timedelta = timedelta(hours=24)
    """The last link: asked again after each such span, until a human closes the question."""

    def __post_init__(self) -> None:
        for name in ("neighbours", "building_head", "liaison", "secretary"):
            require_span(f"ChainTimes.{name}", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Whom a plan for one question can ask; frozen as it was when the question was opened."""

    community_id: str
    group_id: str
    role_holders: tuple[RoleHolder, ...] = ()
    """Of the group, in the order in which they are asked; may lack any role."""
    responders: tuple[Responder, ...] = ()
    """Of the community, whatever buildings they serve."""
    times: ChainTimes = ChainTimes()

    def __post_init__(self) -> None:
        require_text("Directory.community_id", self.community_id, longest=64)
        require_text("Directory.group_id", self.group_id, longest=64)
        require_tuple("Directory.role_holders", self.role_holders, RoleHolder)
        require_tuple("Directory.responders", self.responders, Responder)
        require_unique("Directory.responders", (responder.id for responder in self.responders))
        require_instance("Directory.times", self.times, ChainTimes)

    def holders(self, role: Role) -> tuple[RoleHolder, ...]:
        """Return the holders of this role in the group, in order; may be empty."""
        return tuple(holder for holder in self.role_holders if holder.role is role)

    def responders_for(self, responder_type: str, building_keys: Sequence[str]) -> tuple[Responder, ...]:
        """Return the responders of this type that serve one of these buildings; may be empty."""
        return tuple(
            one for one in self.responders if one.responder_type == responder_type and one.serves(building_keys)
        )
