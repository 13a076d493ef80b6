"""One classifier for all tests here: it holds no state between messages, and training costs a second."""

import pytest
from louyu_routing.classification import Classifier


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return Classifier.train()
