"""A tokenizer of any kind grown by what new texts need, and nothing that they do not use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from nlp.errors import UsageError
from nlp.growth.candidates import Candidate, Grower
from nlp.tokenizers.protocol import UNK, Tokenizer
from nlp.tokenizers.sampling import sample_lines
from nlp.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from nlp.tokenizers.spacing import surface_of
from nlp.tokenizers.word_tokenizer import WordTokenizer

MOST_TEXTS = 40_000
"""Texts sampled to find new pieces in, a bound on time and memory."""


@dataclass(frozen=True)
class Growth:
    """A grown tokenizer and how it came about. The tuples of new ids have an entry for each, in their order."""

    tokenizer: Tokenizer
    old_size: int
    """Ids of the old tokenizer; the new ones follow."""
    new_surfaces: tuple[str, ...]
    """What each new id spells (see `Tokenizer.surfaces`)."""
    uses: tuple[int, ...]
    """How often the texts use each new id; too rarely only where others are reached through it (kind "bpe")."""
    pieces_of_new: tuple[tuple[int, ...], ...]
    """The old ids, at least one, that stood for each new one; UNK only where there was nothing else."""
    dropped: tuple[str, ...]
    """What was tried, spelled as `new_surfaces`, and is left out: the texts hardly use it, or are longer with it."""


def grow_tokenizer(tokenizer: Tokenizer, texts: Iterable[str], most_new: int, *, least_count: int = 2) -> Growth:
    """Add at most `most_new` ids that `texts` use at least `least_count` times each: missing characters first, then
    what shortens the texts most.

    `texts` are as the tokenizer is given them: normalised, and with tags where the model has tags. Old ids never move,
    and a text that holds none of the new surfaces (a leading space counted where it follows one or starts the text)
    encodes as before. No text becomes longer, if a run of unknown characters counts by its characters.

    Raises:
        UsageError: a number is out of range, or nothing can be added to this kind of tokenizer.
        BundleError: the tokenizer's model is not one that Kuaizui trains.
        TrainingError: `texts` hold no text.
    """
    if most_new < 0 or least_count < 1:
        raise UsageError(f"most_new = {most_new} must be 0 or more, and least_count = {least_count} 1 or more.")
    grower, sample = grower_of(tokenizer), sample_lines(texts, MOST_TEXTS)
    candidates = grower.candidates(sample, most_new, least_count)
    grown, kept, uses = _settle(grower, candidates, sample, tokenizer, least_count)
    remaining = {candidate.token for candidate in kept}
    return Growth(
        grown,
        tokenizer.vocab_size,
        tuple(grown.surfaces()[tokenizer.vocab_size :]),
        tuple(uses),
        tuple(tuple(grower.parts(candidate.token)) for candidate in kept),
        tuple(surface_of(each.token) for each in candidates if each.token not in remaining),
    )


def grower_of(tokenizer: Tokenizer) -> Grower:
    """The way in which this tokenizer can grow.

    Raises:
        UsageError: it is of no kind that can.
        BundleError: its model is not one that Kuaizui trains.
    """
    if isinstance(tokenizer, WordTokenizer):
        from nlp.growth.word_kinds import WordGrower

        return WordGrower(tokenizer)
    if isinstance(tokenizer, SentencePieceTokenizer):
        from nlp.growth.sentencepiece_kinds import SentencePieceGrower

        return SentencePieceGrower(tokenizer)
    raise UsageError(f"Nothing can be added to a tokenizer of the class {type(tokenizer).__name__}.")


def read_length(tokenizer: Tokenizer, text: str) -> int:
    """Ids of a normalised text, where what is unknown counts by its characters: it has one UNK however long it is."""
    ids, unknown = tokenizer.encode_with_unknown(text)
    return len(ids) - len(unknown) + sum(map(len, unknown))


def _settle(
    grower: Grower, candidates: Sequence[Candidate], texts: Sequence[str], old: Tokenizer, least_count: int
) -> tuple[Tokenizer, list[Candidate], list[int]]:
    """Leave out candidates, and try again without them, until all that remain are of use; with the uses of each."""
    lengths, kept = [read_length(old, text) for text in texts], list(candidates)
    while True:
        grown = grower.grown(kept)
        uses, longer = _try_out(grown, texts, lengths, old.vocab_size)
        harmful = {place for text in longer for place in _to_blame(old, grown, text)}
        useful = {kept[place].token for place, count in uses.items() if count >= least_count and place not in harmful}
        for candidate in reversed(kept):  # halves are older than what is made of them
            if candidate.token in useful:
                useful |= candidate.halves
        if all(candidate.token in useful for candidate in kept):
            return grown, kept, [uses[place] for place in range(len(kept))]
        kept = [candidate for candidate in kept if candidate.token in useful]


def _try_out(
    grown: Tokenizer, texts: Sequence[str], lengths: Sequence[int], old_size: int
) -> tuple[Counter[int], list[str]]:
    """How often `texts` use each new id, counted from 0; and the texts that are longer than `lengths` says."""
    uses: Counter[int] = Counter()
    longer: list[str] = []
    for text, length in zip(texts, lengths, strict=True):
        new = [number - old_size for number in grown.encode(text) if number >= old_size]
        uses.update(new)
        if new and read_length(grown, text) > length:
            longer.append(text)
    return uses, longer


def _to_blame(old: Tokenizer, grown: Tokenizer, text: str) -> set[int]:
    """The new ids, counted from 0, that can have made a text longer: those that begin or end inside an old piece.

    A unigram model prefers likely pieces to few, so a new one can win over two old ones that it cuts into three.
    """
    borders = {0, *(end for _, end in _ends(old, text))}
    blamed, new, start = set(), set(), 0
    for number, end in _ends(grown, text):
        if number >= old.vocab_size:
            new.add(number - old.vocab_size)
            if not {start, end} <= borders:
                blamed.add(number - old.vocab_size)
        start = end
    return blamed or new


def _ends(tokenizer: Tokenizer, text: str) -> list[tuple[int, int]]:
    """Each id of a text and where in it, or in it behind a space, what the id spells ends."""
    ids, unknown = tokenizer.encode_with_unknown(text)
    surfaces, rest = tokenizer.surfaces(), iter(unknown)
    ends = accumulate(len(next(rest) if number == UNK else surfaces[number]) for number in ids)
    return list(zip(ids, ends, strict=True))
