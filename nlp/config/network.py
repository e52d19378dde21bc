"""Tokenizer and network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlp.config.strict import require

MOST_STYLES = 8
"""As many control codes as `nlp.styles` has."""


@dataclass(frozen=True)
class TokenizerConfig:
    """How text becomes ids.

    `kind` is one of `unigram` and `bpe` (SentencePiece), `jieba`, `words` and `characters`.
    """

    kind: Literal["unigram", "bpe", "jieba", "words", "characters"] = "unigram"
    vocab_size: int = 8000
    character_coverage: float = 0.9995
    """Share of the training text's characters that get a piece of their own (SentencePiece kinds)."""
    max_training_lines: int = 400_000
    """Lines sampled for vocabulary training, a bound on its time and memory."""
    user_dictionary: tuple[str, ...] = ()
    """Words that jieba must keep whole."""

    def __post_init__(self) -> None:
        require(self.vocab_size > 5, "vocab_size", self.vocab_size, "more than the 5 reserved ids")
        require(0 < self.character_coverage <= 1, "character_coverage", self.character_coverage, "above 0, at most 1")


@dataclass(frozen=True)
class ModelConfig:
    """Shape of the sequence-to-sequence network."""

    vocab_size: int = 8000
    embedding_units: int = 256
    """Width of the one table shared by source, target and output."""
    cell: Literal["lstm", "gru"] = "lstm"
    bidirectional: bool = True
    encoder_units: int = 512
    """Width of an encoder state, both directions together."""
    encoder_layers: int = 1
    decoder_units: int = 512
    decoder_layers: int = 1
    attention: Literal["dot", "general", "additive"] = "general"
    copy: bool = False
    """Whether a word may be taken over from the source, by the attention on it (See et al. 2017, arXiv 1704.04368)."""
    tags: bool = False
    """Whether dates, numbers and Latin names are tags in an article and its headline, and each value is put back under
    the most attended tag of its kind (see `nlp.tags`)."""
    styles: tuple[str, ...] = ()
    """Registers of output that can be asked for by name; each has control ids before the source (see `nlp.styles`)."""
    dropout: float = 0.2
    max_source_tokens: int = 64
    """Ids of a source, the closing EOS included; longer sources are cut."""
    max_target_tokens: int = 32
    """Ids of a training target, EOS included; longer pairs are left out."""

    def __post_init__(self) -> None:
        for name in (
            "vocab_size",
            "embedding_units",
            "encoder_units",
            "encoder_layers",
            "decoder_units",
            "decoder_layers",
            "max_source_tokens",
            "max_target_tokens",
        ):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        require(
            not (self.bidirectional and self.encoder_units % 2),
            "encoder_units",
            self.encoder_units,
            "even when the encoder is bidirectional: each direction has half of them",
        )
        require(
            self.attention != "dot" or self.encoder_units == self.decoder_units,
            "attention",
            self.attention,
            "'general' or 'additive' unless encoder_units equals decoder_units",
        )
        require(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0, below 1")
        require(
            len(set(self.styles)) == len(self.styles) <= MOST_STYLES and all(self.styles),
            "styles",
            list(self.styles),
            f"at most {MOST_STYLES} different names",
        )

    @property
    def parameters(self) -> int:
        """Numbers that training finds."""
        gates = 4 if self.cell == "lstm" else 3
        biases = 1 if self.cell == "lstm" else 2  # a GRU has one for the input and one for its own state

        def layer(inputs: int, units: int) -> int:
            return gates * units * (inputs + units + biases)

        directions = 2 if self.bidirectional else 1
        encoder = sum(
            directions * layer(self.encoder_units if index else self.embedding_units, self.encoder_units // directions)
            for index in range(self.encoder_layers)
        )
        decoder = sum(
            layer(self.decoder_units if index else self.embedding_units, self.decoder_units)
            for index in range(self.decoder_layers)
        )
        states = 2 if self.cell == "lstm" else 1
        bridges = states * self.decoder_layers * (self.encoder_units + 1) * self.decoder_units
        query = self.decoder_units * self.encoder_units
        attention = {"dot": 0, "general": query, "additive": query + self.encoder_units**2 + self.encoder_units}
        combine = (self.decoder_units + self.encoder_units + 1) * self.embedding_units
        gate = self.embedding_units + 1 if self.copy else 0
        table = self.vocab_size * (self.embedding_units + 1)
        return table + encoder + decoder + bridges + attention[self.attention] + combine + gate
