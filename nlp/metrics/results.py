"""What an evaluation found, as dataclasses and as JSON."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from nlp.config import SearchConfig
from nlp.metrics.bootstrap import RESAMPLES, Difference
from nlp.metrics.diversity import DISTINCT_NGRAMS
from nlp.metrics.likelihood import bits_per_character, perplexity, token_accuracy
from nlp.metrics.scores import SystemScores, main_figure
from nlp.metrics.tokens import TOKENIZATIONS, main_tokenization


@dataclass(frozen=True)
class Likelihood:
    """Teacher-forced totals over all references."""

    log_prob: float
    """Sum of log-probabilities in nats, each text's end included."""
    tokens: int
    """Tokens of the model's own tokenizer, each text's end included."""
    correct_tokens: int
    characters: int
    """Characters of the references, without their ends."""

    def to_json(self) -> dict[str, float | None]:
        """Perplexity, bits per character, token accuracy and the counts behind them; null where infinite."""
        figures = {
            "perplexity": perplexity(-self.log_prob, self.tokens),
            "bits_per_character": bits_per_character(-self.log_prob, self.characters),
            "token_accuracy": token_accuracy(self.correct_tokens, self.tokens),
        }
        finite = {name: value if math.isfinite(value) else None for name, value in figures.items()}
        return {**finite, "tokens": self.tokens, "characters": self.characters}


@dataclass(frozen=True)
class LeadChoice:
    """How much of an article the lead baseline takes."""

    length: int
    """Words of English, characters of Chinese."""
    chosen_on: str
    """`validation`, or `evaluated pairs`, which favours the baseline."""


@dataclass(frozen=True)
class LeadScores:
    """The lead baseline on the same examples."""

    choice: LeadChoice
    scores: SystemScores
    difference: Difference
    """Model minus lead in the main figure."""


@dataclass(frozen=True)
class GreedyScores:
    """Greedy decoding under the same constraints, on the same examples."""

    value: float
    """Its `figure`."""
    difference: Difference
    """Model minus greedy in that figure, paired."""
    figure: str = "rouge_l"
    """`rouge_l`, or for replies `chrf`."""


@dataclass(frozen=True)
class ReplyScores:
    """What only replies are asked for. All are shares but the likelihood."""

    copies: float
    """Replies that say the last turn again."""
    people_distinct_2: float
    """distinct-2 of the references, over as many bigrams as that of the model."""
    people_most_frequent: float
    """What the commonest reference makes up."""
    unigram: Likelihood
    """The references under a model that knows how frequent each token is, and no more."""
    unigram_counted_on: str
    """`validation`, or `evaluated pairs`, which favours the unigram model."""


@dataclass(frozen=True)
class Unsupported:
    """Shares of texts with a fact (a number, a name, a quotation) that their source lacks, as `nlp.facts` finds it."""

    model: float
    references: float
    """What people wrote: they know more than the source says, and the finder errs."""
    extracts: float
    """Outputs that are a piece of the source because nothing supported was found; 0 unless the search is faithful."""


@dataclass(frozen=True)
class Timing:
    """Time spent generating, loading and scoring left out."""

    seconds: float
    outputs: int

    @property
    def outputs_per_second(self) -> float:
        return self.outputs / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Sample:
    """One source with its reference and the model's output."""

    source: str
    reference: str
    output: str


@dataclass(frozen=True)
class Evaluation:
    """Everything measured about one model on one set of examples."""

    language: str
    examples: int
    model: SystemScores
    lead: LeadScores | None = None
    greedy: GreedyScores | None = None
    """None where the model is decoded greedily anyway."""
    unsupported: Unsupported | None = None
    """Of headlines alone."""
    replies: ReplyScores | None = None
    """Of dialogue alone."""
    likelihood: Likelihood | None = None
    timing: Timing | None = None
    samples: tuple[Sample, ...] = ()
    name: str = ""
    task: str = ""
    search: SearchConfig | None = None
    skipped: int = 0
    """Examples left out because source or reference was empty."""

    def to_json(self) -> dict[str, Any]:
        """A mapping of plain JSON values; parts that were not measured are null."""
        unit, _ = main_tokenization(self.language)
        return {
            "format": 1,
            "model": self.name,
            "task": self.task,
            "language": self.language,
            "examples": self.examples,
            "skipped": self.skipped,
            "search": None if self.search is None else _settings_json(self.search),
            "main_figure": main_figure(self.language),
            "tokens": {"main": unit, "rouge": list(TOKENIZATIONS[self.language])},
            "distinct_ngrams": DISTINCT_NGRAMS,
            "intervals": {"level": 0.95, "method": "percentile bootstrap", "resamples": RESAMPLES},
            "figures": _figures_json(self.model),
            "likelihood": None if self.likelihood is None else self.likelihood.to_json(),
            "lead": None if self.lead is None else _lead_json(self.lead, unit),
            "greedy": None if self.greedy is None else dataclasses.asdict(self.greedy),
            "unsupported": None if self.unsupported is None else dataclasses.asdict(self.unsupported),
            "replies": None if self.replies is None else _replies_json(self.replies),
            "timing": None
            if self.timing is None
            else {"seconds": self.timing.seconds, "outputs_per_second": self.timing.outputs_per_second},
            "samples": [dataclasses.asdict(sample) for sample in self.samples],
        }


def _settings_json(search: SearchConfig) -> dict[str, Any]:
    settings = dataclasses.asdict(search)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


def _figures_json(scores: SystemScores) -> dict[str, dict[str, float]]:
    return {name: figure.to_json() for name, figure in scores.figures.items()}


def _replies_json(replies: ReplyScores) -> dict[str, Any]:
    return {**dataclasses.asdict(replies), "unigram": replies.unigram.to_json()}


def _lead_json(lead_scores: LeadScores, unit: str) -> dict[str, Any]:
    return {
        "length": lead_scores.choice.length,
        "unit": unit,
        "chosen_on": lead_scores.choice.chosen_on,
        "figures": _figures_json(lead_scores.scores),
        "difference": dataclasses.asdict(lead_scores.difference),
    }
