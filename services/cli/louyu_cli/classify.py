"""`louyu classify`: standard input to standard output, by the classifier that routing uses."""

from __future__ import annotations

import argparse
import importlib
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        'Standard input: JSON lines {"id","text","via"}. Standard output, in the same order: '
        '{"id","intent","responder","urgency","confidence"}.'
    )


def run(arguments: argparse.Namespace) -> int:
    """Classify until the input ends."""
    classification = importlib.import_module("louyu_routing.classification")
    return int(classification.classify_stream(sys.stdin, sys.stdout))
