"""Training, validation and test sets that share no text, the same from the same seed in any order of files.

Pairs travel in groups that no split may cut. A headline's group is its source, lower-cased and without whitespace, in
whatever file it stands. A dialogue pair's group is its conversation where the file names one, else a block of
neighbouring lines, since neighbouring lines repeat each other's turns. A conversation that runs over the border of two
blocks is the business of `corpora.borders`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from corpora.digests import DIGEST_BITS, digest, folded
from corpora.errors import CorpusError
from corpora.pairs import Record

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class SplitConfig:
    """How pairs are shared out."""

    task: Literal["headlines", "dialogue"] = "headlines"
    """What makes a group: the source, or the conversation."""
    validation_share: float = 0.01
    test_share: float = 0.01
    max_validation_pairs: int = 5_000
    """Groups beyond this number of pairs go to training."""
    max_test_pairs: int = 5_000
    block_lines: int = 200
    """Neighbouring lines of a dialogue file that stay together."""
    border_lines: int = 20
    """How far a conversation may reach over the border of two blocks: above the number of turns in a source, times
    the number of replies that the file gives to one source."""
    seed: int = 1

    def __post_init__(self) -> None:
        shares = (self.validation_share, self.test_share)
        if min(shares) < 0 or sum(shares) >= 1:
            raise CorpusError(
                f"validation_share = {shares[0]} and test_share = {shares[1]} cannot work; "
                "they must be 0 or more and leave something for training."
            )
        if self.block_lines < 1 or self.border_lines < 0:
            raise CorpusError(
                f"block_lines = {self.block_lines} and border_lines = {self.border_lines} cannot work; "
                "they must be at least 1 and 0."
            )
        least = self.block_lines if self.task == "dialogue" else 1
        for name, share in zip(("max_validation_pairs", "max_test_pairs"), shares, strict=True):
            if share > 0 and getattr(self, name) < least:
                raise CorpusError(
                    f"{name} = {getattr(self, name)} cannot work; it must be at least {least}"
                    f"{', since blocks are never cut (see block_lines)' if least > 1 else ''}."
                )


def group_of(record: Record, config: SplitConfig) -> int:
    """The group of a normalised record, as a number below 2**64 that is spread evenly."""
    seed = str(config.seed)
    if config.task == "headlines":
        return digest("source", seed, *map(folded, record.pair.turns))
    if record.conversation is not None:
        return digest("conversation", seed, record.conversation)
    block = (record.line - 1) // config.block_lines
    return digest("block", seed, _uncompressed_name(record.path), str(block))


def split_of_group(group: int, config: SplitConfig) -> Split:
    """The split of a group by the shares alone, before the limits on the number of pairs."""
    position = group / 2**DIGEST_BITS
    if position < config.validation_share:
        return "validation"
    if position < config.validation_share + config.test_share:
        return "test"
    return "train"


def split_of(record: Record, config: SplitConfig) -> Split:
    """The split of a normalised record by the shares alone, before the limits on the number of pairs."""
    return split_of_group(group_of(record, config), config)


def groups_within(pairs_per_group: Mapping[int, int], max_pairs: int) -> frozenset[int]:
    """The groups that make up a held-out set of at most `max_pairs` pairs.

    They come in the order of their numbers, which is as good as chance but depends on nothing else; the first that
    would pass the limit ends the set. So a growing corpus moves groups from a held-out set into training, never back.
    """
    chosen: list[int] = []
    pairs = 0
    for group in sorted(pairs_per_group):
        pairs += pairs_per_group[group]
        if pairs > max_pairs:
            break
        chosen.append(group)
    return frozenset(chosen)


def _uncompressed_name(path: str) -> str:
    """The file's name alone: neither moving a corpus nor packing it changes its splits."""
    return PurePath(path).name.removesuffix(".gz").removesuffix(".xz")
