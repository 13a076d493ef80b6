"""The `louyu` command: reads the arguments, runs one subcommand, turns errors into one clear line and an exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage. Subcommands are imported when they are called, so that each starts fast.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from louyu_cli.errors import FAILED, WRONG_USAGE, CommandError

COMMANDS = {
    "up": "run everything on this machine, with an embedded PostgreSQL and Valkey",
    "serve": "run one service",
    "migrate": "bring the schemas of the databases to this version",
    "doctor": "check configuration and connections, and say in plain words what is wrong",
    "import": "create or update a community from a YAML file",
    "replay": "post a log of messages into a running platform",
    "classify": "classify messages from standard input, exactly as routing does",
    "plugins": "list the installed plugins, or check one",
    "token": "print a bearer token, or a link to sign in",
    "secrets": "make the keys of a new installation",
}
_MODULES = {"import": "import_community"}
# A misspelt setting would silently change nothing for these; `serve` and `doctor` tell it among all others.
_CONFIGURED = frozenset({"up", "migrate", "import", "replay", "token"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help"):
        print("usage: louyu COMMAND [options]\n")
        for name, text in COMMANDS.items():
            print(f"  {name:<10}{text}")
        print("\nlouyu COMMAND --help tells more of each.")
        return 0 if given else WRONG_USAGE
    name = given[0]
    if name == "--version":
        from importlib.metadata import version

        print(version("louyu"))
        return 0
    if name not in COMMANDS:
        print(f"louyu: there is no command {name!r}; `louyu --help` lists all", file=sys.stderr)
        return WRONG_USAGE
    try:
        module = importlib.import_module(f"louyu_cli.{_MODULES.get(name, name)}")
        parser = argparse.ArgumentParser(prog=f"louyu {name}", description=COMMANDS[name])
        module.add_arguments(parser)
        parsed = parser.parse_args(given[1:])
        if name in _CONFIGURED:
            from louyu_cli.role_settings import refuse_unknown_settings

            refuse_unknown_settings(os.environ)
        exit_code = int(module.run(parsed))
        sys.stdout.flush()  # here, where a reader that has gone is expected
        return exit_code
    except CommandError as error:
        print(f"louyu {name}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        sys.stdout = None  # nobody reads any more, and Python must not flush at its exit
        return FAILED
    except Exception as error:
        line = _known(error)
        if line is None:
            raise
        print(f"louyu {name}: {line}", file=sys.stderr)
        return FAILED


def _known(error: Exception) -> str | None:
    """Return the line for an error of the runtime that a person can act on."""
    import grpc
    from louyu_runtime.channels_file import ChannelsFileError
    from louyu_runtime.embedded.errors import CannotStart
    from louyu_runtime.errors import LouyuError, RemoteError
    from louyu_runtime.settings import SettingsError

    if isinstance(error, RemoteError):
        if error.code is grpc.StatusCode.UNAVAILABLE:
            return f"{error.message}\nIs the platform running? `louyu doctor` tries every connection."
        faults = [f"  {field}: {words}" for field, words in error.violations if words != error.message]
        return "\n".join([error.message, *faults])
    if isinstance(error, LouyuError | SettingsError | CannotStart):
        return str(error)
    if isinstance(error, ChannelsFileError):
        return "\n".join(("the channels file cannot be used:", *(f"  {fault}" for fault in error.faults)))
    if isinstance(error, ValueError) and str(error).startswith("LOUYU_"):
        return str(error)  # a key that only its user can judge
    return None


if __name__ == "__main__":
    sys.exit(main())
