"""Prompts that a model is judged by later, kept out of what it learns from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from corpora.digests import bare
from corpora.pairs import Record
from corpora.readers.lines import read_lines
from corpora.readers.problems import raise_problem


def read_held_out(files: Iterable[Path]) -> frozenset[str]:
    """The prompts of `files`, bare. A line is a prompt, or `kind<TAB>prompt<TAB>…`.

    Raises:
        CorpusError: a file is missing or cannot be read.
    """
    prompts: set[str] = set()
    for path in files:
        for line in read_lines(path, raise_problem):
            if text := line.text.strip("\r\n"):
                fields = text.split("\t")
                prompts.add(bare(fields[1] if len(fields) > 1 else fields[0]))
    return frozenset(prompts)


def without_held_out(records: Iterable[Record], prompts: frozenset[str]) -> Iterator[Record]:
    """The records whose last turn, bare, is none of the bare `prompts`."""
    return (record for record in records if bare(record.pair.turns[-1]) not in prompts)
