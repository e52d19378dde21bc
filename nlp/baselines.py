"""What stands beside a model in an evaluation: the lead, greedy decoding, a unigram model, and what people wrote."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Protocol

from nlp.article_text import clean_markup
from nlp.config import SearchConfig
from nlp.facts import Evidence
from nlp.metrics import (
    SystemScores,
    best_lead_length,
    chrf,
    copies,
    distinct,
    lead,
    main_figure,
    main_tokenization,
    most_frequent_share,
    paired_bootstrap,
    score_system,
)
from nlp.metrics.results import GreedyScores, LeadChoice, LeadScores, Likelihood, ReplyScores, Unsupported
from nlp.metrics.rouge import rouge_l_scores
from nlp.text import normalize
from nlp.tokenizers.protocol import EOS

Example = tuple[Sequence[str], str]
"""Turns, oldest first, and the reference."""

_WINDOW = 512  # examples given to a generator at once; it makes its own batches inside


class Candidate(Protocol):
    """One output of a generator."""

    @property
    def text(self) -> str: ...


class Generation(Protocol):
    """A generator's outputs for one source, best first."""

    @property
    def candidates(self) -> Sequence[Candidate]: ...

    @property
    def warnings(self) -> Sequence[str]: ...


class TargetScore(Protocol):
    """Teacher-forced figures of one reference, its end-of-sequence token included."""

    @property
    def log_prob(self) -> float: ...

    @property
    def tokens(self) -> int: ...

    @property
    def correct_tokens(self) -> int: ...


class Encoder(Protocol):
    """The part of a tokenizer that an evaluation needs."""

    @property
    def vocab_size(self) -> int: ...

    def encode(self, text: str) -> list[int]: ...


class Generator(Protocol):
    """The part of `nlp.generator.TextGenerator` that an evaluation needs."""

    @property
    def name(self) -> str: ...

    @property
    def task(self) -> str: ...

    @property
    def language(self) -> str: ...

    @property
    def search(self) -> SearchConfig: ...

    @property
    def tokenizer(self) -> Encoder: ...

    @property
    def ordinary_words(self) -> Collection[str]: ...

    def generate(
        self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None
    ) -> Sequence[Generation]: ...

    def score(
        self, sources: Sequence[Sequence[str]], targets: Sequence[str], style: str | None = None
    ) -> Sequence[TargetScore]: ...


def lead_choice(examples: Sequence[Example], language: str, known: Sequence[Example] | None) -> LeadChoice:
    """The lead's best length on `known` (a validation set), or on `examples` themselves."""
    chosen_on = examples if known is None else known
    length = best_lead_length(
        [_article(turns) for turns, _ in chosen_on], [reference for _, reference in chosen_on], language
    )
    return LeadChoice(length, "evaluated pairs" if known is None else "validation")


def lead_scores(
    examples: Sequence[Example], language: str, choice: LeadChoice, model: SystemScores, seed: int
) -> LeadScores:
    """The lead of each article, scored as the model's outputs (`model`) are."""
    leads = [lead(_article(turns), choice.length, language) for turns, _ in examples]
    scores = score_system(leads, [reference for _, reference in examples], language, seed)
    figure = main_figure(language)
    return LeadScores(choice, scores, paired_bootstrap(model.items[figure], scores.items[figure], seed=seed))


def greedy_scores(
    generator: Generator,
    examples: Sequence[Example],
    outputs: Sequence[str],
    language: str,
    search: SearchConfig,
    seed: int,
) -> GreedyScores | None:
    """Greedy decoding beside `outputs`, in ROUGE-L (headlines) or chrF (dialogue); None if `search` is greedy."""
    greedy = dataclasses.replace(search, beam_size=1, n_best=1, strategy="beam")
    if search == greedy:
        return None
    simple: list[str] = []
    for start in range(0, len(examples), _WINDOW):
        generations = generator.generate([turns for turns, _ in examples[start : start + _WINDOW]], greedy)
        simple += [normalize(item.candidates[0].text) if item.candidates else "" for item in generations]
    references = [reference for _, reference in examples]
    if generator.task == "headlines":
        tokenize = main_tokenization(language)[1]
        first, second = (rouge_l_scores(texts, references, tokenize) for texts in (outputs, simple))
        return GreedyScores(float(second.mean()), paired_bootstrap(first, second, seed=seed))
    scores = chrf(simple, references)
    return GreedyScores(scores.value, chrf(outputs, references).minus(scores, seed=seed), "chrf")


def unsupported_shares(
    generator: Generator, examples: Sequence[Example], outputs: Sequence[str], extracts: int
) -> Unsupported:
    """How many of `outputs`, and of the references, tell what their article does not."""
    ordinary, lacking = generator.ordinary_words, [0, 0]
    for (turns, reference), output in zip(examples, outputs, strict=True):
        evidence = Evidence(clean_markup(_article(turns)))
        for place, text in enumerate((output, reference)):
            lacking[place] += bool(evidence.lacks(text, ordinary))
    return Unsupported(lacking[0] / len(examples), lacking[1] / len(examples), extracts / len(examples))


def reply_scores(
    generator: Generator,
    examples: Sequence[Example],
    outputs: Sequence[str],
    language: str,
    known: Sequence[Example] | None,
) -> ReplyScores:
    """What only replies are asked for: variety beside people's, copies, and the likelihood under a unigram model."""
    references = [reference for _, reference in examples]
    tokenize = main_tokenization(language)[1]
    counted = references if known is None else [reference for _, reference in known]
    return ReplyScores(
        copies=float(copies(outputs, [turns[-1] for turns, _ in examples]).mean()),
        people_distinct_2=distinct(references, 2, tokenize),
        people_most_frequent=most_frequent_share(references),
        unigram=_unigram_likelihood(generator.tokenizer, counted, references),
        unigram_counted_on="evaluated pairs" if known is None else "validation",
    )


def _unigram_likelihood(tokenizer: Encoder, counted: Sequence[str], references: Sequence[str]) -> Likelihood:
    """`references` under the frequencies of single tokens in `counted`, each one higher (Laplace), ends included."""
    counts = Counter(token for text in counted for token in (*tokenizer.encode(text), EOS))
    total = counts.total() + tokenizer.vocab_size
    commonest = max(counts, key=lambda token: (counts[token], -token))
    wanted = [token for text in references for token in (*tokenizer.encode(text), EOS)]
    return Likelihood(
        log_prob=math.fsum(math.log((counts[token] + 1) / total) for token in wanted),
        tokens=len(wanted),
        correct_tokens=sum(token == commonest for token in wanted),
        characters=sum(map(len, references)),
    )


def _article(turns: Sequence[str]) -> str:
    return " ".join(turns)
