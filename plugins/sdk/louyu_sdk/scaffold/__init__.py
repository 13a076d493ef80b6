"""A new plugin: a folder that passes the contract's checks as it is, for its author to change piece by piece.

The templates beside this module are the plugins that the guide explains; `$name` and the like are filled in.
"""

from louyu_sdk.scaffold.making import KINDS, CannotScaffold, scaffold

__all__ = ["KINDS", "CannotScaffold", "scaffold"]
