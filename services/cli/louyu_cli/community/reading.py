"""Reading an import file: its text becomes the calls that create or update the community."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from louyu_cli.community.complaints import place_of, words_of
from louyu_cli.community.consistency import faults_between
from louyu_cli.community.definition import CommunityFile
from louyu_cli.community.source import Source
from louyu_cli.community.translating import Definitions, to_definitions
from louyu_cli.community.yaml_lines import load
from louyu_cli.errors import CommandError

LARGEST_FILE_BYTES = 32 * 1024 * 1024


def read_community(path: Path) -> Definitions:
    """Return what a file defines. Raises CommandError with every fault, each naming file, line and mend."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise CommandError(f"{path}: larger than 32 MiB; divide it by community")
        content = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CommandError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
    document, lines = load(text, str(path))
    if not isinstance(document, dict):
        raise CommandError(f"{path}:1: must begin with keys such as `community:` and `name:`")
    source = Source(str(path), lines)
    try:
        found = CommunityFile.model_validate(document)
    except ValidationError as error:
        told = [(place_of(problem), words_of(problem)) for problem in error.errors(include_url=False)]
        raise CommandError("\n".join(dict.fromkeys(source.fault(*fault) for fault in told))) from None
    problems = faults_between(found)
    if problems:
        raise CommandError("\n".join(source.fault(*fault) for fault in problems))
    return to_definitions(found, str(path), lines)
