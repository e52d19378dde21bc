"""What a model writes for validation sources, beside what people wrote for them.

Hardly any figure is good or bad by itself: short replies repeat each other, and headlines quote their article, because
people's do. So each one is held against the same figure of the references.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.config import Language
from nlp.health.finding import Finding, Severity, advised, judge, percent
from nlp.metrics import distinct, empty_outputs, lengths, main_tokenization, most_frequent_share, repetitions
from nlp.metrics.tokens import Tokenize

LEAST_OUTPUTS = 20
"""Outputs below which shares say nothing: a single one would be more than 5 %."""
DULL_LOOK, DULL_WRONG = 0.02, 0.1
"""Share of the most frequent output above that of the most frequent reference. One answer in fifty being the same is
noticed by whoever chats for an evening; one in ten by everybody."""
DULL_TIMES = 3
"""The same output this often at least, whatever its share: two alike happen in any small sample."""
VARIETY_LOOK, VARIETY_WRONG = 0.35, 0.6
"""Part of the references' distinct-2 that the outputs lack. Beam search always costs some: on 200 test pairs each, the
headline models of version 0.1 lacked 1 and 6 %, Chinese chat 28 %. Without 60 % a few phrases make up everything."""
EMPTY_LOOK, EMPTY_WRONG = 1e-9, 0.01
"""No source deserves an empty output; one in a hundred is a broken model rather than an odd source."""
REPETITION_LOOK, REPETITION_WRONG = 0.02, 0.1
"""Outputs with a trigram twice, above the references' share: in good ones it is a slip, and one in ten is a habit."""
LENGTH_LOOK, LENGTH_WRONG = 1.3, 2.0
"""Mean length over that of the references, or the other way round. A third is a matter of style; a half or the double
leaves things out or goes on after its end."""
COPY_LOOK, COPY_WRONG = 0.25, 0.6
"""Outputs that stand in their source word for word, above the references' share. Cutting out a piece is a way of
writing headlines, so a quarter is only worth a look; from 0.6 on nothing else was learnt."""
COPY_TOKENS = 4
"""Tokens from which a piece found in the source counts as copied; shorter ones are names and greetings."""


@dataclass(frozen=True)
class ValidationOutputs:
    """What a model wrote for some validation sources. The three sequences belong together, item by item."""

    sources: Sequence[str]
    """What it read; the turns of a dialogue in one text."""
    references: Sequence[str]
    outputs: Sequence[str]
    language: Language

    def __post_init__(self) -> None:
        if not len(self.sources) == len(self.references) == len(self.outputs):
            sizes = f"{len(self.sources)} sources, {len(self.references)} references, {len(self.outputs)} outputs"
            raise ValueError(f"{sizes}: one of each belongs together")


def check_outputs(texts: ValidationOutputs) -> tuple[Finding, ...]:
    """Findings on sameness, variety, emptiness, repetition, length and copying.

    Raises:
        UsageError: the language is English and rouge-score, which cuts its words, is not installed.
    """
    if len(texts.outputs) < LEAST_OUTPUTS:
        few = f"There are {len(texts.outputs)} validation outputs; judging them takes {LEAST_OUTPUTS} or more."
        return (Finding("outputs", "look", f"{few} Give more data or raise split.validation_share."),)
    unit, tokenize = main_tokenization(texts.language)
    return (
        _empty(texts),
        _dull(texts),
        _variety(texts, tokenize),
        _repetition(texts, tokenize),
        _length(texts, tokenize, unit),
        _copies(texts, tokenize),
    )


def _empty(texts: ValidationOutputs) -> Finding:
    share = float(empty_outputs(texts.outputs).mean())
    return advised(
        "empty outputs",
        judge(share, EMPTY_LOOK, EMPTY_WRONG),
        f"{percent(share)} of the outputs are empty." if share else "No output is empty.",
        "Raise search.min_target_tokens; where many are, the training data holds empty or broken targets.",
    )


def _dull(texts: ValidationOutputs) -> Finding:
    share, usual = most_frequent_share(texts.outputs), most_frequent_share(texts.references)
    [(output, times)] = Counter(texts.outputs).most_common(1)
    severity: Severity = "fine" if times < DULL_TIMES else judge(share - usual, DULL_LOOK, DULL_WRONG)
    return advised(
        "dull outputs",
        severity,
        f"The most frequent output, {_shown(output)}, makes up {percent(share)} of all; the most frequent reference "
        f"{percent(usual)}.",
        "The model takes refuge in what is never quite wrong. Train longer (train.epochs), drop repeated targets from "
        "the corpus, or decode with search.strategy = 'sampling' and search.top_p = 0.9.",
    )


def _variety(texts: ValidationOutputs, tokenize: Tokenize) -> Finding:
    ours, theirs = ([distinct(some, order, tokenize) for order in (1, 2)] for some in (texts.outputs, texts.references))
    lost = 1 - ours[1] / theirs[1] if theirs[1] else 0.0
    return advised(
        "variety",
        judge(lost, VARIETY_LOOK, VARIETY_WRONG),
        f"Distinct-1 is {ours[0]:.3f} and distinct-2 {ours[1]:.3f}; of the references, {theirs[0]:.3f} and "
        f"{theirs[1]:.3f}.",
        "The model uses few phrases over and over. Train longer (train.epochs) or on more data; a larger "
        "search.diversity_penalty with search.n_best, or search.strategy = 'sampling', spreads what it knows.",
    )


def _repetition(texts: ValidationOutputs, tokenize: Tokenize) -> Finding:
    share = float(repetitions(texts.outputs, tokenize).mean())
    usual = float(repetitions(texts.references, tokenize).mean())
    return advised(
        "repetition",
        judge(share - usual, REPETITION_LOOK, REPETITION_WRONG),
        f"{percent(share)} of the outputs hold some three words in a row twice; of the references, {percent(usual)}.",
        "The model goes in circles. Set search.no_repeat_ngram = 3 or lower, or raise search.coverage_penalty; a model "
        "that needs this often was trained too shortly (train.epochs).",
    )


def _length(texts: ValidationOutputs, tokenize: Tokenize, unit: str) -> Finding:
    mean = float(lengths(texts.outputs, tokenize).mean())
    usual = float(lengths(texts.references, tokenize).mean())
    ratio = max(mean, 1e-9) / max(usual, 1e-9)
    if ratio < 1:
        advice = "They are too short: raise search.length_penalty, search.min_target_tokens or search.min_characters."
    else:
        advice = "They are too long: lower search.length_penalty, search.max_target_tokens or search.max_characters."
    return advised(
        "length",
        judge(max(ratio, 1 / ratio), LENGTH_LOOK, LENGTH_WRONG),
        f"Outputs have {mean:.1f} {unit} on average, references {usual:.1f}.",
        advice,
    )


def _copies(texts: ValidationOutputs, tokenize: Tokenize) -> Finding:
    share, usual = (_copied_share(some, texts.sources, tokenize) for some in (texts.outputs, texts.references))
    return advised(
        "copies of the source",
        judge(share - usual, COPY_LOOK, COPY_WRONG),
        f"{percent(share)} of the outputs stand word for word in their source; of the references, {percent(usual)}.",
        "The model cuts out instead of writing. Train longer (train.epochs), see whether targets in the corpus are "
        "copies of their sources, or set search.no_copied_ngram to bar long ones.",
    )


def _copied_share(texts: Sequence[str], sources: Sequence[str], tokenize: Tokenize) -> float:
    copied = [_is_copied(tokenize(text), tokenize(source)) for text, source in zip(texts, sources, strict=True)]
    return sum(copied) / len(copied)


def _is_copied(text: list[str], source: list[str]) -> bool:
    """Whether the tokens of `text` are the whole source, or a piece of it of `COPY_TOKENS` or more."""
    if len(text) < COPY_TOKENS:
        return bool(text) and text == source
    return any(source[start : start + len(text)] == text for start in range(len(source) - len(text) + 1))


def _shown(text: str) -> str:
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
