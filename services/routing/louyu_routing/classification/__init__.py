"""What a message is: its intent, who should answer, how urgent, how surely, and why.

Used in-process by routing and by `louyu classify`. Depends on no other package of louyu.
"""

from louyu_routing.classification.classifier import Classifier
from louyu_routing.classification.labels import Classification
from louyu_routing.classification.stream import classify_stream

__all__ = ["Classification", "Classifier", "classify_stream"]
