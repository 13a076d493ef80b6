"""The classifier: intent, responder and urgency of one message, with confidence and reasons.

Pure and in-process; loaded when the process starts, safe to share between threads afterwards. It judges a message
by its own words alone; what came before it in the group is the business of routing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from math import exp
from pathlib import Path
from typing import Final, NamedTuple

from louyu_routing.classification import kept
from louyu_routing.classification.labelled import LEARNT, LabelledMessage, load_labelled
from louyu_routing.classification.labels import INTENTS, RESPONDERS, URGENCIES, Classification, is_consistent
from louyu_routing.classification.model import NOBODY, Belief, LinearModel, pair_label
from louyu_routing.classification.reading import Reader, Reading
from louyu_routing.classification.reasons import emergency_reason, quoted_reasons

logger = logging.getLogger(__name__)

# From which probability on the model's word alone makes an emergency, however likely something else is: a missed one
# costs more than a false one. On the given messages this leaves about one false alarm to eight true ones. Where a rule
# fires but is doubted (denied, settled, told ...) the model must be surer.
EMERGENCY_FROM: Final = 0.34
DOUBTED_EMERGENCY_FROM: Final = 0.6
# How sure a rule is that nothing doubts: a little under its precision on the given messages.
_RULE_CONFIDENCE: Final = 0.95
# How much the head that looks at intent and responder together counts beside the two that look at one of them.
_PAIR_WEIGHT: Final = 0.5
# The heads say much the same, so that their sum is too sure of itself: by how much it is lessened for the confidence.
# Found by cross-validation.
_MODESTY: Final = 0.45


class _Verdict(NamedTuple):
    intent: str
    responder: str | None
    urgency: str


# Every combination that may stand together, in a fixed order, so that equal beliefs always give the same answer.
_VERDICTS: Final = tuple(
    _Verdict(intent, responder, urgency)
    for intent in INTENTS
    for responder in (*RESPONDERS, None)
    for urgency in URGENCIES
    if is_consistent(intent, responder, urgency)
)


class Classifier:
    """Classifies messages; make one by `Classifier.load()`."""

    def __init__(self, reader: Reader, model: LinearModel) -> None:
        self._reader = reader
        self._model = model

    @classmethod
    def load(cls, cache: Path | None = None) -> Classifier:
        """Return the classifier of the package's own messages.

        Its model is the one that came with the package, else the one kept in the file `cache` (by default in this
        account's cache folder), else it is trained and kept there. A cache that cannot be written is logged only.
        """
        cache = cache or kept.in_the_cache()
        key = kept.training_key()
        for path in (kept.IN_THE_PACKAGE, cache):
            model = kept.read_model(path, key)
            if model is not None:
                return cls(Reader.load(), model)
        trained = cls.train()
        try:
            trained.keep(cache, key)
        except OSError as error:
            logger.warning("the trained model is not kept", extra={"path": str(cache), "error": str(error)})
        return trained

    @classmethod
    def train(cls, messages: Sequence[LabelledMessage] | None = None) -> Classifier:
        """Return a classifier that has learnt from `messages`, by default the package's own. Takes some seconds."""
        reader = Reader.load()
        if messages is None:
            messages = [message for name in LEARNT for message in load_labelled(name)]
        return cls(reader, LinearModel.train(messages, [reader.read(m.text, m.via) for m in messages]))

    def keep(self, path: Path, key: str) -> None:
        """Keep the model in a file for `load`. Raises OSError where that cannot be written."""
        kept.keep_model(path, key, self._model)

    def classify(self, text: str, via: str) -> Classification:
        """Return what the first 2,000 characters of `text` are; `via` is text, voice or photo. Never raises."""
        reading = self._reader.read(text, via)
        belief = self._model.believe(reading)
        if reading.emergency is not None and not reading.quiet:
            verdict = _Verdict("report", reading.emergency.responder, "emergency")
            confidence = max(_RULE_CONFIDENCE, _confidence(verdict, belief))
        else:
            verdict = _most_believed(reading, belief)
            confidence = _confidence(verdict, belief)
        return Classification(*verdict, confidence=confidence, reasons=self._reasons(reading, verdict))

    def _reasons(self, reading: Reading, verdict: _Verdict) -> tuple[str, ...]:
        head, label = ("responder", verdict.responder) if verdict.responder else ("intent", verdict.intent)
        quoted = quoted_reasons(reading, self._model.telling_features(reading, head, label))
        rule = emergency_reason(reading)
        return quoted if rule is None else (rule, *quoted)


def _most_believed(reading: Reading, belief: Belief) -> _Verdict:
    threshold = EMERGENCY_FROM if reading.emergency is None else DOUBTED_EMERGENCY_FROM
    urgency = belief.log_probability["urgency"]
    is_emergency = exp(urgency["emergency"]) >= threshold
    possible = (verdict for verdict in _VERDICTS if (verdict.urgency == "emergency") == is_emergency)
    return max(possible, key=lambda verdict: _pair(verdict, belief) + urgency[verdict.urgency])


def _confidence(verdict: _Verdict, belief: Belief) -> float:
    pairs = {(other.intent, other.responder): _MODESTY * _pair(other, belief) for other in _VERDICTS}
    return exp(pairs[verdict.intent, verdict.responder]) / sum(map(exp, pairs.values()))


def _pair(verdict: _Verdict, belief: Belief) -> float:
    intent = belief.log_probability["intent"][verdict.intent]
    responder = belief.log_probability["responder"][verdict.responder or NOBODY]
    pair = belief.log_probability["pair"][pair_label(verdict.intent, verdict.responder)]
    return intent + responder + _PAIR_WEIGHT * pair
