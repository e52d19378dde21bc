"""Evaluating a model on pairs it was not trained on: its outputs, its likelihoods, its speed, and the lead beside it.

The end of a training and the command line both call `evaluate_generator` with the exported bundle and the search
settings it ships with, so that what is measured is what ships.
"""

from __future__ import annotations

import dataclasses
import math
import random
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from nlp.article_text import clean_markup
from nlp.config import SearchConfig
from nlp.errors import UsageError
from nlp.facts import Evidence
from nlp.faithfulness import EXTRACTED
from nlp.metrics import (
    TOKENIZATIONS,
    SystemScores,
    best_lead_length,
    lead,
    main_figure,
    main_tokenization,
    paired_bootstrap,
    score_system,
)
from nlp.metrics.bootstrap import SEED
from nlp.metrics.libraries import require_libraries
from nlp.metrics.results import (
    Evaluation,
    GreedyScores,
    LeadChoice,
    LeadScores,
    Likelihood,
    Sample,
    Timing,
    Unsupported,
)
from nlp.metrics.rouge import rouge_l_scores
from nlp.text import normalize

__all__ = [
    "Candidate",
    "Evaluation",
    "Example",
    "Generation",
    "Generator",
    "LeadChoice",
    "Likelihood",
    "TargetScore",
    "evaluate_generator",
    "evaluate_outputs",
]

Example = tuple[Sequence[str], str]
"""Turns, oldest first, and the reference."""

_WINDOW = 512  # examples between two reports of progress; the generator makes its own batches inside


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
    def ordinary_words(self) -> Collection[str]: ...

    def generate(
        self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None
    ) -> Sequence[Generation]: ...

    def score(self, sources: Sequence[Sequence[str]], targets: Sequence[str]) -> Sequence[TargetScore]: ...


def evaluate_generator(
    generator: Generator,
    pairs: Iterable[Example],
    language: str | None = None,
    *,
    lead_pairs: Iterable[Example] | None = None,
    search: SearchConfig | None = None,
    samples: int = 0,
    seed: int = SEED,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Generate and score an output for each of `pairs`, and compare with their references.

    Texts are normalised as in training; pairs with an empty source or reference are left out and counted. `language`
    and `search` default to the generator's. A headline model stands beside the lead baseline, whose length is chosen
    on `lead_pairs` (a validation set), or on `pairs` themselves, which favours the baseline. `samples` examples are
    kept, drawn by `seed`; none by default, because they quote the corpus. `progress` is called with the number of
    examples done and of all examples.

    Raises:
        UsageError: no pair is left to evaluate, the language is unknown, or a library of the `evaluate` extra is
            missing.
    """
    require_libraries()
    language = language or generator.language
    examples, skipped = _normalized(pairs)
    _require_scorable(examples, language)
    search = search or generator.search
    outputs, extracts, likelihood, timing = _run(generator, examples, search, progress)
    unsupported = _unsupported(generator, examples, outputs, extracts) if generator.task == "headlines" else None
    choice = _lead_choice(examples, language, lead_pairs) if generator.task == "headlines" else None
    evaluation = evaluate_outputs(examples, outputs, language, lead_choice=choice, samples=samples, seed=seed)
    return dataclasses.replace(
        evaluation,
        greedy=_greedy_scores(generator, examples, language, search, evaluation.model, seed),
        unsupported=unsupported,
        likelihood=likelihood,
        timing=timing,
        name=generator.name,
        task=generator.task,
        search=search,
        skipped=skipped,
    )


def evaluate_outputs(
    examples: Sequence[Example],
    outputs: Sequence[str],
    language: str,
    *,
    lead_choice: LeadChoice | None = None,
    samples: int = 0,
    seed: int = SEED,
) -> Evaluation:
    """Compare ready `outputs` with the references of `examples`, one of each per item, texts taken as they are.

    With `lead_choice`, the lead baseline is scored on the same examples.

    Raises:
        UsageError: there is no example, the language is unknown, or a library of the `evaluate` extra is missing.
        ValueError: the two sequences differ in length.
    """
    _require_scorable(examples, language)
    references = [reference for _, reference in examples]
    model = score_system(outputs, references, language, seed)
    return Evaluation(
        language=language,
        examples=len(examples),
        model=model,
        lead=None if lead_choice is None else _lead_scores(examples, language, lead_choice, model, seed),
        samples=_samples(examples, outputs, samples, seed),
    )


def _normalized(pairs: Iterable[Example]) -> tuple[list[Example], int]:
    examples: list[Example] = []
    skipped = 0
    for turns, reference in pairs:
        kept = tuple(turn for turn in map(normalize, turns) if turn)
        target = normalize(reference)
        if kept and target:
            examples.append((kept, target))
        else:
            skipped += 1
    return examples, skipped


def _require_scorable(examples: Sequence[Example], language: str) -> None:
    if language not in TOKENIZATIONS:
        raise UsageError(f"Cannot evaluate language {language!r}; known are {', '.join(TOKENIZATIONS)}.")
    if not examples:
        raise UsageError("Nothing to evaluate: there is no pair with a source and a reference.")


def _run(
    generator: Generator, examples: Sequence[Example], search: SearchConfig, progress: Callable[[int, int], None] | None
) -> tuple[list[str], int, Likelihood, Timing]:
    outputs: list[str] = []
    extracts = 0
    scores: list[TargetScore] = []
    seconds = 0.0
    for start in range(0, len(examples), _WINDOW):
        sources, references = zip(*examples[start : start + _WINDOW], strict=True)
        began = time.perf_counter()
        generations = generator.generate(sources, search)
        seconds += time.perf_counter() - began
        outputs += [normalize(item.candidates[0].text) if item.candidates else "" for item in generations]
        extracts += sum(any(EXTRACTED in warning for warning in item.warnings) for item in generations)
        scores += generator.score(sources, references)
        if progress is not None:
            progress(len(outputs), len(examples))
    likelihood = Likelihood(
        log_prob=math.fsum(score.log_prob for score in scores),
        tokens=sum(score.tokens for score in scores),
        correct_tokens=sum(score.correct_tokens for score in scores),
        characters=sum(len(reference) for _, reference in examples),
    )
    return outputs, extracts, likelihood, Timing(seconds, len(outputs))


def _unsupported(
    generator: Generator, examples: Sequence[Example], outputs: Sequence[str], extracts: int
) -> Unsupported:
    ordinary, lacking = generator.ordinary_words, [0, 0]
    for (turns, reference), output in zip(examples, outputs, strict=True):
        evidence = Evidence(clean_markup(_article(turns)))
        for place, text in enumerate((output, reference)):
            lacking[place] += bool(evidence.lacks(text, ordinary))
    return Unsupported(lacking[0] / len(examples), lacking[1] / len(examples), extracts / len(examples))


def _greedy_scores(
    generator: Generator,
    examples: Sequence[Example],
    language: str,
    search: SearchConfig,
    model: SystemScores,
    seed: int,
) -> GreedyScores | None:
    greedy = dataclasses.replace(search, beam_size=1, n_best=1, strategy="beam")
    if search == greedy:
        return None
    outputs: list[str] = []
    for start in range(0, len(examples), _WINDOW):
        generations = generator.generate([turns for turns, _ in examples[start : start + _WINDOW]], greedy)
        outputs += [normalize(item.candidates[0].text) if item.candidates else "" for item in generations]
    scores = rouge_l_scores(outputs, [reference for _, reference in examples], main_tokenization(language)[1])
    return GreedyScores(float(scores.mean()), paired_bootstrap(model.items[main_figure(language)], scores, seed=seed))


def _lead_choice(examples: Sequence[Example], language: str, lead_pairs: Iterable[Example] | None) -> LeadChoice:
    chosen_on = examples if lead_pairs is None else _normalized(lead_pairs)[0]
    length = best_lead_length(
        [_article(turns) for turns, _ in chosen_on], [reference for _, reference in chosen_on], language
    )
    return LeadChoice(length, "evaluated pairs" if lead_pairs is None else "validation")


def _lead_scores(
    examples: Sequence[Example], language: str, choice: LeadChoice, model: SystemScores, seed: int
) -> LeadScores:
    leads = [lead(_article(turns), choice.length, language) for turns, _ in examples]
    scores = score_system(leads, [reference for _, reference in examples], language, seed)
    figure = main_figure(language)
    return LeadScores(choice, scores, paired_bootstrap(model.items[figure], scores.items[figure], seed=seed))


def _article(turns: Sequence[str]) -> str:
    return " ".join(turns)


def _samples(examples: Sequence[Example], outputs: Sequence[str], count: int, seed: int) -> tuple[Sample, ...]:
    chosen = sorted(random.Random(seed).sample(range(len(examples)), min(count, len(examples))))
    return tuple(Sample(" | ".join(examples[index][0]), examples[index][1], outputs[index]) for index in chosen)
