"""Subword pieces by SentencePiece: the kinds "unigram" and "bpe"."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from nlp.config import TokenizerConfig
from nlp.errors import BundleError, TrainingError
from nlp.text import script_language
from nlp.tokenizers.files import REPAIR, read_bytes, write_metadata
from nlp.tokenizers.protocol import BOS, EOS, PAD, SEP, SPECIAL_TOKENS, UNK, spell
from nlp.tokenizers.sampling import MAX_LINE_CHARACTERS
from nlp.tokenizers.spacing import surface_of

MODEL_FILE = "sentencepiece.model"

_TRAINING_THREADS = 2  # The sums of unigram training depend on the number of threads, so it is never the machine's.
_LOG_NOTHING_BELOW_FATAL = 3
_LINES_TO_JUDGE_SCRIPT = 1000


class SentencePieceTokenizer:
    """A trained SentencePiece model with the five reserved ids at their places."""

    def __init__(self, kind: str, model: bytes) -> None:
        """Start from a serialised model.

        Raises:
            ValueError: `model` is no SentencePiece model, or its reserved ids are elsewhere.
        """
        self.kind = kind
        self._model = model
        self._processor = _processor(model)
        pieces = self._processor.id_to_piece(list(range(self.vocab_size)))  # All of them: a damaged one is not UTF-8.
        reserved = tuple(pieces[: len(SPECIAL_TOKENS)])
        if reserved != SPECIAL_TOKENS:
            raise ValueError(f"its ids 0 to 4 are {', '.join(reserved)} instead of {', '.join(SPECIAL_TOKENS)}")

    @property
    def model(self) -> bytes:
        """The serialised SentencePiece model."""
        return self._model

    @property
    def vocab_size(self) -> int:
        """Number of ids, the five reserved ones included."""
        return int(self._processor.get_piece_size())

    def encode(self, text: str) -> list[int]:
        """Ids of one normalised text, without BOS or EOS."""
        # As bytes, because a lone surrogate has no UTF-8 form and must not end a batch.
        return cast(list[int], self._processor.encode(text.encode("utf-8", "replace"), out_type=int))

    def encode_with_unknown(self, text: str) -> tuple[list[int], list[str]]:
        """The ids that `encode` gives, and what each UNK adds to a text: a run of unknown characters is one UNK."""
        ids = self.encode(text)
        if UNK not in ids:
            return ids, []
        pieces = cast(list[str], self._processor.encode(text.encode("utf-8", "replace"), out_type=str))
        return ids, [surface_of(piece) for piece, number in zip(pieces, ids, strict=True) if number == UNK]

    def decode(self, ids: Sequence[int], unknown: Sequence[str] = ()) -> str:
        """The text of `ids`; the reserved ids leave no trace."""
        if unknown:
            return spell(self._surfaces, ids, unknown)
        pieces = [int(token) for token in ids if token > SEP]
        # A skipped id can leave two spaces side by side, or one at an end.
        return " ".join(cast(str, self._processor.decode(pieces)).split()) if pieces else ""

    def surfaces(self) -> list[str]:
        """What each id adds to a decoded text, its leading space included; always the same list.

        Exact for the models that `train` makes. A model from elsewhere with byte pieces decodes several of them into
        one character, which no single surface can say.
        """
        return self._surfaces

    @cached_property
    def _surfaces(self) -> list[str]:
        pieces = cast(list[str], self._processor.id_to_piece(list(range(len(SPECIAL_TOKENS), self.vocab_size))))
        return [""] * len(SPECIAL_TOKENS) + list(map(surface_of, pieces))

    def save(self, directory: Path) -> None:
        """Write `tokenizer.json` and the SentencePiece model into `directory`."""
        (directory / MODEL_FILE).write_bytes(self._model)
        write_metadata(directory, self.kind)


def load(directory: Path, metadata: dict[str, Any]) -> SentencePieceTokenizer:
    """Load what `SentencePieceTokenizer.save` wrote.

    Raises:
        BundleError: the model file is missing or damaged.
    """
    path = directory / MODEL_FILE
    try:
        return SentencePieceTokenizer(metadata["kind"], read_bytes(path))
    except ValueError as error:
        raise BundleError(f"{path}: not a usable SentencePiece model, {error}. {REPAIR}") from None


def train(config: TokenizerConfig, lines: list[str]) -> SentencePieceTokenizer:
    """Train on `lines`, normalised; a corpus too small for `config.vocab_size` gives a smaller vocabulary.

    The same lines give the same model. Where most text is Chinese, the first word of a text gets no space in front of
    it, so that a word has one id at the start of a headline and inside it.

    Raises:
        TrainingError: `config.vocab_size` cannot even hold the corpus' characters.
    """
    import sentencepiece

    model = io.BytesIO()
    opening = "".join(itertools.islice(lines, _LINES_TO_JUDGE_SCRIPT))
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=model,
            model_type=config.kind,
            vocab_size=config.vocab_size,
            hard_vocab_limit=False,
            character_coverage=config.character_coverage,
            pad_id=PAD,
            unk_id=UNK,
            bos_id=BOS,
            eos_id=EOS,
            pad_piece=SPECIAL_TOKENS[PAD],
            unk_piece=SPECIAL_TOKENS[UNK],
            bos_piece=SPECIAL_TOKENS[BOS],
            eos_piece=SPECIAL_TOKENS[EOS],
            control_symbols=[SPECIAL_TOKENS[SEP]],
            normalization_rule_name="identity",
            add_dummy_prefix=script_language(opening) == "en",
            max_sentence_length=4 * MAX_LINE_CHARACTERS,
            num_threads=_TRAINING_THREADS,
            minloglevel=_LOG_NOTHING_BELOW_FATAL,
        )
    except RuntimeError as error:
        raise TrainingError(_training_failure(str(error), config)) from None
    return SentencePieceTokenizer(config.kind, model.getvalue())


def _training_failure(message: str, config: TokenizerConfig) -> str:
    too_small = re.search(r"smaller than required_chars\D*\d+ vs (\d+)", message)
    if too_small:
        return (
            f"vocab_size = {config.vocab_size} cannot hold the corpus' characters: {too_small[1]} are needed. "
            "Raise vocab_size, or lower character_coverage."
        )
    return f"SentencePiece could not train the {config.kind} tokenizer: {message}."


def _processor(model: bytes) -> Any:
    import sentencepiece

    if not model:  # SentencePiece takes no bytes for "no model yet" and fails only later.
        raise ValueError("it is empty")
    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.load_from_serialized_proto(model)
    except RuntimeError as error:
        raise ValueError("it is damaged") from error
    return processor
