"""The classifier of this process: loaded once at the start, in a thread, while the service already answers.

Loading takes well under a second; where nothing trained is kept yet, it means training.
"""

import asyncio
from collections.abc import Callable

from louyu_runtime.errors import Unavailable

from louyu_routing.reading import TextClassifier

LONGEST_WAIT_SECONDS = 5.0


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
        """Return the classifier, once it is trained. Raises what its training raised, and Unavailable after 5 seconds.

        The bound keeps a transaction that waits for it from being ended as idle.
        """
        if self._training is None:
            self.start()
        assert self._training is not None  # noqa: S101 - start has just made it
        try:
            return await asyncio.wait_for(asyncio.shield(self._training), LONGEST_WAIT_SECONDS)
        except TimeoutError:
            raise Unavailable("the classifier is still being trained", reason="CLASSIFIER_IN_TRAINING") from None


def train_classifier() -> TextClassifier:
    """Return the classifier of the messages that louyu ships: as kept from an earlier training, or trained now."""
    from louyu_routing.classification import Classifier

    return Classifier.load()
