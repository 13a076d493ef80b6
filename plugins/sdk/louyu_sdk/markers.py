"""The markers by which pluggy recognises louyu's hooks and their implementations."""

import pluggy

PROJECT = "louyu"

CONTRACT = 1
"""Major version of the plugin contract. A plugin's module says `louyu_contract = 1`; another number is refused.

It rises only when plugins must change. Hooks may gain arguments and types may gain fields with defaults without it.
"""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's function as the implementation of the hook of the same name. Wrappers are refused: a plugin must
not stand between louyu and another plugin."""
