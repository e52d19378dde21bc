"""New pieces for the kinds "unigram" and "bpe", written into the serialised SentencePiece model.

The model is a protocol buffer, and those can be added to by appending bytes: repeated fields become longer, and of any
other the last one counts. So nothing of the old model is written anew, and no protobuf library is needed (the one that
SentencePiece's own Python module asks for is younger than what many TensorFlow releases allow).
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any, cast

from nlp.errors import BundleError
from nlp.growth.candidates import Candidate
from nlp.growth.merges import MAX_PIECE_CHARACTERS, Merges, could_be_one, runs
from nlp.tokenizers.protocol import SPECIAL_TOKENS, UNK
from nlp.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from nlp.tokenizers.spacing import SPACE_MARK

_COUNTED, _FLOAT = 2, 5  # wire types: bytes behind their number, four bytes
_MODEL_PIECES = _PIECE_TEXT = 1  # field numbers in sentencepiece_model.proto
_PIECE_SCORE = 2
_AS_IT_STANDS = bytes([0x1A, 4, 0x18, 0, 0x20, 0])
"""normalizer_spec { add_dummy_prefix: false  remove_extra_whitespaces: false }"""


class SentencePieceGrower:
    """A `Grower` for a SentencePiece tokenizer.

    New unigram scores are natural logarithms of relative frequency, as old ones are, and lie within the old ones: the
    penalty of unknown characters follows from the lowest. New BPE scores follow on the old ones, so that no new merge
    comes before an old one.
    """

    def __init__(self, tokenizer: SentencePieceTokenizer) -> None:
        """Grow `tokenizer`, which stays as it is.

        Raises:
            BundleError: the model spells unknown characters byte by byte, so that no character is ever missing.
        """
        self._old = tokenizer
        processor = _processor(tokenizer.model)
        if any(processor.is_byte(number) for number in range(tokenizer.vocab_size)):
            raise BundleError(
                "The tokenizer spells unknown characters byte by byte. Kuaizui does not train such tokenizers and "
                "cannot add to them: train a new model instead."
            )
        ordinary = range(len(SPECIAL_TOKENS), tokenizer.vocab_size)
        self._known = {cast(str, processor.id_to_piece(number)) for number in ordinary}
        scores = [cast(float, processor.get_score(number)) for number in ordinary]
        self._lowest, self._highest = min(scores), max(scores)
        self._bare = _processor(tokenizer.model + _AS_IT_STANDS)

    def candidates(self, texts: Sequence[str], most: int, least_count: int) -> list[Candidate]:
        """Missing characters by frequency, then joined pieces."""
        missing = self._missing_characters(texts)
        frequent = sorted((each for each in missing if missing[each] >= least_count), key=lambda c: (-missing[c], c))
        characters = [Candidate(each, self._lowest) for each in frequent[:most]]
        spelled = self._spelled(self.grown(characters), texts)
        total = sum(map(len, spelled))
        merges = Merges(Counter(chain.from_iterable(map(runs, spelled))), self._is_new_piece)
        joined = self._join(merges, most - len(characters), least_count)
        if self._old.kind == "bpe":
            new = [*characters, *(Candidate(token, halves=frozenset(merges.halves[token])) for token in joined)]
            return [Candidate(each.token, self._lowest - 1 - rank, each.halves) for rank, each in enumerate(new)]
        counts = missing + Counter({token: merges.counts[token] for token in joined})
        return [
            Candidate(token, min(max(math.log(counts[token] / total), self._lowest), self._highest))
            for token in chain(frequent[:most], joined)
        ]

    def grown(self, candidates: Sequence[Candidate]) -> SentencePieceTokenizer:
        """The tokenizer with `candidates` behind its own pieces."""
        appended = b"".join(_piece(candidate.token, candidate.score) for candidate in candidates)
        return SentencePieceTokenizer(self._old.kind, self._old.model + appended)

    def parts(self, token: str) -> list[int]:
        """Ids of the old pieces that spell `token` where it stands, in the middle of a word too."""
        ids = cast(list[int], self._bare.encode(token.replace(SPACE_MARK, " "), out_type=int))
        return [number for number in ids if number != UNK] or [UNK]

    def _missing_characters(self, texts: Sequence[str]) -> Counter[str]:
        surfaces = (surface for text in texts for surface in self._old.encode_with_unknown(text)[1])
        return Counter(character for surface in surfaces for character in surface.replace(" ", SPACE_MARK))

    def _spelled(self, tokenizer: SentencePieceTokenizer, texts: Sequence[str]) -> list[list[str | None]]:
        """The pieces of each text, None where one is unknown."""
        pieces: list[str | None] = [surface.replace(" ", SPACE_MARK) for surface in tokenizer.surfaces()]
        pieces[UNK] = None
        return [[pieces[number] for number in tokenizer.encode(text)] for text in texts]

    def _is_new_piece(self, joined: str) -> bool:
        return len(joined) <= MAX_PIECE_CHARACTERS and joined not in self._known and could_be_one(joined)

    def _join(self, merges: Merges, room: int, least_count: int) -> list[str]:
        """Joined pieces in their order, at most `room`. BPE needs all of them; a unigram model reaches a long piece
        without the shorter ones, so that those which have been used up count no more and are left out."""
        joined: list[str] = []
        used_up = 0
        while len(joined) < room + used_up and (token := merges.join(least_count)):
            joined.append(token)
            if self._old.kind == "unigram" and len(joined) == room + used_up:
                used_up = sum(merges.counts[each] < least_count for each in joined)
        if self._old.kind == "bpe":
            return joined
        return [each for each in joined if merges.counts[each] >= least_count]


def _processor(model: bytes) -> Any:
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_proto=model)


def _piece(text: str, score: float) -> bytes:
    """An entry of a model's list of pieces, ready to be appended to the model."""
    body = bytes([_PIECE_TEXT << 3 | _COUNTED]) + _counted(text.encode("utf-8"))
    return bytes([_MODEL_PIECES << 3 | _COUNTED]) + _counted(
        body + bytes([_PIECE_SCORE << 3 | _FLOAT]) + struct.pack("<f", score)
    )


def _counted(content: bytes) -> bytes:
    assert len(content) < 0x80, "MAX_PIECE_CHARACTERS keeps lengths to one byte"
    return bytes([len(content)]) + content
