"""What can be set about a companion."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.config.strict import require


@dataclass(frozen=True)
class CompanionConfig:
    """How much a companion remembers, and among how many replies it chooses."""

    context_turns: int = 3
    """Turns that the model sees: the message, and what was said just before it, by either side."""
    remembered_turns: int = 12
    """Turns that are kept, so that nothing said lately is said again."""
    candidates: int = 5
    """Replies to choose among, as far as the model's beam holds so many."""

    def __post_init__(self) -> None:
        require(self.context_turns > 0, "context_turns", self.context_turns, "above 0")
        require(
            self.remembered_turns >= self.context_turns,
            "remembered_turns",
            self.remembered_turns,
            f"at least context_turns ({self.context_turns})",
        )
        require(self.candidates > 0, "candidates", self.candidates, "above 0")
