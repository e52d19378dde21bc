"""News leads that come with Kuaizui: invented beginnings of articles, for a model to practise its old skill on.

`corpora/newsroom/LANGUAGE/*.txt` holds a lead a line; its slots `{a|b}` are filled at random, so that one line tells
many stories. They have no headlines: those the model writes itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from corpora.digests import digest
from corpora.errors import CorpusError
from corpora.paraphrase.grammar import filled
from corpora.readers.lines import read_lines
from corpora.readers.problems import raise_problem

NEWSROOM = Path(__file__).parent / "newsroom"
HELD_OUT = 8
"""One line in so many is kept for probing what a model has kept, and never practised on."""
MOST_ROUNDS = 50
"""Times that every line is filled anew in search of another text."""


def news_leads(language: str, count: int, seed: int, *, held_out: bool = False, folder: Path = NEWSROOM) -> list[str]:
    """At most `count` different leads, the same from the same seed, every line used about equally often.

    Those of `held_out` come from other lines than the rest.

    Raises:
        CorpusError: the language has no leads, or a file cannot be read.
    """
    files = sorted((folder / language).glob("*.txt"))
    lines = [line.text.strip() for file in files for line in read_lines(file, raise_problem)]
    kept = [line for line in lines if line and (digest("lead", line) % HELD_OUT == 0) == held_out]
    if not kept:
        raise CorpusError(f"{folder / language}: there are no news leads for this language.")
    return list(islice(dict.fromkeys(_told(kept, random.Random(seed))), count))


def _told(lines: list[str], chance: random.Random) -> Iterator[str]:
    for _ in range(MOST_ROUNDS):
        chance.shuffle(lines)
        for line in lines:
            yield filled(line, chance)
