"""The classifier: intent, responder and urgency of one message, with confidence and reasons.

Pure and in-process; trained when the process starts, safe to share between threads afterwards. It judges a message
by its own words alone; what came before it in the group is the business of routing.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Final, NamedTuple

from louyu_routing.classification.labelled import GIVEN, OWN, LabelledMessage, load_labelled
from louyu_routing.classification.labels import INTENTS, RESPONDERS, URGENCIES, Classification, is_consistent
from louyu_routing.classification.model import NOBODY, Belief, LinearModel
from louyu_routing.classification.reading import Reader, Reading
from louyu_routing.classification.reasons import emergency_reason, quoted_reasons

# From which probability on the model's word alone makes an emergency, however likely something else is: a missed one
# costs more than a false one. On the given messages this leaves about one false alarm to four true ones. Where a rule
# fires but is doubted (denied, settled, told ...) the model must be surer.
EMERGENCY_FROM: Final = 0.38
DOUBTED_EMERGENCY_FROM: Final = 0.6
# How sure a rule is that nothing doubts: a little under its precision on the given messages.
_RULE_CONFIDENCE: Final = 0.95


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
    """Classifies messages; make one by `Classifier.train()`."""

    def __init__(self, reader: Reader, model: LinearModel) -> None:
        self._reader = reader
        self._model = model

    @classmethod
    def train(cls, messages: Sequence[LabelledMessage] | None = None) -> Classifier:
        """Return a classifier that has learnt from `messages`, by default the package's own. Takes about a second."""
        reader = Reader.load()
        if messages is None:
            messages = (*load_labelled(GIVEN), *load_labelled(OWN))
        return cls(reader, LinearModel.train(messages, [reader.read(m.text, m.via) for m in messages]))

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
    pairs = {(other.intent, other.responder): _pair(other, belief) for other in _VERDICTS}
    return exp(_pair(verdict, belief)) / sum(exp(pair) for pair in pairs.values())


def _pair(verdict: _Verdict, belief: Belief) -> float:
    intent = belief.log_probability["intent"][verdict.intent]
    return intent + belief.log_probability["responder"][verdict.responder or NOBODY]
