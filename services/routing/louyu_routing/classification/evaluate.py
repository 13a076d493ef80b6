"""How good the classification is: `python -m louyu_routing.classification.evaluate`.

Prints the figures of docs/classification.md: stratified five-fold cross-validation on the given messages, the
project's own messages being in every training fold and never judged; then the check messages, which nothing was
learnt from. The folds are fixed, so that two runs print the same.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from louyu_routing.classification.classifier import Classifier
from louyu_routing.classification.labelled import CHECK, GIVEN, OWN, LabelledMessage, load_labelled
from louyu_routing.classification.labels import INTENTS, INTENTS_NEEDING_AN_ANSWER, RESPONDERS, Classification

_FOLDS: Final = 5
_SEED: Final = 0
_NOBODY: Final = "nobody"

Judged = Sequence[tuple[LabelledMessage, Classification]]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures the classification is judged by, each from 0 to 1.

    `responder_accuracy` is over all messages, "nobody" being an answer like the others; `responder_when_needed` over
    those that need somebody. Both count a responder of `also` as right.
    """

    intent_macro_f1: float
    responder_accuracy: float
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


def judge_check() -> Judged:
    """Return each check message with its classification by the classifier as it is shipped."""
    classifier = Classifier.train()
    return [(message, classifier.classify(message.text, message.via)) for message in load_labelled(CHECK)]


def figures(judged: Judged) -> Figures:
    """Return the figures of classifications that have been compared with their labels."""
    needing = [(message, found) for message, found in judged if message.responder is not None]
    recall, precision = _recall_and_precision(judged, lambda label: label.urgency == "emergency")
    return Figures(
        intent_macro_f1=sum(_f1(judged, _intent_is(intent)) for intent in INTENTS) / len(INTENTS),
        responder_accuracy=_share(_responder_right(message, found) for message, found in judged),
        responder_when_needed=_share(_responder_right(message, found) for message, found in needing),
        emergency_recall=recall,
        emergency_precision=precision,
        needs_answer_f1=_f1(judged, lambda label: label.intent in INTENTS_NEEDING_AN_ANSWER),
    )


def report(judged: Judged, out: TextIO) -> None:
    """Write the figures, the confusion of intents and responders, confidence, and every missed emergency."""
    found = figures(judged)
    for name in Figures.__slots__:
        out.write(f"{name:24}{getattr(found, name):6.3f}\n")
    pairs = Counter((message.intent, verdict.intent) for message, verdict in judged)
    _write_confusion("intent", INTENTS, pairs, out)
    # A right answer by `also` stands on the diagonal.
    responders = Counter(
        (message.responder or _NOBODY,) * 2
        if _responder_right(message, verdict)
        else (message.responder or _NOBODY, verdict.responder or _NOBODY)
        for message, verdict in judged
    )
    _write_confusion("responder", (*RESPONDERS, _NOBODY), responders, out)
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


def _recall_and_precision(
    judged: Judged, belongs: Callable[[LabelledMessage | Classification], bool]
) -> tuple[float, float]:
    both = sum(belongs(message) and belongs(found) for message, found in judged)
    written = sum(belongs(message) for message, _ in judged)
    found_so = sum(belongs(found) for _, found in judged)
    return both / max(written, 1), both / max(found_so, 1)


def _f1(judged: Judged, belongs: Callable[[LabelledMessage | Classification], bool]) -> float:
    recall, precision = _recall_and_precision(judged, belongs)
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def _share(rights: Iterable[bool]) -> float:
    values = list(rights)
    return sum(values) / len(values) if values else 0.0


def main() -> None:
    """Print both reports to standard output."""
    sys.stdout.write("cross-validation on the given messages\n\n")
    report(cross_validate(), sys.stdout)
    sys.stdout.write("\n\ncheck messages\n\n")
    report(judge_check(), sys.stdout)


if __name__ == "__main__":
    main()
