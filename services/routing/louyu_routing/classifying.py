"""The classifier of this process: trained once at the start, in a thread, while the service already answers."""

import asyncio
from collections.abc import Callable

from louyu_routing.reading import TextClassifier


class Classifying:
    """Gives the classifier as soon as it is trained."""

    def __init__(self, train: Callable[[], TextClassifier]) -> None:
        self._train = train
        self._training: asyncio.Task[TextClassifier] | None = None

    def start(self) -> None:
        """Begin to train. Needs a running event loop."""
        self._training = asyncio.create_task(asyncio.to_thread(self._train), name="training")

    @property
    def is_trained(self) -> bool:
        """Whether texts can be classified without waiting."""
        return self._training is not None and self._training.done() and self._training.exception() is None

    async def classifier(self) -> TextClassifier:
        """Return the classifier, once it is trained. Raises what its training raised."""
        if self._training is None:
            self.start()
        assert self._training is not None  # noqa: S101 - start has just made it
        return await asyncio.shield(self._training)


def train_classifier() -> TextClassifier:
    """Train on the messages that louyu ships. Takes some seconds."""
    from louyu_routing.classification import Classifier

    return Classifier.train()
