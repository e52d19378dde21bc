"""Evaluating a model on pairs it was not trained on: its outputs, its likelihoods, its speed, and the lead beside it.

The end of a training and the command line both call `evaluate_generator` with the exported bundle and the search
settings it ships with, so that what is measured is what ships.
"""

from __future__ import annotations

import dataclasses
import math
import random
import time
from collections.abc import Callable, Iterable, Sequence

from nlp.baselines import (
    Example,
    Generator,
    TargetScore,
    greedy_scores,
    lead_choice,
    lead_scores,
    reply_scores,
    unsupported_shares,
)
from nlp.config import SearchConfig
from nlp.errors import UsageError
from nlp.faithfulness import EXTRACTED
from nlp.metrics import TOKENIZATIONS, score_system
from nlp.metrics.bootstrap import SEED
from nlp.metrics.libraries import require_libraries
from nlp.metrics.results import Evaluation, LeadChoice, Likelihood, Sample, Timing
from nlp.text import normalize

__all__ = [
    "Evaluation",
    "Example",
    "Generator",
    "LeadChoice",
    "Likelihood",
    "evaluate_generator",
    "evaluate_outputs",
]

_WINDOW = 512  # examples between two reports of progress; the generator makes its own batches inside


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
    on `lead_pairs`, a dialogue model beside a unigram model that counted their replies; without them `pairs`
    themselves are used, which favours the baseline. `samples` examples are
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
    known = None if lead_pairs is None else _normalized(lead_pairs)[0]
    headlines = generator.task == "headlines"
    choice = lead_choice(examples, language, known) if headlines else None
    evaluation = evaluate_outputs(examples, outputs, language, choice=choice, samples=samples, seed=seed)
    return dataclasses.replace(
        evaluation,
        greedy=greedy_scores(generator, examples, outputs, language, search, seed),
        unsupported=unsupported_shares(generator, examples, outputs, extracts) if headlines else None,
        replies=None if headlines else reply_scores(generator, examples, outputs, language, known),
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
    choice: LeadChoice | None = None,
    samples: int = 0,
    seed: int = SEED,
) -> Evaluation:
    """Compare ready `outputs` with the references of `examples`, one of each per item, texts taken as they are.

    With `choice`, the lead baseline is scored on the same examples.

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
        lead=None if choice is None else lead_scores(examples, language, choice, model, seed),
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
        # A style that is asked for says how to write; how likely people's own words are is asked without it.
        scores += generator.score(sources, references, "")
        if progress is not None:
            progress(len(outputs), len(examples))
    likelihood = Likelihood(
        log_prob=math.fsum(score.log_prob for score in scores),
        tokens=sum(score.tokens for score in scores),
        correct_tokens=sum(score.correct_tokens for score in scores),
        characters=sum(len(reference) for _, reference in examples),
    )
    return outputs, extracts, likelihood, Timing(seconds, len(outputs))


def _samples(examples: Sequence[Example], outputs: Sequence[str], count: int, seed: int) -> tuple[Sample, ...]:
    chosen = sorted(random.Random(seed).sample(range(len(examples)), min(count, len(examples))))
    return tuple(Sample(" | ".join(examples[index][0]), examples[index][1], outputs[index]) for index in chosen)
