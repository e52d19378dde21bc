"""What a generator answers: candidates, and warnings for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlp.bundle import LANGUAGE_NAMES, BundleInfo
from nlp.config import ModelConfig, SearchConfig
from nlp.constraints import width

TRUNCATED = "truncated: only the first {limit} tokens of the text were read"
TRUNCATED_DIALOGUE = "truncated: only the last {limit} tokens of the conversation were read"
EMPTY = "empty: there is no text to read"
NO_WORDS = "wordless: the model found no words for this text"
UNWRITTEN = "unwritten: nothing with {word!r} in it can be written here; the vocabulary or another rule bars it"
TOO_SHORT = "short: {width:g} characters wide, under the {minimum:g} asked for; nothing longer was found"
FEWER = "fewer: {found} different outputs were found where {wanted} were asked for"
UNREADABLE = "unreadable: {share} of this text is in signs unknown to the model, whose language is {language}"
MAX_UNREADABLE = 0.5
"""Share of unknown tokens above which an output says more of the model than of the text."""


@dataclass(frozen=True)
class Candidate:
    """One output."""

    text: str
    score: float
    """Log-probability over the length penalty of the search; nearer to 0 is better."""
    log_probs: tuple[float, ...] = ()
    """Natural log-probability of each token, and of the end; none where the text was not written but remembered."""


@dataclass(frozen=True)
class Generation:
    """The answer to one source."""

    candidates: tuple[Candidate, ...]
    """Best first, distinct in text, up to `SearchConfig.n_best`; empty only where a warning says why."""
    warnings: tuple[str, ...]


def warnings_of(
    candidates: Sequence[Candidate],
    truncated: bool,
    unreadable: float,
    search: SearchConfig,
    model: ModelConfig,
    info: BundleInfo,
) -> Iterator[str]:
    """What a person should know of the `candidates` for a source of which a share of `unreadable` is unknown signs."""
    if unreadable > MAX_UNREADABLE:
        yield UNREADABLE.format(share=f"{unreadable:.0%}", language=LANGUAGE_NAMES[info.language])
    if truncated:
        template = TRUNCATED if info.task == "headlines" else TRUNCATED_DIALOGUE
        yield template.format(limit=model.max_source_tokens)
    if not candidates:
        yield UNWRITTEN.format(word=search.required_word) if search.required_word else NO_WORDS
        return
    narrowest = min(width(candidate.text) for candidate in candidates)
    if narrowest < search.min_characters:
        yield TOO_SHORT.format(width=narrowest, minimum=search.min_characters)
    if len(candidates) < search.n_best:
        yield FEWER.format(found=len(candidates), wanted=search.n_best)
