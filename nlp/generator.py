"""TextGenerator: the one door through which bot and scripts reach a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nlp import bundle
from nlp.config import Language, ModelConfig, SearchConfig, Task
from nlp.encoding import EncodedSource, encode_source, encode_target
from nlp.engine import Engine
from nlp.errors import UsageError
from nlp.search import Hypothesis, TargetScore, score_targets, search
from nlp.tokenizers import Tokenizer, load_tokenizer

MAX_BATCH_SOURCES = 64
MAX_BATCH_TOKENS = 6_400
"""Padded source tokens of one batch: a bound on memory, whatever the lengths."""

TRUNCATED = "truncated: only the first {limit} tokens of the text were read"
TRUNCATED_DIALOGUE = "truncated: only the last {limit} tokens of the conversation were read"
EMPTY = "empty: there is no text to read"
NO_WORDS = "wordless: the model found no words for this text"


@dataclass(frozen=True)
class Candidate:
    """One output."""

    text: str
    score: float
    """Log-probability over the length penalty of the search; nearer to 0 is better."""


@dataclass(frozen=True)
class Generation:
    """The answer to one source."""

    candidates: tuple[Candidate, ...]
    """Best first, distinct in text, up to `SearchConfig.n_best`; empty only where a warning says why."""
    warnings: tuple[str, ...]


class TextGenerator:
    """A loaded bundle: texts in, texts out."""

    def __init__(
        self, info: bundle.BundleInfo, model: ModelConfig, search: SearchConfig, tokenizer: Tokenizer, engine: Engine
    ) -> None:
        """Use `load` instead, unless the parts are at hand."""
        self.info, self.model, self.search, self.tokenizer, self.engine = info, model, search, tokenizer, engine

    @classmethod
    def load(cls, model: Path | str, *, search: SearchConfig | None = None, threads: int = 0) -> TextGenerator:
        """Load a shipped bundle by name, or the bundle in a folder, to run on `threads` cores (0: all of them).

        `search` replaces the search settings that the bundle ships.

        Raises:
            BundleError: there is no such bundle, or it is damaged or from another version.
        """
        path = bundle.resolve(model)
        config = bundle.read_bundle_config(path)
        tokenizer = load_tokenizer(path / bundle.TOKENIZER_FOLDER)
        engine = Engine(path, config.model.vocab_size, threads)
        return cls(bundle.read_info(path), config.model, search or config.search, tokenizer, engine)

    @property
    def name(self) -> str:
        """Name of the bundle."""
        return self.info.name

    @property
    def task(self) -> Task:
        """What the model was trained for."""
        return self.info.task

    @property
    def language(self) -> Language:
        """The language the model was trained in."""
        return self.info.language

    @property
    def max_source_tokens(self) -> int:
        """Tokens of a source beyond which it is cut."""
        return self.model.max_source_tokens

    def generate(self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None) -> list[Generation]:
        """Answer each source, a sequence of turns (oldest first; an article is one turn). The order is kept.

        Raises:
            UsageError: a source is a plain string, which would be read as a turn per character.
        """
        config = search or self.search
        encoded = [self._encode(turns) for turns in sources]
        results = [Generation((), (EMPTY,)) for _ in sources]
        for indices in _batches([each.ids for each in encoded]):
            found = _search(self.engine, [encoded[i].ids for i in indices], config)
            for index, hypotheses in zip(indices, found, strict=True):
                results[index] = self._generation(encoded[index], hypotheses, config.n_best)
        return results

    def score(self, sources: Sequence[Sequence[str]], targets: Sequence[str]) -> list[TargetScore]:
        """Teacher-forced log-probability of `targets[i]` after `sources[i]`, at full length."""
        encoded = [self._encode(turns).ids or encode_source(self.tokenizer, (), 1, self.task).ids for turns in sources]
        wanted = [encode_target(self.tokenizer, target) for target in targets]
        scores: list[TargetScore | None] = [None] * len(encoded)
        for indices in _batches(encoded):
            found = score_targets(self.engine, [encoded[i] for i in indices], [wanted[i] for i in indices])
            for index, score in zip(indices, found, strict=True):
                scores[index] = score
        return [score for score in scores if score is not None]

    def _encode(self, turns: Sequence[str]) -> EncodedSource:
        if isinstance(turns, str):
            raise UsageError("A source is a sequence of turns: pass (text,) and not text.")
        encoded = encode_source(self.tokenizer, turns, self.max_source_tokens, self.task)
        return encoded if len(encoded.ids) > 1 else EncodedSource([], False)

    def _generation(self, source: EncodedSource, hypotheses: Sequence[Hypothesis], n_best: int) -> Generation:
        texts: dict[str, float] = {}  # several segmentations can spell the same text: the best one counts
        for hypothesis in hypotheses:
            text = self.tokenizer.decode(hypothesis.tokens)
            if text:
                texts.setdefault(text, hypothesis.score)
        warnings = []
        if source.truncated:
            template = TRUNCATED if self.task == "headlines" else TRUNCATED_DIALOGUE
            warnings.append(template.format(limit=self.max_source_tokens))
        if not texts:
            warnings.append(NO_WORDS)
        return Generation(tuple(Candidate(*item) for item in list(texts.items())[:n_best]), tuple(warnings))


def _search(engine: Engine, sources: Sequence[Sequence[int]], config: SearchConfig) -> list[list[Hypothesis]]:
    # One more hypothesis than asked for makes up for two that spell the same text.
    spare = replace(config, n_best=min(config.n_best + 1, config.beam_size)) if config.n_best > 1 else config
    return search(engine, sources, spare)


def _batches(sources: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Positions of the non-empty sources in batches of similar length, longest first, bounded in padded tokens."""
    order = sorted((i for i in range(len(sources)) if sources[i]), key=lambda i: -len(sources[i]))
    start = 0
    while start < len(order):
        size = max(1, min(MAX_BATCH_SOURCES, MAX_BATCH_TOKENS // len(sources[order[start]])))
        yield order[start : start + size]
        start += size
