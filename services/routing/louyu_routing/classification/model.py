"""The linear model: four heads (intent, responder, urgency, and intent with responder) over one set of features.

scikit-learn does the learning: regularised least squares, which on these messages is better than logistic regression and
takes a tenth of its time. What is learnt is held as one table of weights, because asking scikit-learn for a single
message costs more than the arithmetic. A test compares both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from louyu_routing.classification.features import character_features, sign_features
from louyu_routing.classification.labelled import LabelledMessage
from louyu_routing.classification.labels import INTENTS, RESPONDERS, URGENCIES, is_consistent
from louyu_routing.classification.reading import Reading

NOBODY: Final = "nobody"


def pair_label(intent: str, responder: str | None) -> str:
    """Return the label of the head `pair`."""
    return f"{intent}/{responder or NOBODY}"


# The labels of each head, in a fixed order; one that no message has is never believed.
HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "intent": INTENTS,
    "responder": (*RESPONDERS, NOBODY),
    "urgency": URGENCIES,
    "pair": tuple(
        pair_label(intent, responder)
        for intent in INTENTS
        for responder in (*RESPONDERS, None)
        if is_consistent(intent, responder, "low")
    ),
}
# How steeply a score becomes a probability. Found by leaving each given message out in turn: the steepness under
# which its label is least surprising.
_STEEPNESS: Final = {"intent": 5.0, "responder": 5.5, "urgency": 3.0, "pair": 7.0}

_STARTS: Final = dict(zip(HEADS, accumulate(map(len, HEADS.values()), initial=0), strict=False))
_COLUMNS: Final = {head: slice(start, start + len(HEADS[head])) for head, start in _STARTS.items()}
_WIDTH: Final = sum(map(len, HEADS.values()))

# How much the block of signs counts beside the block of characters. Higher values fit the words that the lists
# happen to know; messages written after the lists (the check set) suffer from 0.4 on.
SIGNS_WEIGHT: Final = 0.25
_REGULARISATION: Final = 0.35

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Block:
    """One block of features: where each stands in the table of weights, and how rare it is."""

    rows: dict[str, int]
    rarity: FloatArray
    scale: float

    def weigh(self, features: Sequence[str]) -> tuple[list[int], FloatArray]:
        counts = Counter(row for feature in features if (row := self.rows.get(feature)) is not None)
        if not counts:
            return [], np.zeros(0)
        rows = list(counts)
        values = (1.0 + np.log(np.fromiter(counts.values(), float, len(counts)))) * self.rarity[rows]
        return rows, values * (self.scale / np.sqrt(values @ values))


@dataclass(frozen=True, slots=True)
class Belief:
    """What the model believes of one message: per head the logarithm of each label's probability."""

    log_probability: Mapping[str, Mapping[str, float]]


class LinearModel:
    """Weights of every feature for every label of every head."""

    def __init__(self, blocks: Sequence[_Block], weights: FloatArray) -> None:
        self._characters, self._signs = blocks
        self._weights = weights

    @classmethod
    def train(cls, messages: Sequence[LabelledMessage], readings: Sequence[Reading]) -> LinearModel:
        """Return a model of these messages; `readings` are theirs, in the same order. Takes about a second."""
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import Ridge
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # publishes no types

        matrices, blocks = [], []
        for extract, scale in ((character_features, 1.0), (sign_features, SIGNS_WEIGHT)):
            vectorizer = TfidfVectorizer(analyzer=extract, sublinear_tf=True)
            matrices.append(vectorizer.fit_transform(readings) * scale)
            rows = {name: int(column) for name, column in vectorizer.vocabulary_.items()}
            blocks.append(_Block(rows, np.asarray(vectorizer.idf_, dtype=float), scale))

        targets = [
            [1.0 if label == _label(message, head) else -1.0 for head, labels in HEADS.items() for label in labels]
            for message in messages
        ]
        pairs = [_label(message, "pair") for message in messages]
        counts = Counter(pairs)
        # Half-way between counting every message alike and every pair alike: rare pairs are heard, and common ones
        # not drowned.
        weights = [(len(messages) / (len(counts) * counts[pair])) ** 0.5 for pair in pairs]
        learner = Ridge(alpha=_REGULARISATION, fit_intercept=False, solver="cholesky")
        # One thread: for matrices of this size several are slower, and where other processes want the same cores
        # they wait for each other by spinning, for minutes.
        with threadpool_limits(limits=1):
            learner.fit(hstack(matrices).tocsr(), targets, sample_weight=weights)
        return cls(blocks, np.ascontiguousarray(learner.coef_.T))

    def score(self, reading: Reading) -> FloatArray:
        """Return the scores of all labels of all heads, in the order of `HEADS`: about 1 for, about -1 against."""
        rows, values = self._weigh(reading)
        return np.asarray(values @ self._weights[rows])

    def believe(self, reading: Reading) -> Belief:
        """Return what the model believes of a message."""
        scores = self.score(reading)
        belief: dict[str, dict[str, float]] = {}
        for head, labels in HEADS.items():
            part = scores[_COLUMNS[head]] * _STEEPNESS[head]
            highest = part.max()
            logs = part - highest - np.log(np.exp(part - highest).sum())
            belief[head] = dict(zip(labels, logs.tolist(), strict=True))
        return Belief(belief)

    def telling_features(self, reading: Reading, head: str, label: str) -> list[str]:
        """Return the features that speak for `label` rather than the head's other labels, strongest first."""
        names = [*character_features(reading), *sign_features(reading)]
        rows, values = self._weigh(reading)
        part = self._weights[rows, _COLUMNS[head]]
        strength = values * (part[:, HEADS[head].index(label)] - part.mean(axis=1))
        by_row = dict(zip(rows, strength.tolist(), strict=True))
        found = {name: by_row.get(self._row(name), 0.0) for name in names}
        return sorted((name for name in found if found[name] > 0), key=lambda name: -found[name])

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return all that `from_arrays` needs, as arrays without Python objects."""
        arrays: dict[str, NDArray[np.generic]] = {"weights": self._weights}
        for name, block in (("characters", self._characters), ("signs", self._signs)):
            # Readings are on one line, so no feature holds a line break.
            arrays[f"{name}_names"] = _as_bytes(sorted(block.rows, key=lambda feature: block.rows[feature]))
            arrays[f"{name}_rarity"] = block.rarity
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> LinearModel:
        """Return the model that gave these arrays. Raises KeyError or ValueError for others."""
        blocks = []
        for name, scale in (("characters", 1.0), ("signs", SIGNS_WEIGHT)):
            rows = {feature: row for row, feature in enumerate(_as_lines(arrays[f"{name}_names"]))}
            blocks.append(_Block(rows, np.asarray(arrays[f"{name}_rarity"], dtype=float), scale))
        weights = np.asarray(arrays["weights"], dtype=float)
        sizes = [len(block.rows) for block in blocks]
        if weights.shape != (sum(sizes), _WIDTH) or sizes != [len(block.rarity) for block in blocks]:
            raise ValueError("the arrays do not belong together")
        return cls(blocks, weights)

    def _row(self, name: str) -> int:
        if name in self._characters.rows:
            return self._characters.rows[name]
        return len(self._characters.rows) + self._signs.rows.get(name, -1)

    def _weigh(self, reading: Reading) -> tuple[list[int], FloatArray]:
        character_rows, character_values = self._characters.weigh(character_features(reading))
        sign_rows, sign_values = self._signs.weigh(sign_features(reading))
        offset = len(self._characters.rows)
        return (
            [*character_rows, *(offset + row for row in sign_rows)],
            np.concatenate([character_values, sign_values]),
        )


def _label(message: LabelledMessage, head: str) -> str:
    if head == "pair":
        return pair_label(message.intent, message.responder)
    return getattr(message, head) or NOBODY


def _as_bytes(lines: Sequence[str]) -> NDArray[np.generic]:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _as_lines(array: NDArray[np.generic]) -> list[str]:
    return array.astype(np.uint8).tobytes().decode().split("\n")
