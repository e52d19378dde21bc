"""New tokens for the kinds "words", "jieba" and "characters": what they split off and do not know, by frequency."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from nlp.growth.candidates import Candidate
from nlp.text import HAN_RANGES
from nlp.tokenizers.protocol import UNK
from nlp.tokenizers.spacing import SPACE_MARK
from nlp.tokenizers.word_tokenizer import WordTokenizer

_HAN_WORD = re.compile(f"[{HAN_RANGES}]+")


class WordGrower:
    """A `Grower` for a word tokenizer."""

    def __init__(self, tokenizer: WordTokenizer) -> None:
        """Grow `tokenizer`, which stays as it is."""
        self._old = tokenizer

    def candidates(self, texts: Sequence[str], most: int, least_count: int) -> list[Candidate]:
        """Unknown tokens, single characters first, then by frequency, ties by code point."""
        known = self._old.vocabulary
        counts = Counter(token for text in texts for token in self._old.split(text) if token not in known)
        frequent = [token for token, count in counts.items() if count >= least_count]
        frequent.sort(key=lambda token: (len(_bare(token)) > 1, -counts[token], token))
        return [Candidate(token) for token in frequent[:most]]

    def grown(self, candidates: Sequence[Candidate]) -> WordTokenizer:
        """The tokenizer with `candidates` behind its own words."""
        return self._old.extended(candidate.token for candidate in candidates)

    def parts(self, token: str) -> list[int]:
        """Known ids for an unknown `token`: its mark and the word itself; else the word with or without a mark or in
        other letter case; else the longest known parts of a Chinese word; else UNK."""
        known, bare = self._old.vocabulary, _bare(token)
        if token != bare and bare in known and SPACE_MARK in known:
            return [known.id_of(SPACE_MARK), known.id_of(bare)]
        for cased in (bare, bare.lower(), bare.capitalize(), bare.upper()):
            for like in (SPACE_MARK + cased, cased):
                if cased and like in known:
                    return [known.id_of(like)]
        return self._chinese_parts(bare) or [UNK]

    def _chinese_parts(self, word: str) -> list[int]:
        """Ids of known parts of `word`, at each place the longest; unknown characters between them are left out."""
        found: list[int] = []
        start = 0
        while start < len(word) and _HAN_WORD.fullmatch(word):
            ends = (end for end in range(len(word), start, -1) if word[start:end] in self._old.vocabulary)
            end = next(ends, start)
            if end > start:
                found.append(self._old.vocabulary.id_of(word[start:end]))
            start = max(end, start + 1)
        return found


def _bare(token: str) -> str:
    return token.removeprefix(SPACE_MARK)
