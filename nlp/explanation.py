"""Why an output reads as it does: for each of its words what it attended to, where it came from, what nearly came.

The output is run through the model once more, teacher-forced (`nlp.search.tracing`), so any text can be explained,
also one that the model did not write. Attention shows where a model looked, which is not all of why it decided.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from nlp.constraints import contains_word
from nlp.encoding import EncodedSource, encode_source, encode_target, target_text
from nlp.errors import UsageError
from nlp.explanation_wording import wording
from nlp.search.stepping import Floats
from nlp.search.tracing import LOOKAHEAD, Alternative, StepTrace, trace
from nlp.styles import style_ids
from nlp.tags import TAG_NAMES
from nlp.text import normalize, script_language
from nlp.tokenizers import EOS, SEP, UNK, Tokenizer
from nlp.word_groups import continues, group_words

if TYPE_CHECKING:
    from nlp.generator import TextGenerator

RUNNER_UPS = 3
"""Words told for each place."""
COPIED_SHARE = 0.5
"""A word counts as copied from this share of its probability on."""
CUT_MARK = "…"
"""Before a runner-up that goes on with the word before it, after one whose end was not looked for."""


@dataclass(frozen=True)
class ExplainedWord:
    """One word of the output."""

    text: str
    probability: float
    """Of all its tokens, after the words before it."""
    attention: tuple[float, ...]
    """Share of each source word, summing to 1; empty from a model without attention."""
    copied: float | None
    """Share of its probability that came by copying from the source; None from a model that does not copy."""
    in_source: bool
    """The word stands in the source, whatever its case."""
    runner_ups: tuple[tuple[str, float], ...]
    """Other words with their probabilities, likeliest first."""

    @property
    def is_marked(self) -> bool:
        """Whether it is to be shown as coming from the source: copied, or of a model that cannot copy, found there."""
        return self.in_source if self.copied is None else self.copied >= COPIED_SHARE


@dataclass(frozen=True)
class Explanation:
    """One output and its source, word by word. The end of each source, its last word, can be attended to as well."""

    text: str
    language: Literal["en", "zh"]
    """In which an explanation of this text speaks to people."""
    source: tuple[str, ...]
    words: tuple[ExplainedWord, ...]

    @property
    def copies(self) -> bool:
        """Whether the model can copy."""
        return any(word.copied is not None for word in self.words)

    def lines(self, width: int = 110) -> list[str]:
        """The explanation as text for a terminal of `width` cells, of which a Chinese character takes two."""
        from nlp.explanation_lines import explanation_lines

        return explanation_lines(self, width)


def explain(
    generator: TextGenerator, turns: Sequence[str], text: str | None = None, runner_ups: int = RUNNER_UPS
) -> Explanation:
    """Explain `text` as an output after `turns` (oldest first); None takes the generator's own best output.

    Raises:
        UsageError: the turns or the text hold nothing to read, or the generator writes nothing for them.
    """
    tokenizer, model = generator.tokenizer, generator.model
    # With copying, words that the vocabulary lacks keep their names; a model that does not copy is fed UNK for them.
    source = encode_source(
        tokenizer,
        turns,
        generator.max_source_tokens,
        generator.task,
        copy=True,
        tags=model.tags,
        control=style_ids(model.styles, generator.search.style),
    )
    if len(source.ids) < 2:
        raise UsageError("There is nothing to explain: the source has no text to read.")
    if text is None:
        text = _best_text(generator, turns)
    tokens = encode_target(tokenizer, text, generator.task, source if model.copy else replace(source, unknown=()))
    if len(tokens) < 2:
        raise UsageError("There is nothing to explain: the output is empty.")
    fed = source.ids if model.copy else [token if token < tokenizer.vocab_size else UNK for token in source.ids]
    steps = trace(generator.engine, fed, tokens, runner_ups)[:-1]
    encoded = target_text(text, generator.task, source)
    return _Reading(tokenizer, source, fed, steps, text, encoded).explanation(runner_ups)


def _best_text(generator: TextGenerator, turns: Sequence[str]) -> str:
    generation = generator.generate([turns])[0]
    if not generation.candidates:
        raise UsageError(f"There is nothing to explain: {'; '.join(generation.warnings)}.")
    return generation.candidates[0].text


_TAG_NAMES = str.maketrans(TAG_NAMES)


class _Reading:
    """A traced output on its way to words."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        source: EncodedSource,
        fed: Sequence[int],
        steps: Sequence[StepTrace],
        text: str,
        encoded: str,
    ) -> None:
        self.fed, self.steps, self.text = fed, steps, text
        self.surfaces = [surface.translate(_TAG_NAMES) for surface in (*tokenizer.surfaces(), *source.unknown)]
        self.source_text = "".join(" " if token == SEP else self.surfaces[token] for token in source.ids)
        self.language: Literal["en", "zh"] = script_language(self.source_text)
        said = wording(self.language)
        self.names = {EOS: said.end, SEP: said.turn, UNK: said.unknown}
        source_surfaces = [self.surfaces[token] for token in source.ids]
        self.source_groups = group_words(source_surfaces)
        self.source_words = tuple(self._word(group, source.ids, source_surfaces) for group in self.source_groups)
        self.tokens = [step.token for step in steps]
        self.output_surfaces = _with_unknown(tokenizer, encoded, [self.surfaces[token] for token in self.tokens])

    def explanation(self, runner_ups: int) -> Explanation:
        groups = group_words(self.output_surfaces)
        words = tuple(self._explained(groups, number, runner_ups) for number in range(len(groups)))
        return Explanation(normalize(self.text), self.language, self.source_words, words)

    def _word(self, group: range, tokens: Sequence[int], surfaces: Sequence[str]) -> str:
        text = "".join(surfaces[place] for place in group)
        return text.strip() or self.names.get(tokens[group.start], "␣")

    def _explained(self, groups: Sequence[range], number: int, count: int) -> ExplainedWord:
        group = groups[number]
        text = self._word(group, self.tokens, self.output_surfaces)
        steps = [self.steps[place] for place in group]
        shares = [_copied_share(step, self.fed) for step in steps]
        before = "".join(self.output_surfaces[place] for place in groups[number - 1]) if number else ""
        return ExplainedWord(
            text,
            math.exp(sum(step.log_prob for step in steps)),
            self._attention(steps),
            None if shares[0] is None else float(np.mean([share or 0.0 for share in shares])),
            contains_word(self.source_text, bare(text)),
            self._runner_ups(group, text, before, count),
        )

    def _attention(self, steps: Sequence[StepTrace]) -> tuple[float, ...]:
        """Mean over the word's tokens, summed over the tokens of each source word."""
        rows: list[Floats] = [step.attention for step in steps if step.attention is not None]
        if not rows:
            return ()
        mean = np.mean(rows, axis=0, dtype=np.float64)
        return tuple(np.add.reduceat(mean, [group.start for group in self.source_groups]).tolist())

    def _runner_ups(self, group: range, text: str, before: str, count: int) -> tuple[tuple[str, float], ...]:
        """Words that could have stood there: other beginnings, and other ways on from a piece within the word.

        The ways are disjoint, so those that spell one word add up.
        """
        found: dict[str, float] = {}
        word, log_prob = "", 0.0
        for place in group:
            for alternative in self.steps[place].alternatives:
                other, tail = self._spelled(word, alternative, before)
                found[other] = found.get(other, 0.0) + math.exp(log_prob + tail)
            word += self.output_surfaces[place]
            log_prob += self.steps[place].log_prob
        found.pop(text, None)
        return tuple(sorted(found.items(), key=lambda pair: -pair[1])[:count])

    def _spelled(self, word: str, alternative: Alternative, before: str) -> tuple[str, float]:
        """The word so far and what of an alternative belongs to it, with the log-probability of the latter."""
        if not word and alternative.tokens[0] == EOS:
            return self.names[EOS], alternative.log_probs[0]
        total = 0.0
        joins = not word and continues(before, self.surfaces[alternative.tokens[0]])
        for number, (token, log_prob) in enumerate(zip(alternative.tokens, alternative.log_probs, strict=True)):
            if word and (token == EOS or not continues(word, self.surfaces[token])):
                # Where the alternative itself ends the word, how likely that is belongs to it.
                total += 0.0 if number else log_prob
                break
            word += self.surfaces[token]
            total += log_prob
        else:
            word += CUT_MARK if len(alternative.tokens) > LOOKAHEAD else ""
        return (CUT_MARK if joins else "") + (word.strip() or "␣"), total


def _copied_share(step: StepTrace, source: Sequence[int]) -> float | None:
    """(1 - gate) * (attention on the places of the token) / P(token), See et al. 2017, arXiv 1704.04368, equation 9."""
    if step.gate is None or step.attention is None:
        return None
    attended = float(sum(share for share, token in zip(step.attention, source, strict=True) if token == step.token))
    return min(1.0, (1 - step.gate) * attended / max(math.exp(step.log_prob), np.finfo(np.float64).tiny))


def _with_unknown(tokenizer: Tokenizer, text: str, surfaces: Sequence[str]) -> list[str]:
    """The surfaces of an output, with what its text, as it was encoded, says where a token is UNK."""
    ids, unknown = tokenizer.encode_with_unknown(text)
    named = iter(unknown)
    return [next(named) if token == UNK else surface for token, surface in zip(ids, surfaces, strict=True)]


def bare(word: str) -> str:
    """A word without the punctuation around it; punctuation alone stays."""
    start = next((place for place, character in enumerate(word) if character.isalnum()), 0)
    end = next((place for place in range(len(word), 0, -1) if word[place - 1].isalnum()), len(word))
    return word[start:end]
