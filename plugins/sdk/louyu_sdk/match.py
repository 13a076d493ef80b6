"""Matches: a plugin's word that a question concerns one of its responder types, how surely, and why."""

from dataclasses import dataclass

from louyu_sdk.bounds import require_key, require_number, require_text, require_tuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason of a match, fit to show to staff."""

    text: str
    """1 to 200 characters, such as `提到电梯`. No name, flat or number of a person."""
    evidence: tuple[str, ...] = ()
    """The words of the question it rests on; up to 20."""

    def __post_init__(self) -> None:
        require_text("Reason.text", self.text, longest=200)
        require_tuple("Reason.evidence", self.evidence, str, most=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """This question concerns `responder_type`."""

    responder_type: str
    """Key of one of the plugin's own responder types."""
    score: float
    """0.0 to 1.0. The highest of all plugins wins; equal scores: the plugin whose name comes first."""
    reasons: tuple[Reason, ...]
    """At least one, strongest first; up to 20."""
    kind: str | None = None
    """Key of one of the type's kinds of work, where one is recognised."""

    def __post_init__(self) -> None:
        require_key("Match.responder_type", self.responder_type)
        require_number("Match.score", self.score, least=0.0, most=1.0)
        require_tuple("Match.reasons", self.reasons, Reason, least=1, most=20)
        if self.kind is not None:
            require_key("Match.kind", self.kind)
