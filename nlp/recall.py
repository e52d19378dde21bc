"""The replies that a chat model remembers for nearly the same message, ranked by the model itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nlp.generation import Candidate
from nlp.memory import Memory
from nlp.search import TargetScore, length_penalty

NEARNESS_NATS = 10.0
"""What a cosine of 1 counts beside the log-probability of a reply: of two wordings the nearer one is likelier meant."""

Score = Callable[[Sequence[Sequence[str]], Sequence[str]], list[TargetScore]]
"""How likely each of the texts is after its source, as `TextGenerator.score` tells."""


def recalled(
    memory: Memory,
    sources: Sequence[Sequence[str]],
    least: float,
    alpha: float,
    score: Score,
    acceptable: Callable[[str], bool],
) -> list[tuple[Candidate, ...]]:
    """For each source the acceptable replies to wordings at least as near as `least` to its last turn, best first.

    They are ranked by nearness and by their log-probability after the whole source; a candidate's score is that over
    the length penalty of `alpha`, and it has no log-probabilities of tokens, since none was chosen.
    """
    near = [
        [(text, cosine) for text, cosine in memory.nearest(turns[-1], least) if acceptable(text)] if turns else []
        for turns in sources
    ]
    asked = [(turns, text) for turns, replies in zip(sources, near, strict=True) for text, _ in replies]
    scores = iter(score([turns for turns, _ in asked], [text for _, text in asked]))
    found = []
    for replies in near:
        worths = [
            (each.log_prob + NEARNESS_NATS * cosine, text, each)
            for text, cosine, each in ((*reply, next(scores)) for reply in replies)
        ]
        ranked = sorted(worths, key=lambda worth: -worth[0])
        found.append(
            tuple(Candidate(text, each.log_prob / length_penalty(each.tokens, alpha)) for _, text, each in ranked)
        )
    return found
