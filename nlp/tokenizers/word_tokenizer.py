"""What the kinds "words", "jieba" and "characters" share: a splitter in front of a frequency vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from nlp.tokenizers.files import write_metadata
from nlp.tokenizers.protocol import UNK, spell
from nlp.tokenizers.spacing import SPACE_MARK, surface_of
from nlp.tokenizers.vocabulary import Vocabulary, count_vocabulary

Splitter = Callable[[str], Iterable[str]]
"""Text to tokens, spaces kept as marks (see `nlp.tokenizers.spacing`)."""


class WordTokenizer:
    """Ids of the tokens that `split` makes, and their text with its spacing.

    A marked token outside the vocabulary falls back to the bare mark and the token without it, if both are known.
    """

    def __init__(self, kind: str, vocabulary: Vocabulary, split: Splitter, user_dictionary: Sequence[str] = ()) -> None:
        """Join a kind's splitter and its vocabulary; `user_dictionary` is what `split` was made with."""
        self.kind = kind
        self.vocabulary = vocabulary
        self._split = split
        self._user_dictionary = tuple(user_dictionary)

    @property
    def vocab_size(self) -> int:
        """Number of ids, the five reserved ones included."""
        return len(self.vocabulary)

    def encode(self, text: str) -> list[int]:
        """Ids of one normalised text, without BOS or EOS; UNK for every token outside the vocabulary."""
        return [self.vocabulary.id_of(token) for token in self._tokens(text)]

    def encode_with_unknown(self, text: str) -> tuple[list[int], list[str]]:
        """The ids that `encode` gives, and what each UNK among them adds to a text."""
        tokens = list(self._tokens(text))
        ids = [self.vocabulary.id_of(token) for token in tokens]
        return ids, [surface_of(token) for token, number in zip(tokens, ids, strict=True) if number == UNK]

    def split(self, text: str) -> list[str]:
        """The marked tokens of one normalised text (see `nlp.tokenizers.spacing`), inside the vocabulary or not."""
        return list(self._split(text))

    def extended(self, tokens: Iterable[str]) -> WordTokenizer:
        """This tokenizer with more marked `tokens`, distinct and none of its own; all ids stay."""
        return WordTokenizer(self.kind, self.vocabulary.extended(tokens), self._split, self._user_dictionary)

    def decode(self, ids: Sequence[int], unknown: Sequence[str] = ()) -> str:
        """The text of `ids`, spacing restored; the reserved ids leave no trace."""
        return spell(self._surfaces, ids, unknown)

    def surfaces(self) -> list[str]:
        """What each id adds to a decoded text, its leading space included; always the same list."""
        return self._surfaces

    @cached_property
    def _surfaces(self) -> list[str]:
        return [surface_of(self.vocabulary.token_of(number)) for number in range(self.vocab_size)]

    def save(self, directory: Path) -> None:
        """Write `tokenizer.json` and `vocabulary.txt` into `directory`."""
        self.vocabulary.save(directory)
        options = {"user_dictionary": list(self._user_dictionary)} if self.kind == "jieba" else {}
        write_metadata(directory, self.kind, **options)

    def _tokens(self, text: str) -> Iterator[str]:
        for token in self._split(text):
            yield from self._fall_back(token)

    def _fall_back(self, token: str) -> Iterator[str]:
        if token not in self.vocabulary and token.startswith(SPACE_MARK):
            bare = token[len(SPACE_MARK) :]
            if bare in self.vocabulary and SPACE_MARK in self.vocabulary:
                yield SPACE_MARK
                yield bare
                return
        yield token


def learn_vocabulary(split: Splitter, lines: Iterable[str], size: int) -> Vocabulary:
    """A vocabulary of at most `size` ids: the bare space mark and the most frequent tokens of `lines`, normalised."""
    return count_vocabulary((token for line in lines for token in split(line)), size, always=SPACE_MARK)
