"""Prompts that a model is judged by later, kept out of what it learns from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from corpora.digests import bare
from corpora.pairs import Record
from corpora.readers.lines import read_lines
from corpora.readers.problems import raise_problem


class HeldOutPrompt(NamedTuple):
    """One thing said to a model to judge it."""

    text: str
    expected: str = ""
    """What a right answer does, in words; empty where only a reader's sense decides."""


def read_prompts(path: Path) -> Iterator[HeldOutPrompt]:
    """The prompts of a file. A line is a prompt, or `kind<TAB>prompt`, or `kind<TAB>prompt<TAB>expected`.

    Raises:
        CorpusError: the file is missing or cannot be read.
    """
    for line in read_lines(path, raise_problem):
        if text := line.text.strip("\r\n"):
            fields = text.split("\t")
            yield HeldOutPrompt(fields[0]) if len(fields) == 1 else HeldOutPrompt(*fields[1:3])


def read_held_out(files: Iterable[Path]) -> frozenset[str]:
    """The prompts of `files`, bare.

    Raises:
        CorpusError: a file is missing or cannot be read.
    """
    return frozenset(bare(prompt.text) for path in files for prompt in read_prompts(path))


def without_held_out(records: Iterable[Record], prompts: frozenset[str]) -> Iterator[Record]:
    """The records whose last turn, bare, is none of the bare `prompts`."""
    return (record for record in records if bare(record.pair.turns[-1]) not in prompts)
