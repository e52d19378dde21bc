"""What a companion answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlp.config import Language
from nlp.generation import FEWER, NO_WORDS, Generation

Origin = Literal["model", "care", "calm", "aside"]
"""Who speaks: the model; or a rule, because somebody may be in danger (care), because the program was abused (calm), or
because the model had nothing fit to be said, or does not know the language (aside)."""

_OfMessage = Literal["", "emergency", "other", "loss", "self", "after", "abuse", "foreign"]
_OfReplies = Literal["wordless", "repeated", "blocked", "unsure"]
Rule = Literal[_OfMessage, _OfReplies]

_OF_CANDIDATES = tuple(template.partition(":")[0] + ":" for template in (FEWER, NO_WORDS))
"""How warnings begin that tell of the search and nothing of the reply."""


@dataclass(frozen=True)
class Reply:
    """The answer to one message."""

    text: str
    """Never empty."""
    origin: Origin
    language: Language
    """In which the message was read, and a rule's text is written."""
    rule: Rule = ""
    """The rule that spoke, empty for the model: the danger found, "after" one, "abuse", "foreign" for a language that
    no model knows, or what was wrong with the model's replies: none ("wordless"), only such as were said before
    ("repeated"), with a blocked word ("blocked"), or too unlikely ("unsure")."""
    generation: Generation | None = None
    """What the model answered, where it was asked."""
    context: tuple[str, ...] = ()
    """The turns that the model saw, oldest first."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know about how the model read the message."""
        warnings = self.generation.warnings if self.generation else ()
        return tuple(warning for warning in warnings if not warning.startswith(_OF_CANDIDATES))
