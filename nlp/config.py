"""The frozen configurations of model, tokenizer, training and search, and their strict reading.

All four are plain dataclasses. `read_config` builds one from a mapping (TOML or JSON) and refuses unknown keys and
wrong types by name, so that a typing error in a recipe never becomes a silent default.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from nlp.errors import ConfigError

LARGEST_SETTING = 1e6
"""Penalties, temperatures and widths beyond this mean infinity, with which arithmetic gives no answer."""

Task = Literal["headlines", "dialogue"]
Language = Literal["en", "zh"]

C = TypeVar("C")


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
        _require(self.vocab_size > 5, "vocab_size", self.vocab_size, "more than the 5 reserved ids")
        _require(0 < self.character_coverage <= 1, "character_coverage", self.character_coverage, "above 0, at most 1")


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
            _require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        _require(
            not (self.bidirectional and self.encoder_units % 2),
            "encoder_units",
            self.encoder_units,
            "even when the encoder is bidirectional: each direction has half of them",
        )
        _require(
            self.attention != "dot" or self.encoder_units == self.decoder_units,
            "attention",
            self.attention,
            "'general' or 'additive' unless encoder_units equals decoder_units",
        )
        _require(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0, below 1")


@dataclass(frozen=True)
class TrainConfig:
    """One training run."""

    epochs: int = 10
    max_minutes: float = 0.0
    """Stop (with a validation and a checkpoint) after this much training time; 0 is no limit."""
    batch_size: int = 128
    learning_rate: float = 2e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup_steps: int = 200
    clip_norm: float = 1.0
    seed: int = 1
    dtype: Literal["auto", "float32", "mixed_bfloat16"] = "auto"
    """`auto` takes bfloat16 where the processor has instructions for it."""
    validate_every_steps: int = 1000
    patience: int = 4
    """Validations without a better loss before the run stops early; 0 never stops early."""
    max_validation_pairs: int = 2000

    def __post_init__(self) -> None:
        for name in (
            "epochs",
            "batch_size",
            "learning_rate",
            "clip_norm",
            "validate_every_steps",
            "max_validation_pairs",
        ):
            _require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        for name in ("max_minutes", "warmup_steps", "patience"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")


@dataclass(frozen=True)
class SearchConfig:
    """How the decoder looks for an output."""

    beam_size: int = 5
    """Hypotheses kept per source; 1 is greedy."""
    n_best: int = 1
    """Finished hypotheses returned per source, best first."""
    max_target_tokens: int = 32
    """Most tokens of an output, its end of sequence not counted."""
    min_target_tokens: int = 1
    """Least tokens of an output, its end of sequence not counted."""
    length_penalty: float = 0.6
    """Alpha of Wu et al. 2016 (arXiv 1609.08144), equation 14; 0 compares plain sums of log-probabilities."""
    diversity_penalty: float = 0.0
    """Above 0, the `n_best` outputs are decoded one after another, and a token loses this many nats for each earlier
    one that holds it; 1 gives clearly different outputs."""
    coverage_penalty: float = 0.0
    """Beta of Wu et al. 2016, equation 14: source words that got no attention cost this much."""
    no_repeat_ngram: int = 3
    """An n-gram of this many tokens appears at most once in an output; 0 allows repetition."""
    no_copied_ngram: int = 0
    """No n-gram of this many tokens is taken over from the source, such as a chat's history; 0 allows it."""
    repetition_penalty: float = 0.0
    """Nats taken from a token's log-probability for each time it stands in the output already."""
    min_characters: float = 0.0
    """Least width of an output as readers count it: a full-width character 1, a half-width one 0.5."""
    max_characters: float = 0.0
    """Most width of an output, counted likewise; 0 is no limit."""
    blocked_words: tuple[str, ...] = ()
    """Words and phrases that must not appear, whatever their case."""
    use_blocklist: bool = False
    """Also block the words on the list that comes with Kuaizui for the model's language."""
    required_word: str = ""
    """A word or phrase that must appear."""
    strategy: Literal["beam", "sampling"] = "beam"
    """Sampling draws `beam_size` outputs per source and returns the `n_best` distinct ones of highest score."""
    temperature: float = 1.0
    """Divides log-probabilities before drawing; towards 0 the draw becomes greedy."""
    top_k: int = 0
    """Draw among this many likeliest tokens; 0 is all."""
    top_p: float = 1.0
    """Draw among the likeliest tokens whose probabilities together reach this (Holtzman et al. 2019,
    arXiv 1904.09751, section 3.1), after `temperature` and `top_k`."""
    seed: int = 0
    """The same seed draws the same outputs for the same source, whatever else is in the batch."""

    def __post_init__(self) -> None:
        for name in ("beam_size", "n_best", "max_target_tokens"):
            _require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        for name in (
            "min_target_tokens",
            "length_penalty",
            "coverage_penalty",
            "diversity_penalty",
            "no_repeat_ngram",
            "no_copied_ngram",
            "repetition_penalty",
            "min_characters",
            "max_characters",
            "top_k",
            "seed",
        ):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in (
            "length_penalty",
            "coverage_penalty",
            "diversity_penalty",
            "repetition_penalty",
            "min_characters",
            "max_characters",
            "temperature",
        ):
            _require(getattr(self, name) <= LARGEST_SETTING, name, getattr(self, name), f"at most {LARGEST_SETTING:g}")
        _require(self.temperature > 0, "temperature", self.temperature, "above 0; for greedy decoding use beam_size 1")
        _require(0 < self.top_p <= 1, "top_p", self.top_p, "above 0, at most 1")
        _require(
            not self.max_characters or self.min_characters <= self.max_characters,
            "min_characters",
            self.min_characters,
            f"at most max_characters ({self.max_characters})",
        )
        _require(self.n_best <= self.beam_size, "n_best", self.n_best, f"at most beam_size ({self.beam_size})")
        _require(
            self.min_target_tokens <= self.max_target_tokens,
            "min_target_tokens",
            self.min_target_tokens,
            f"at most max_target_tokens ({self.max_target_tokens})",
        )

    @property
    def rules_about_text(self) -> bool:
        """Whether a constraint must know what the tokens spell."""
        limits = self.min_characters or self.max_characters
        return bool(limits or self.blocked_words or self.use_blocklist or self.required_word)


def _require(condition: bool, name: str, value: object, wanted: str) -> None:
    if not condition:
        raise ConfigError(f"{name} = {value!r} cannot work; it must be {wanted}.")


def read_config(kind: type[C], values: Mapping[str, Any], where: str) -> C:
    """Build the configuration dataclass `kind` from `values`.

    `where` names the place for error messages, such as `recipe.toml [train]`.

    Raises:
        ConfigError: an unknown key (near names are suggested), a wrong type, or a value out of range.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where}: a table of keys and values is wanted, not {values!r}.")
    hints = typing.get_type_hints(kind)
    for key in values:
        if key not in hints:
            near = difflib.get_close_matches(key, hints, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known keys: {', '.join(sorted(hints))}."
            raise ConfigError(f"{where}: unknown key {key!r}.{hint}")
    typed = {key: _typed(value, hints[key], f"{where}: {key}") for key, value in values.items()}
    try:
        return kind(**typed)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    except TypeError:
        missing = [
            f.name
            for f in dataclasses.fields(typing.cast(Any, kind))
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING and f.name not in typed
        ]
        raise ConfigError(f"{where}: missing {', '.join(missing)}.") from None


def _typed(value: Any, hint: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        if value not in arguments:
            raise ConfigError(f"{where} = {value!r}; choose one of {', '.join(map(repr, arguments))}.")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where} = {value!r}; a list is wanted.")
        return tuple(_typed(item, arguments[0], where) for item in value)
    if origin is types.UnionType:
        return None if value is None else _typed(value, next(a for a in arguments if a is not type(None)), where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{where} = {value!r}; {hint.__name__} is wanted, not {type(value).__name__}.")
    return value
