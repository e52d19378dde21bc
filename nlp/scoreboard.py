"""A model before and after a retraining, on the texts it was retrained for and on those of before.

Old skill is looked at in two ways, as far as there is something to look at. Where references were written by people,
both models are scored against them, as on the new texts. And the retrained one is scored against what its parent wrote
for the probe (`nlp.probe`): there the parent has 100 by definition, and another wording counts against the successor
even if it is as good, so only a deep fall means something.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nlp.metrics import Difference, main_figure, main_tokenization, paired_bootstrap
from nlp.metrics.bootstrap import RESAMPLES
from nlp.metrics.rouge import rouge_l_scores

Domain = Literal["new", "old", "replay", "agreement"]
DOMAIN_NAMES: dict[Domain, str] = {
    "new": "new texts",
    "old": "old texts (written samples)",
    "replay": "old texts (replayed corpus)",
    "agreement": "probe, agreement with the parent",
}
OLD_DOMAINS: tuple[Domain, ...] = ("old", "replay")

CLEAR_FALL = 0.01
"""A fall of the main figure that matters, if its interval lies below 0 as a whole."""
LEAST_AGREEMENT = 0.4
"""Main figure against the parent's own outputs below which the old skill counts as lost."""
FEW = 20
"""Items below which nothing is concluded from a domain."""


@dataclass(frozen=True)
class SideBySide:
    """One source, its reference and the two outputs."""

    source: str
    reference: str
    before: str
    after: str


@dataclass(frozen=True)
class DomainScore:
    """Both models on the same examples of one domain; figures are shares of 1."""

    domain: Domain
    examples: int
    before: float
    after: float
    difference: Difference
    """After minus before, paired."""
    samples: tuple[SideBySide, ...] = ()

    @property
    def clear(self) -> Literal["rise", "fall", "neither"]:
        """Whether the change is more than chance, and more than a trifle."""
        interval, value = self.difference.interval, self.difference.value
        if self.examples < FEW:
            return "neither"
        if self.domain == "agreement":
            return "fall" if self.after < LEAST_AGREEMENT else "neither"
        if value <= -CLEAR_FALL and interval.high < 0:
            return "fall"
        return "rise" if interval.low > 0 else "neither"


@dataclass(frozen=True)
class Scoreboard:
    """All domains, and what follows."""

    parent: str
    language: str
    domains: tuple[DomainScore, ...]

    @property
    def old_falls(self) -> tuple[DomainScore, ...]:
        """Domains in which the old skill has clearly fallen."""
        return tuple(each for each in self.domains if each.domain != "new" and each.clear == "fall")

    @property
    def keep(self) -> bool:
        """Whether the retrained model is better than its parent where that was wanted, and nowhere clearly worse."""
        return not self.old_falls and any(each.domain == "new" and each.clear == "rise" for each in self.domains)

    def sentence(self) -> str:
        """For a person: better, where worse, keep or not."""
        new = next((each for each in self.domains if each.domain == "new"), None)
        if new is None:
            return "Nothing was held out of the new texts, so nothing can be said about them."
        change = f"ROUGE-L {100 * new.before:.1f} -> {100 * new.after:.1f}"
        words = {"rise": "Better", "fall": "Worse", "neither": "No clear change"}
        few = f", of which {new.examples} held-out pairs are too few to tell" if new.examples < FEW else ""
        parts = [f"{words[new.clear]} on the new texts ({change}{few})"]
        if self.old_falls:
            where = " and ".join(
                f"{DOMAIN_NAMES[each.domain]} ({100 * each.before:.1f} -> {100 * each.after:.1f})"
                for each in self.old_falls
            )
            parts.append(f"clearly worse on {where}")
        else:
            parts.append("the old skill shows no clear fall")
        advice = "keep the new model" if self.keep else "keep the parent"
        if self.old_falls and new.clear == "rise":
            advice += ", unless only the new texts matter to you"
        return f"{'; '.join(parts)}: {advice}."

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the conclusions."""
        return {
            "format": 1,
            "parent": self.parent,
            "main_figure": main_figure(self.language),
            "intervals": {"level": 0.95, "method": "paired percentile bootstrap", "resamples": RESAMPLES},
            "domains": [{**dataclasses.asdict(each), "clear": each.clear} for each in self.domains],
            "old_skill_falls": bool(self.old_falls),
            "keep": self.keep,
            "sentence": self.sentence(),
        }


def compare(
    domain: Domain,
    sources: Sequence[Sequence[str]],
    references: Sequence[str],
    before: Sequence[str],
    after: Sequence[str],
    language: str,
    *,
    samples: int = 0,
    seed: int = 1,
) -> DomainScore:
    """Score the outputs of both models, one of each per source, at least one source; `samples` are drawn by `seed`.

    Raises:
        UsageError: rouge-score is not installed.
    """
    _, tokenize = main_tokenization(language)
    old, new = (rouge_l_scores(outputs, references, tokenize) for outputs in (before, after))
    chosen = sorted(random.Random(seed).sample(range(len(sources)), min(samples, len(sources))))
    shown = tuple(
        SideBySide(" | ".join(sources[index]), references[index], before[index], after[index]) for index in chosen
    )
    return DomainScore(
        domain, len(sources), float(old.mean()), float(new.mean()), paired_bootstrap(new, old, seed=seed), shown
    )
