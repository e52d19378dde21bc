"""A model as the teacher of its own successor, so that the successor keeps the old skill without the old corpora.

Training on new pairs alone makes a network forget, because nothing in them holds it to what it said elsewhere. What it
said elsewhere can be asked: the parent writes, and the successor learns from that beside the new pairs. (Sequence-level
distillation: Kim and Rush 2016, arXiv 1606.07947; against forgetting: Li and Hoiem 2016, arXiv 1606.09282.)

It is asked in two places, which are not worth the same:

* **New sources.** The parent's output for a new source shows the old register on the new topics. But that source has a
  new target too, and a network cannot give two answers: in full weight such pairs would hold back the very thing that
  is to be learned. So they are few and weigh little, as one would soften a label.
* **Other sources.** Nothing contradicts what the parent says about texts that the new corpus does not have. It writes
  headlines for news leads that come with Kuaizui (`corpora.leads`). What people say in a chat it can make up itself:
  started on words drawn at random from its vocabulary, by rank, it samples some replies, then others to those, and
  little of the first random words is left; half of them stand with what they answer, and the parent goes on.

Nothing of any corpus is quoted here, but a network can repeat what it has learned by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nlp.config import SearchConfig
from nlp.generator import TextGenerator
from nlp.text import normalize
from nlp.tokenizers import SEP

Turns = tuple[str, ...]

ROUNDS = 2
"""Times that the parent writes on from what it wrote."""
NONSENSE_WORDS = (8, 24)
"""Least and most vocabulary entries that the first round reads."""
FLAT_RANKS = 50
"""The entry of rank r is drawn with 1 / (r + this): Zipf's law, with its head cut flat."""
ALONE = 0.5
"""Share of made-up prompts of a chat without the turn before."""
KEPT_PROBABILITY = 0.95
"""Of each step of the sampling; the rest is where nonsense comes from."""
_WINDOW = 256  # sources between two reports of progress


@dataclass(frozen=True)
class Taught:
    """What the parent writes for a source."""

    turns: Turns
    target: str
    style: str = ""
    """The register that it was asked for; empty where it judged by the source."""


def teach(
    parent: TextGenerator,
    sources: Sequence[Turns],
    *,
    every_style: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Taught]:
    """The parent's outputs for `sources`, in the order of these; a source without an output is left out.

    The search is the one it ships with, but for the choice by facts, which may put a piece of the article in place of
    what the network wrote. With `every_style`, no style and each of the parent's styles take turns. `progress` is told
    of the number of sources done and of all.
    """
    styles = ("", *parent.model.styles) if every_style else ("",)
    found: dict[int, Taught] = {}
    done = 0
    for place, style in enumerate(styles):
        indices = range(place, len(sources), len(styles))
        search = replace(parent.search, n_best=1, faithful=False, style=style)
        for start in range(0, len(indices), _WINDOW):
            window = indices[start : start + _WINDOW]
            texts = _written(parent, [sources[index] for index in window], search)
            found |= {
                index: Taught(sources[index], text, style) for index, text in zip(window, texts, strict=True) if text
            }
            done += len(window)
            if progress:
                progress(done, len(sources))
    return [found[index] for index in sorted(found)]


def imagined_sources(parent: TextGenerator, count: int, seed: int = 1) -> list[Turns]:
    """At most `count` different sources that a chat model makes up; the same seed gives the same ones."""
    random = np.random.default_rng(seed)
    sources: list[Turns] = [(text,) for text in _nonsense(parent, count, random)]
    for number in range(ROUNDS):
        texts = _in_windows(parent, sources, _sampling(parent.search, seed + number))
        read = {text: source for source, text in zip(sources, texts, strict=True) if text}
        if not read:
            return []
        alone = random.random(len(read)) < (1.0 if number == 0 else ALONE)  # nonsense is not carried on
        sources = [(text,) if bare else (*read[text], text) for text, bare in zip(read, alone, strict=True)]
    return list(dict.fromkeys(sources))


def _in_windows(parent: TextGenerator, sources: Sequence[Turns], search: SearchConfig) -> list[str]:
    texts: list[str] = []
    for start in range(0, len(sources), _WINDOW):
        texts += _written(parent, sources[start : start + _WINDOW], search)
    return texts


def _written(parent: TextGenerator, sources: Sequence[Turns], search: SearchConfig) -> list[str]:
    """The best output for each source; empty where there is none."""
    generations = parent.generate(sources, search)
    return [normalize(each.candidates[0].text) if each.candidates else "" for each in generations]


def _sampling(search: SearchConfig, seed: int) -> SearchConfig:
    """One free draw per source, under the rules of the parent's own search."""
    return replace(
        search,
        strategy="sampling",
        beam_size=1,
        n_best=1,
        temperature=1.0,
        top_k=0,
        top_p=KEPT_PROBABILITY,
        faithful=False,
        anti_language_model=0.0,
        consensus=False,
        recall=0.0,
        diversity_penalty=0.0,
        seed=seed,
    )


def _nonsense(parent: TextGenerator, count: int, random: np.random.Generator) -> list[str]:
    """Texts of vocabulary entries; those of low ids are the frequent ones, whatever the kind of tokenizer."""
    surfaces = parent.tokenizer.surfaces()[SEP + 1 :]
    chances = 1 / (np.arange(len(surfaces)) + FLAT_RANKS)
    chances /= chances.sum()
    least, most = NONSENSE_WORDS
    lengths = random.integers(least, most + 1, size=count)
    return [normalize("".join(surfaces[i] for i in random.choice(len(surfaces), n, p=chances))) for n in lengths]
