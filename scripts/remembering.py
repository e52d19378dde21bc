"""What a chat model is to remember word for word, from the pairs of its run (see `nlp.memory`)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from corpora import read_prepared
from corpora.prepared import split_path
from nlp.memory import MEMORY_FILE, Memory
from scripts.run_folder import RunFolder

MOST_PAIRS = 100_000
"""Enough for the small talk and a corpus beside it; with more, a memory would outgrow its model."""
OVERRULED = 0.7
"""A parent's wording as near as this to a new one is forgotten: what is new is to be said there."""


def write_memory(run: RunFolder, style: str, folder: Path) -> None:
    """Write the memory of a run into the folder of its model: its pairs of one turn that are in `style`, if any.

    A retrained model keeps what its parent remembers, but for wordings that the new pairs answer.
    """
    memory = Memory.of(_pairs(run, style))
    if (run.root / MEMORY_FILE).is_file():
        memory = memory.over(Memory.load(run.root / MEMORY_FILE), OVERRULED)
    if len(memory):
        memory.save(folder / MEMORY_FILE)


def keep_memory(run: RunFolder, parent: Path) -> None:
    """Keep in the run what the model in the folder `parent` remembers, which need not be there when it is exported."""
    if (parent / MEMORY_FILE).is_file():
        shutil.copyfile(parent / MEMORY_FILE, run.root / MEMORY_FILE)


def _pairs(run: RunFolder, style: str) -> Iterator[tuple[str, str]]:
    left = MOST_PAIRS
    for pair in read_prepared(split_path(run.data, "train")):
        if left and len(pair.turns) == 1 and pair.weight > 0 and pair.style == style:
            left -= 1
            yield pair.turns[0], pair.target
