"""TextGenerator: the one door through which bot and scripts reach a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from nlp import bundle
from nlp.arguments import check_search, checked_sources, checked_texts, kind_of
from nlp.batching import batches_of_sources
from nlp.blocklists import load_blocklist
from nlp.config import Language, ModelConfig, SearchConfig, Task
from nlp.encoding import EncodedSource, encode_source, encode_target, unreadable_share
from nlp.engine import Engine
from nlp.errors import UsageError
from nlp.facts import ordinary_words
from nlp.faithfulness import MIN_CANDIDATES, keeps_rules, prefer_supported
from nlp.generation import EMPTY, Candidate, Generation, warnings_of
from nlp.memory import MEMORY_FILE, Memory
from nlp.recall import recalled
from nlp.required_word import search_with_word
from nlp.reranking import reranked
from nlp.search import Hypothesis, TargetScore, length_penalty, score_targets, search
from nlp.search.tracing import trace
from nlp.styles import style_ids
from nlp.tags import TAG_NAMES, put_back
from nlp.text import with_capital
from nlp.tokenizers import Tokenizer, load_tokenizer


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
            UsageError: an argument is not of the kind named here, or `threads` is negative.
        """
        if not isinstance(model, str | Path):
            raise UsageError(f"A model is given by its name or folder, a str or Path; this is {kind_of(model)}.")
        if not isinstance(threads, int) or threads < 0:
            raise UsageError(f"threads = {threads!r}: give a whole number, 0 for all cores.")
        check_search(search)
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
            UsageError: a source is a plain string, which would be read as a turn per character, or no sequence of
                strings at all.
        """
        check_search(search)
        config = search or self.search
        checked = checked_sources(sources)
        encoded = [self._encode(turns, config.style) for turns in checked]
        wide = replace(config, n_best=_searched(config))
        remembered = self._remembered(checked, config)
        results = [Generation(known[: config.n_best], () if known else (EMPTY,)) for known in remembered]
        unknown = [[] if known else each.ids for each, known in zip(encoded, remembered, strict=True)]
        for indices in batches_of_sources(unknown):
            found = self._candidates([encoded[i] for i in indices], wide)
            chosen = self._chosen(found, [checked[i] for i in indices], config)
            for index, (candidates, unsupported) in zip(indices, chosen, strict=True):
                unreadable = unreadable_share(self.tokenizer, encoded[index].ids)
                warnings = warnings_of(candidates, encoded[index].truncated, unreadable, config, self.model, self.info)
                results[index] = Generation(candidates, (*warnings, *unsupported))
        return results

    def score(
        self, sources: Sequence[Sequence[str]], targets: Sequence[str], style: str | None = None
    ) -> list[TargetScore]:
        """Teacher-forced log-probability of `targets[i]` after `sources[i]`, at full length, in a style of the model.

        Raises:
            UsageError: as for `generate`, or there are not as many targets as sources.
        """
        checked, texts = checked_sources(sources), checked_texts(targets, "targets")
        style = self.search.style if style is None else style
        if len(texts) != len(checked):
            raise UsageError(f"Each source has one target: {len(checked)} sources and {len(texts)} targets were given.")
        empty = encode_source(self.tokenizer, (), 1, self.task)
        encoded = [each if each.ids else empty for each in (self._encode(turns, style) for turns in checked)]
        wanted = [
            encode_target(self.tokenizer, target, self.task, source)
            for source, target in zip(encoded, texts, strict=True)
        ]
        ids = [each.ids for each in encoded]
        scores: list[TargetScore | None] = [None] * len(ids)
        for indices in batches_of_sources(ids):
            found = score_targets(self.engine, [ids[i] for i in indices], [wanted[i] for i in indices])
            for index, score in zip(indices, found, strict=True):
                scores[index] = score
        return [score for score in scores if score is not None]

    @cached_property
    def memory(self) -> Memory | None:
        """What the model remembers word for word; read when it is first needed, None where the bundle has none.

        Raises:
            BundleError: its file is damaged.
        """
        path = self.info.path / MEMORY_FILE
        return Memory.load(path) if path.is_file() else None

    def _remembered(self, sources: Sequence[Sequence[str]], config: SearchConfig) -> list[tuple[Candidate, ...]]:
        """For each source the replies remembered for nearly the same message, best first; none where it is strange.

        What is remembered is in the style that the model speaks in; asked for another one, it writes by itself.
        """
        foreign = self.task != "dialogue" or config.style != self.search.style
        if not config.recall or foreign or self.memory is None:
            return [() for _ in sources]
        return recalled(
            self.memory,
            sources,
            config.recall,
            config.length_penalty,
            score=lambda asked, texts: self.score(asked, texts, config.style),
            acceptable=partial(self._keeps_rules, rules=self._with_blocklist(config)),
        )

    def _encode(self, turns: Sequence[str], style: str) -> EncodedSource:
        model, control = self.model, style_ids(self.model.styles, style)
        limit = model.max_source_tokens
        encoded = encode_source(
            self.tokenizer, turns, limit, self.task, copy=model.copy, tags=model.tags, control=control
        )
        # A model given an article without a word makes one up; a chat may be answered by a sign alone.
        wordless = self.task == "headlines" and not any(sign.isalnum() for turn in turns for sign in turn)
        return EncodedSource([], False) if wordless or len(encoded.ids) < 2 else encoded

    def _chosen(
        self, found: Sequence[tuple[Candidate, ...]], sources: Sequence[Sequence[str]], config: SearchConfig
    ) -> list[tuple[tuple[Candidate, ...], tuple[str, ...]]]:
        """For each source its `n_best` outputs, and a warning or none.

        Where that is asked for, those come first that state what the article states, else a piece of the article.
        """
        if not config.faithful or self.task != "headlines":
            return [(candidates[: config.n_best], ()) for candidates in found]
        rules = self._with_blocklist(config)
        chosen = [
            prefer_supported(
                candidates,
                "\n".join(turns),
                ordinary=self.ordinary_words,
                max_characters=config.max_characters,
                acceptable=lambda text: self._keeps_rules(text, rules),
                demanded=config.required_word,
            )
            for candidates, turns in zip(found, sources, strict=True)
        ]
        extracted = [place for place, each in enumerate(chosen) if each.extract]
        scores = self.score(
            [sources[place] for place in extracted], [chosen[place].extract for place in extracted], config.style
        )
        extracts = {
            place: Candidate(
                chosen[place].extract, score.log_prob / length_penalty(score.tokens, config.length_penalty)
            )
            for place, score in zip(extracted, scores, strict=True)
        }
        return [
            (
                (*([extracts[place]] if place in extracts else ()), *each.candidates)[: config.n_best],
                (each.warning,) if each.warning else (),
            )
            for place, each in enumerate(chosen)
        ]

    def _keeps_rules(self, text: str, rules: SearchConfig) -> bool:
        """Whether a text that search did not write keeps the rules that its outputs keep."""
        ids = self.tokenizer.encode(text)
        size = rules.no_repeat_ngram
        ngrams = [tuple(ids[start : start + size]) for start in range(len(ids) - size + 1)] if size else []
        return len(ids) <= rules.max_target_tokens and len(set(ngrams)) == len(ngrams) and keeps_rules(text, rules)

    @cached_property
    def ordinary_words(self) -> frozenset[str]:
        """Words that the vocabulary knows in lower case, and which are therefore no names (see `nlp.facts`)."""
        return ordinary_words(self.tokenizer.surfaces())

    def _candidates(self, sources: Sequence[EncodedSource], config: SearchConfig) -> list[tuple[Candidate, ...]]:
        """For each source up to `n_best` texts, best first.

        Where all outputs of a source are wordless (a bare space ends as one), it is decoded again and everything in the
        beam is looked at: rare, and cheaper than spare outputs for every source.
        """
        outputs = self._search(sources, config)
        found = [self._texts(*each, config) for each in zip(outputs, sources, strict=True)]
        wordless = [position for position, texts in enumerate(found) if outputs[position] and not texts]
        if wordless and config.beam_size > 1:
            wide = replace(config, n_best=config.beam_size, diversity_penalty=0.0)
            again = self._search([sources[position] for position in wordless], wide)
            for position, hypotheses in zip(wordless, again, strict=True):
                found[position] = self._texts(hypotheses, sources[position], config)
        return [texts[: config.n_best] for texts in found]

    def _search(self, sources: Sequence[EncodedSource], config: SearchConfig) -> list[list[Hypothesis]]:
        config = self._with_blocklist(config)
        if config.reranked:
            config = replace(config, n_best=config.beam_size)
        # One more hypothesis than asked for makes up for two that spell the same text.
        if config.n_best > 1 and not config.diversity_penalty:
            config = replace(config, n_best=min(config.n_best + 1, config.beam_size))
        ids, unknown = [source.ids for source in sources], [source.unknown for source in sources]
        if config.required_word:
            found = search_with_word(self.engine, ids, config, self.tokenizer, unknown)
        else:
            surfaces = self.tokenizer.surfaces() if config.rules_about_text else ()
            found = search(self.engine, ids, config, surfaces=surfaces, unknown=unknown)
        return reranked(self.engine, found, config, self.tokenizer.vocab_size)

    def _with_blocklist(self, config: SearchConfig) -> SearchConfig:
        if not config.use_blocklist:
            return config
        return replace(config, blocked_words=(*config.blocked_words, *load_blocklist(self.language)))

    def _texts(
        self, hypotheses: Sequence[Hypothesis], source: EncodedSource, config: SearchConfig
    ) -> tuple[Candidate, ...]:
        texts: dict[str, Candidate] = {}  # several segmentations can spell the same text: the best one counts
        rules = self._with_blocklist(config)
        for hypothesis in hypotheses:
            spelled = self._spelled(hypothesis, source)
            text = with_capital(spelled) if self.task == "headlines" else spelled
            # Search did not see what stands under a tag.
            if text and (not self.model.tags or keeps_rules(text, rules)):
                texts.setdefault(text, Candidate(text, hypothesis.score, hypothesis.log_probs))
        return tuple(texts.values())

    def _spelled(self, hypothesis: Hypothesis, source: EncodedSource) -> str:
        """The text of an output, values in place of its tags; empty where it has a tag that no value is left for."""
        if not self.model.tags:
            return self.tokenizer.decode(hypothesis.tokens, source.unknown)
        surfaces = [*self.tokenizer.surfaces(), *source.unknown]
        output = [surfaces[token] for token in hypothesis.tokens]
        if TAG_NAMES.keys().isdisjoint("".join(output)):
            return " ".join("".join(output).split())
        steps = trace(self.engine, source.ids, hypothesis.tokens, count=0)
        attention = np.stack([step.attention for step in steps if step.attention is not None])
        spelled = put_back(output, attention, [surfaces[token] for token in source.ids], source.values)
        return " ".join("".join(spelled or ()).split())


def _searched(config: SearchConfig) -> int:
    """Outputs to search for: more than asked for where a faithful one is to be found among them."""
    if not config.faithful or (config.diversity_penalty and config.n_best > 1):
        return config.n_best
    return max(config.n_best, min(config.beam_size, MIN_CANDIDATES))
