"""Training ahead: `python -m louyu_routing.classification.train` keeps the model in the package's own folder.

For whoever builds an image or a machine of which later only a part may be written: no start trains then.
"""

from __future__ import annotations

from louyu_routing.classification.classifier import Classifier
from louyu_routing.classification.kept import IN_THE_PACKAGE, training_key


def main() -> None:
    """Train, and keep the model beside the messages it has learnt from."""
    Classifier.train().keep(IN_THE_PACKAGE, training_key())


if __name__ == "__main__":
    main()
