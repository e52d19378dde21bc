"""A prepared corpus on disk: `train.jsonl`, `validation.jsonl` and `test.jsonl` in one folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora.pairs import Pair
from corpora.readers import read_records
from corpora.report import PreparationReport
from corpora.splitting import SPLITS, Split

# `json.dumps` would build an encoder for every pair.
_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class InputFile:
    """One file that went into a prepared corpus."""

    name: str
    """Without its folder."""
    sha256: str
    bytes: int
    """Size of the file as it lies on disk."""
    pairs: int
    """Pairs of it that were kept."""


@dataclass(frozen=True)
class Prepared:
    """The result of `corpora.preparation.prepare`."""

    directory: Path
    counts: dict[Split, int]
    """Pairs in each split."""
    report: PreparationReport
    inputs: tuple[InputFile, ...]
    """In the order in which they were given."""

    def path(self, split: Split) -> Path:
        """The file of a split, for `read_prepared`."""
        return split_path(self.directory, split)

    def lines(self) -> list[str]:
        """What was read, kept and dropped, and the size of each split, as text for a person."""
        rows = [*self.report.lines(), ", ".join(f"{split} {self.counts[split]:,}" for split in SPLITS)]
        rows.extend(
            f"The {split} set is empty: its share is 0, or too small for so few groups of pairs (see "
            f"{split}_share, block_lines)."
            for split in SPLITS
            if not self.counts[split]
        )
        return rows

    def as_dict(self) -> dict[str, Any]:
        """Plain values for `provenance.json`, without the name of any folder."""
        return {
            "counts": dict(self.counts),
            "report": self.report.as_dict(),
            "inputs": [vars(file).copy() for file in self.inputs],
        }


def split_path(directory: Path, split: Split) -> Path:
    """Where the file of a split lies in the folder of a prepared corpus."""
    return directory / f"{split}.jsonl"


def read_prepared(path: Path) -> Iterator[Pair]:
    """The pairs of one split, streamed.

    Raises:
        CorpusError: the file is missing, or any line of it is damaged.
    """
    return (record.pair for record in read_records(path))


class PairWriter:
    """Writes pairs as JSONL and counts them. A context manager, which closes the file."""

    def __init__(self, path: Path) -> None:
        """Open `path` for writing, over what lies there."""
        self.count = 0
        self._file = path.open("wb")

    def __enter__(self) -> PairWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, pair: Pair, **more: Any) -> None:
        """Write a pair, with further keys that JSON can hold."""
        values = {"turns": pair.turns, "target": pair.target, "weight": pair.weight, **more}
        if pair.style:
            values["style"] = pair.style
        self._file.write(_encode(values).encode() + b"\n")
        self.count += 1


def describe_input(path: Path, pairs: int, files: Sequence[Path]) -> InputFile:
    """Size and SHA-256 of a file, or of the `files` of a folder one after another, read in pieces."""
    sha256 = hashlib.sha256()
    for each in files:
        with each.open("rb") as file:
            while piece := file.read(2**20):
                sha256.update(piece)
    name = f"{path.parent.name}/{path.name}" if path.is_dir() else path.name
    return InputFile(name, sha256.hexdigest(), sum(each.stat().st_size for each in files), pairs)
