"""How good the classification is: `python -m louyu_routing.classification.evaluate`.

Prints the figures of docs/classification.md: stratified five-fold cross-validation on the given messages, the
project's own messages being in every training fold and never judged; then the check and the fresh messages, which nothing was
learnt from. The folds are fixed, so that two runs print the same.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from louyu_routing.classification.classifier import Classifier
from louyu_routing.classification.labelled import CHECK, FRESH, GIVEN, OWN, LabelledMessage, load_labelled
from louyu_routing.classification.labels import INTENTS, INTENTS_NEEDING_AN_ANSWER, RESPONDERS, Classification

_FOLDS: Final = 5
_SEED: Final = 0
_NOBODY: Final = "nobody"

Judged = Sequence[tuple[LabelledMessage, Classification]]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures the classification is judged by, each from 0 to 1.

    `responder_accuracy` and `responder_macro_f1` are over all messages, "nobody" being an answer like the others;
    `responder_when_needed` is over those that need somebody. All three count a responder of `also` as right.
    """

    intent_macro_f1: float
    responder_accuracy: float
    responder_macro_f1: float
    responder_when_needed: float
    emergency_recall: float
    emergency_precision: float
    needs_answer_f1: float


def cross_validate() -> Judged:
    """Return each given message with its classification by a classifier that has not learnt from it."""
    from sklearn.model_selection import StratifiedKFold

    given, own = load_labelled(GIVEN), load_labelled(OWN)
    strata = [f"{message.intent}/{message.responder}" for message in given]
    judged: list[tuple[LabelledMessage, Classification]] = []
    for learnt, unseen in StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(given, strata):
        classifier = Classifier.train([*(given[i] for i in learnt), *own])
        judged.extend((given[i], classifier.classify(given[i].text, given[i].via)) for i in unseen)
    return judged


def judge(name: str, classifier: Classifier) -> Judged:
    """Return each message of a set with its classification."""
    return [(message, classifier.classify(message.text, message.via)) for message in load_labelled(name)]


def figures(judged: Judged) -> Figures:
    """Return the figures of classifications that have been compared with their labels."""
    responders = _responders(judged)
    needing = [(message, found) for message, found in judged if message.responder is not None]
    recall, precision = _recall_and_precision(_belonging(judged, lambda label: label.urgency == "emergency"))
    return Figures(
        intent_macro_f1=sum(_f1(_belonging(judged, _intent_is(intent))) for intent in INTENTS) / len(INTENTS),
        responder_accuracy=_share(_responder_right(message, found) for message, found in judged),
        responder_macro_f1=sum(
            _f1([(written == responder, found == responder) for written, found in responders])
            for responder in (*RESPONDERS, _NOBODY)
        )
        / (len(RESPONDERS) + 1),
        responder_when_needed=_share(_responder_right(message, found) for message, found in needing),
        emergency_recall=recall,
        emergency_precision=precision,
        needs_answer_f1=_f1(_belonging(judged, lambda label: label.intent in INTENTS_NEEDING_AN_ANSWER)),
    )


def report(judged: Judged, out: TextIO) -> None:
    """Write the figures, the confusion of intents and responders, confidence, and every missed emergency."""
    found = figures(judged)
    for name in Figures.__slots__:
        out.write(f"{name:24}{getattr(found, name):6.3f}\n")
    pairs = Counter((message.intent, verdict.intent) for message, verdict in judged)
    _write_confusion("intent", INTENTS, pairs, out)
    _write_confusion("responder", (*RESPONDERS, _NOBODY), Counter(_responders(judged)), out)
    _write_confidence(judged, out)
    out.write("\nemergencies missed and falsely raised\n")
    for message, verdict in judged:
        if (message.urgency == "emergency") != (verdict.urgency == "emergency"):
            kind = "missed" if message.urgency == "emergency" else "raised"
            out.write(f"{kind} {message.id} {message.urgency} {message.text}\n")


def _write_confusion(name: str, labels: Sequence[str], pairs: Counter[tuple[str, str]], out: TextIO) -> None:
    out.write(f"\n{name}: written label (rows), found (columns)\n{'':20}")
    out.write("".join(f"{label[:9]:>10}" for label in labels) + "\n")
    for row in labels:
        out.write(f"{row:20}" + "".join(f"{pairs[row, column]:10}" for column in labels) + "\n")


def _write_confidence(judged: Judged, out: TextIO) -> None:
    out.write("\nconfidence      messages  intent and responder right\n")
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        rights = [
            message.intent == verdict.intent and _responder_right(message, verdict)
            for message, verdict in judged
            if low <= verdict.confidence < high
        ]
        out.write(f"{low:.1f} to {min(high, 1.0):.1f}    {len(rights):10}  {_share(rights):.3f}\n")


def _responder_right(message: LabelledMessage, found: Classification) -> bool:
    return found.responder == message.responder or found.responder in message.also


def _intent_is(intent: str) -> Callable[[LabelledMessage | Classification], bool]:
    return lambda label: label.intent == intent


def _responders(judged: Judged) -> list[tuple[str, str]]:
    """Return the written and the found responder of each; one that is right by `also` counts as the written."""
    return [
        (
            message.responder or _NOBODY,
            (message.responder if _responder_right(message, verdict) else verdict.responder) or _NOBODY,
        )
        for message, verdict in judged
    ]


def _belonging(judged: Judged, belongs: Callable[[LabelledMessage | Classification], bool]) -> list[tuple[bool, bool]]:
    return [(belongs(message), belongs(found)) for message, found in judged]


def _recall_and_precision(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    both = sum(written and found for written, found in pairs)
    return both / max(sum(written for written, _ in pairs), 1), both / max(sum(found for _, found in pairs), 1)


def _f1(pairs: Sequence[tuple[bool, bool]]) -> float:
    recall, precision = _recall_and_precision(pairs)
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def _share(rights: Iterable[bool]) -> float:
    values = list(rights)
    return sum(values) / len(values) if values else 0.0


def main() -> None:
    """Print the reports to standard output."""
    sys.stdout.write("cross-validation on the given messages\n\n")
    report(cross_validate(), sys.stdout)
    classifier = Classifier.train()
    for name in (CHECK, FRESH):
        sys.stdout.write(f"\n\n{name}\n\n")
        report(judge(name, classifier), sys.stdout)


if __name__ == "__main__":
    main()
