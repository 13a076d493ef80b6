"""One plugin under test: loaded alone, called through the same isolation that services use."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from louyu_sdk.action import Action
from louyu_sdk.directory import Directory
from louyu_sdk.errors import CallFailed, ContractBroken, ResultRefused
from louyu_sdk.example import Example
from louyu_sdk.isolation import CallFailure, IsolatedCalls
from louyu_sdk.loading import load_plugins
from louyu_sdk.match import Match
from louyu_sdk.plan import Plan
from louyu_sdk.question import Question, QuestionChange
from louyu_sdk.responder_type import ResponderType
from louyu_sdk.results import checked_actions, checked_match, checked_plan, checked_responder_types, checked_settings
from louyu_sdk.settings import SettingsSection

NAME = "plugin_under_test"

T = TypeVar("T")


class PluginUnderTest:
    """Calls of hooks that the plugin does not implement come to None."""

    def __init__(self, plugin: object) -> None:
        self._calls = IsolatedCalls(load_plugins((), built_in={NAME: plugin}).manager, on_failure=_ignore)
        self.examples = _examples_of(plugin)

    def implements(self, hook: str) -> bool:
        """Say whether the plugin implements this hook."""
        return NAME in self._calls.implementers(hook)

    async def ask(self, hook: str, arguments: Mapping[str, object], check: Callable[[object], T]) -> T:
        """Call the hook; raises ContractBroken with the plugin's own error as its cause."""
        if not self.implements(hook):
            return check(None)
        before = repr(arguments)
        try:
            result = await self._calls.call(NAME, hook, arguments, check=check)
        except ResultRefused as error:
            raise ContractBroken(str(error)) from error.__cause__
        except CallFailed as error:
            # The author may read the error's own text, which operators' logs leave out.
            own_words = f": {error.__cause__}" if error.__cause__ is not None and str(error.__cause__) else ""
            raise ContractBroken(f"{hook} {error.reason}: {error}{own_words}") from error.__cause__
        if repr(arguments) != before:
            raise ContractBroken(f"{hook} changed its arguments; they are frozen for a reason")
        return result

    async def responder_types(self) -> tuple[ResponderType, ...]:
        """Return the plugin's responder types; empty without the hook."""
        return await self.ask("louyu_responder_types", {}, checked_responder_types)

    async def settings(self) -> tuple[SettingsSection, ...]:
        """Return its models of settings; empty without the hook."""
        own = {one.key for one in await self.responder_types()}
        return await self.ask("louyu_settings", {}, lambda result: checked_settings(result, own))

    async def match(self, question: Question, types: Sequence[ResponderType]) -> Match | None:
        """Return the plugin's match; None without the hook."""
        return await self.ask("louyu_match", {"question": question}, lambda result: checked_match(result, types))

    async def plan(self, question: Question, match: Match, directory: Directory) -> Plan | None:
        """Return the plugin's plan; None without the hook."""
        arguments = {"question": question, "match": match, "directory": directory}
        return await self.ask("louyu_plan", arguments, partial(checked_plan, directory=directory))

    async def actions(self, question: Question, change: QuestionChange) -> tuple[Action, ...]:
        """Return what the plugin asks for after a change; empty without the hook."""
        arguments = {"question": question, "change": change}
        return await self.ask("louyu_question_changed", arguments, checked_actions)

    def close(self) -> None:
        """Let its threads end."""
        self._calls.close()


def _examples_of(plugin: object) -> tuple[Example, ...]:
    found = getattr(plugin, "louyu_examples", ())
    if not isinstance(found, list | tuple) or not all(isinstance(one, Example) for one in found):
        raise ContractBroken("louyu_examples is something else than a tuple of Example")
    return tuple(found)


def _ignore(failure: CallFailure) -> None:
    """The check raises what matters."""
