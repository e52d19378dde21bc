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
from nlp.search import Hypothesis, S, Stepper, search
from nlp.text import has_han, normalize
from nlp.tokenizers import UNK, Tokenizer

OPENINGS_AT_ONCE = 64
"""Continuations decoded in one batch: a bound on memory."""


def search_with_word(
    stepper: Stepper[S], sources: Sequence[Sequence[int]], config: SearchConfig, tokenizer: Tokenizer
) -> list[list[Hypothesis]]:
    """As `nlp.search.search`, with `config.required_word` in every output.

    A source ends up without any where other rules bar the word, and all do where the vocabulary cannot spell it.
    """
    surfaces, word = tokenizer.surfaces(), normalize(config.required_word)
    spelling = tokenizer.encode(word)
    if not spelling or UNK in spelling:
        return [[] for _ in sources]
    free = replace(config, required_word="")

    def holding(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
        return [each for each in hypotheses if contains_word(tokenizer.decode(each.tokens), word)]

    outputs = search(stepper, sources, free, surfaces=surfaces)
    found = [holding(hypotheses) for hypotheses in outputs]
    lacking = [source for source, hypotheses in enumerate(found) if not hypotheses]
    tries = [
        (source, opening)
        for source in lacking
        for opening in _openings(outputs[source][0].tokens if outputs[source] else (), spelling, surfaces)
    ]
    for start in range(0, len(tries), OPENINGS_AT_ONCE):
        chunk = tries[start : start + OPENINGS_AT_ONCE]
        continued = search(
            stepper,
            [sources[source] for source, _ in chunk],
            free,
            surfaces=surfaces,
            openings=[opening for _, opening in chunk],
        )
        for (source, _), hypotheses in zip(chunk, continued, strict=True):
            found[source].extend(holding(hypotheses))
    return [_best(hypotheses, config.n_best) for hypotheses in found]


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
