"""Reading the platform's XML: elements by name, in any order, CDATA or not; unknown ones are ignored.

Always: at most 64 KiB, UTF-8 whatever the prolog claims, no document type (and so no entities), root `xml`. An element
that is asked for may stand once only, since two readers could otherwise see two different messages.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from louyu_gateway.wechat.errors import CallbackMalformed, CallbackTooLarge

MAX_BYTES = 64 * 1024


class Elements:
    """The children of one element, asked for by name."""

    def __init__(self, element: Element) -> None:
        self._element = element

    @classmethod
    def parse(cls, document: bytes) -> "Elements":
        """Return the children of the document's root; raises CallbackMalformed or CallbackTooLarge."""
        if len(document) > MAX_BYTES:
            raise CallbackTooLarge("the body is larger than 64 KiB")
        if document.lstrip()[:1] == b"{":
            raise CallbackMalformed("the body is JSON; choose the push format XML in the console")
        try:
            root: Element = defusedxml.ElementTree.fromstring(document.decode("utf-8-sig"), forbid_dtd=True)
        except UnicodeDecodeError:
            raise CallbackMalformed("the body is not UTF-8") from None
        except (ParseError, DefusedXmlException):
            raise CallbackMalformed("the body is not XML, or has a document type") from None
        if root.tag != "xml":
            raise CallbackMalformed("the root element is not xml")
        return cls(root)

    def text(self, name: str) -> str:
        """Return the element's text as it stands, perhaps empty; raises CallbackMalformed if it is missing."""
        found = self._one(name)
        if found is None:
            raise CallbackMalformed(f"element {name} is missing")
        return found.text or ""

    def required(self, name: str) -> str:
        """Return the element's text without blanks around it; raises CallbackMalformed if missing or empty."""
        text = self.text(name).strip()
        if not text:
            raise CallbackMalformed(f"element {name} is empty")
        return text

    def optional(self, name: str) -> str:
        """Return the element's text without blanks around it, empty if it is missing."""
        found = self._one(name)
        return "" if found is None else (found.text or "").strip()

    def has(self, name: str) -> bool:
        """Tell whether the element is there."""
        return self._element.find(name) is not None

    def below(self, name: str) -> "Elements | None":
        """Return the children of a child, None if it is missing; raises CallbackMalformed if there are two."""
        children = self._element.findall(name)
        if len(children) > 1:
            raise CallbackMalformed(f"element {name} stands more than once")
        return Elements(children[0]) if children else None

    def each(self, name: str) -> Iterator["Elements"]:
        """Yield the children of every child of that name."""
        return (Elements(child) for child in self._element.findall(name))

    def _one(self, name: str) -> Element | None:
        children = self._element.findall(name)
        if len(children) > 1:
            raise CallbackMalformed(f"element {name} stands more than once")
        if children and len(children[0]):
            raise CallbackMalformed(f"element {name} holds elements instead of text")
        return children[0] if children else None
