"""How an output is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlp.config.strict import require

LARGEST_SETTING = 1e6
"""Penalties, temperatures and widths beyond this mean infinity, with which arithmetic gives no answer."""


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
    style: str = ""
    """Register of the output, one of the model's styles; empty lets the model judge by the source."""
    faithful: bool = False
    """Prefer outputs whose numbers, names and quotations stand in the source; where none is such, a piece of the source
    itself comes first."""
    anti_language_model: float = 0.0
    """Lambda of Li et al. 2016 (arXiv 1510.03055), equation 9: how much of an output's log-probability without its
    source is taken from its score, to rank the whole beam, or all samples, anew. For models trained with
    `train.source_dropout`."""
    anti_language_model_tokens: int = 5
    """Tokens at an output's start that this looks at."""
    ask_back_below: float = 0.0
    """Log-probability of a whole reply below which a chat asks back instead of saying what the model wrote by itself
    (see `nlp.companion`); 0 is never. A reply once begun is known by heart: the sum tells how sure its choice is."""
    recall: float = 0.0
    """Nearness (a cosine, see `nlp.memory`) of the message to a wording known from training from which on a chat model
    says what it learned as the reply to that; 0 is never."""
    consensus: bool = False
    """Rank the whole beam, or all samples, by how much the others agree (minimum Bayes risk, see `nlp.consensus`)."""
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
        for name in ("beam_size", "n_best", "max_target_tokens", "anti_language_model_tokens"):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        for name in (
            "min_target_tokens",
            "length_penalty",
            "coverage_penalty",
            "diversity_penalty",
            "no_repeat_ngram",
            "no_copied_ngram",
            "repetition_penalty",
            "anti_language_model",
            "min_characters",
            "max_characters",
            "top_k",
            "seed",
        ):
            require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in (
            "length_penalty",
            "coverage_penalty",
            "diversity_penalty",
            "repetition_penalty",
            "anti_language_model",
            "min_characters",
            "max_characters",
            "temperature",
        ):
            require(getattr(self, name) <= LARGEST_SETTING, name, getattr(self, name), f"at most {LARGEST_SETTING:g}")
        require(self.temperature > 0, "temperature", self.temperature, "above 0; for greedy decoding use beam_size 1")
        require(self.ask_back_below <= 0, "ask_back_below", self.ask_back_below, "a log-probability, 0 or less")
        require(0 <= self.recall <= 1, "recall", self.recall, "from 0 to 1")
        require(0 < self.top_p <= 1, "top_p", self.top_p, "above 0, at most 1")
        require(
            not self.max_characters or self.min_characters <= self.max_characters,
            "min_characters",
            self.min_characters,
            f"at most max_characters ({self.max_characters})",
        )
        require(self.n_best <= self.beam_size, "n_best", self.n_best, f"at most beam_size ({self.beam_size})")
        require(
            self.min_target_tokens <= self.max_target_tokens,
            "min_target_tokens",
            self.min_target_tokens,
            f"at most max_target_tokens ({self.max_target_tokens})",
        )

    @property
    def reranked(self) -> bool:
        """Whether what the search finds is put in another order than that of its scores."""
        return bool(self.anti_language_model) or self.consensus

    @property
    def rules_about_text(self) -> bool:
        """Whether a constraint must know what the tokens spell."""
        limits = self.min_characters or self.max_characters
        return bool(limits or self.blocked_words or self.use_blocklist or self.required_word)
