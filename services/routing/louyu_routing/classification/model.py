"""The linear model: three heads (intent, responder, urgency) over one set of features, trained at the start.

scikit-learn does the learning; what it learnt is then held as one table of weights, because asking it for a single
message costs more than the arithmetic. A test compares both. Nothing is stored on disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from louyu_routing.classification.features import character_features, sign_features
from louyu_routing.classification.labelled import LabelledMessage
from louyu_routing.classification.reading import Reading

HEADS: Final = ("intent", "responder", "urgency")
NOBODY: Final = "nobody"

# How much the block of signs counts beside the block of characters. Higher values fit the words that the lists
# happen to know; messages written after the lists (the check set) suffer from 0.35 on.
SIGNS_WEIGHT: Final = 0.25
_REGULARISATION: Final = 5.0

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

    def __init__(self, blocks: Sequence[_Block], heads: Mapping[str, tuple[str, ...]], weights: FloatArray) -> None:
        self._characters, self._signs = blocks
        self._heads = heads
        self._weights = weights[:-1]
        self._bias = weights[-1]

    @classmethod
    def train(cls, messages: Sequence[LabelledMessage], readings: Sequence[Reading]) -> LinearModel:
        """Return a model of these messages; `readings` are theirs, in the same order. Takes about a second."""
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # publishes no types

        matrices, blocks = [], []
        for extract, scale in ((character_features, 1.0), (sign_features, SIGNS_WEIGHT)):
            vectorizer = TfidfVectorizer(analyzer=extract, sublinear_tf=True)
            matrices.append(vectorizer.fit_transform(readings) * scale)
            rows = {name: int(column) for name, column in vectorizer.vocabulary_.items()}
            blocks.append(_Block(rows, np.asarray(vectorizer.idf_, dtype=float), scale))
        table = hstack(matrices).tocsr()

        heads: dict[str, tuple[str, ...]] = {}
        weights: list[FloatArray] = []
        for head in HEADS:
            learner = LogisticRegression(C=_REGULARISATION, class_weight="balanced", max_iter=1000)
            # One thread: for matrices of this size several are slower, and where other processes want the same cores
            # they wait for each other by spinning, for minutes.
            with threadpool_limits(limits=1):
                learner.fit(table, [getattr(message, head) or NOBODY for message in messages])
            heads[head] = tuple(str(label) for label in learner.classes_)
            weights.append(np.vstack([learner.coef_.T, learner.intercept_]))
        return cls(blocks, heads, np.hstack(weights))

    def believe(self, reading: Reading) -> Belief:
        """Return what the model believes of a message."""
        rows, values = self._weigh(reading)
        scores = values @ self._weights[rows] + self._bias
        belief: dict[str, dict[str, float]] = {}
        start = 0
        for head, labels in self._heads.items():
            part = scores[start : start + len(labels)]
            start += len(labels)
            highest = part.max()
            logs = part - highest - np.log(np.exp(part - highest).sum())
            belief[head] = dict(zip(labels, logs.tolist(), strict=True))
        return Belief(belief)

    def telling_features(self, reading: Reading, head: str, label: str) -> list[str]:
        """Return the features that speak for `label` rather than the head's other labels, strongest first."""
        start = 0
        for name, labels in self._heads.items():
            if name == head:
                break
            start += len(labels)
        columns = slice(start, start + len(labels))
        names = [*character_features(reading), *sign_features(reading)]
        rows, values = self._weigh(reading)
        part = self._weights[rows, columns]
        strength = values * (part[:, labels.index(label)] - part.mean(axis=1))
        by_row = dict(zip(rows, strength.tolist(), strict=True))
        found = {name: by_row.get(self._row(name), 0.0) for name in names}
        return sorted((name for name in found if found[name] > 0), key=lambda name: -found[name])

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
