"""Outputs that must hold a certain word.

First the model writes freely; where the word came by itself, those outputs are taken. Where it did not, the best free
output is cut at each place where a word may stand, the word is put there, and the search goes on from it: the best of
what comes out, by score, is the answer. So the word lands where the model minds it least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nlp.config import SearchConfig
from nlp.constraints import contains_word
from nlp.encoding import encode_known
from nlp.search import Hypothesis, S, Stepper, search
from nlp.text import has_han, normalize
from nlp.tokenizers import UNK, Tokenizer

OPENINGS_AT_ONCE = 64
"""Continuations decoded in one batch: a bound on memory."""


def search_with_word(
    stepper: Stepper[S],
    sources: Sequence[Sequence[int]],
    config: SearchConfig,
    tokenizer: Tokenizer,
    unknown: Sequence[Sequence[str]] = (),
) -> list[list[Hypothesis]]:
    """As `nlp.search.search`, with `config.required_word` in every output.

    A source ends up without any where other rules bar the word, or where the vocabulary cannot spell it and the source
    does not hold it either; `unknown` are each source's words outside the vocabulary.
    """
    surfaces, word = tokenizer.surfaces(), normalize(config.required_word)
    lacked = unknown or [()] * len(sources)
    spellings = [_spelling(tokenizer, word, words) for words in lacked]
    free = replace(config, required_word="")

    def holding(source: int, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
        return [each for each in hypotheses if contains_word(tokenizer.decode(each.tokens, lacked[source]), word)]

    if not any(spellings):
        return [[] for _ in sources]
    outputs = search(stepper, sources, free, surfaces=surfaces, unknown=lacked)
    found = [holding(source, hypotheses) for source, hypotheses in enumerate(outputs)]
    tries = [
        (source, opening)
        for source, spelling in enumerate(spellings)
        if spelling and not found[source]
        for opening in _openings(
            outputs[source][0].tokens if outputs[source] else (), spelling, [*surfaces, *lacked[source]]
        )
    ]
    for start in range(0, len(tries), OPENINGS_AT_ONCE):
        chunk = tries[start : start + OPENINGS_AT_ONCE]
        continued = search(
            stepper,
            [sources[source] for source, _ in chunk],
            free,
            surfaces=surfaces,
            unknown=[lacked[source] for source, _ in chunk],
            openings=[opening for _, opening in chunk],
        )
        for (source, _), hypotheses in zip(chunk, continued, strict=True):
            found[source].extend(holding(source, hypotheses))
    return [_best(hypotheses, config.n_best) for hypotheses in found]


def _spelling(tokenizer: Tokenizer, word: str, unknown: Sequence[str]) -> list[int]:
    """Ids that spell `word` for a source with these words outside the vocabulary; none where there are no such ids."""
    ids = encode_known(tokenizer, word, unknown)
    return [] if UNK in ids else ids


def _openings(tokens: Sequence[int], spelling: Sequence[int], surfaces: Sequence[str]) -> list[tuple[int, ...]]:
    """Beginnings of `tokens` followed by the word, one for each place where a word may stand."""

    def is_place(position: int) -> bool:
        if position in (0, len(tokens)):
            return True
        here = surfaces[tokens[position]]
        return here.startswith(" ") or has_han(here)

    return [(*tokens[:position], *spelling) for position in range(len(tokens) + 1) if is_place(position)]


def _best(hypotheses: Sequence[Hypothesis], count: int) -> list[Hypothesis]:
    distinct = {hypothesis.tokens: hypothesis for hypothesis in hypotheses}
    return sorted(distinct.values(), key=lambda hypothesis: -hypothesis.score)[:count]
