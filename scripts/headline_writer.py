"""Articles in, headlines out, a window at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from nlp.errors import DecodingError, UsageError
from nlp.text import script_language
from scripts.articles import ARTICLE_CHARACTERS, InputRecord
from scripts.formats import HeadlineRecord, ScoredHeadline
from scripts.generators import Generator, LoadGenerator, search_config

if TYPE_CHECKING:
    from nlp.generator import Generation


class HeadlineWriter:
    """Turns windows of articles into windows of records; loads a model when the first article needs it.

    `model` is a name or a folder, loaded at once; None takes `headlines-zh` or `headlines-en` by an article's script.

    Raises:
        BundleError: a model that cannot be loaded.
        UsageError: a model that is for another task.
    """

    def __init__(
        self, load_generator: LoadGenerator, model: str | None, beam_size: int | None, n_best: int | None
    ) -> None:
        self.load_generator = load_generator
        self.model, self.beam_size, self.n_best = model, beam_size, n_best
        self._loaded: dict[str, Generator] = {}
        if model is not None:
            self._generator(model)

    def write(self, window: Sequence[InputRecord]) -> list[HeadlineRecord]:
        """One record for each article, in the same order."""
        records = [HeadlineRecord(article.id, error=article.error) for article in window]
        by_model: dict[str, list[int]] = {}
        for position, article in enumerate(window):
            if article.error is None:
                model = self.model or f"headlines-{script_language(article.text)}"
                by_model.setdefault(model, []).append(position)
        for model, positions in by_model.items():
            articles = [window[position] for position in positions]
            for position, record in zip(positions, self._records(self._generator(model), articles), strict=True):
                records[position] = record
        return records

    def _generator(self, model: str) -> Generator:
        if model not in self._loaded:
            generator = self.load_generator(model)
            if generator.task != "headlines":
                raise UsageError(
                    f"{model} is a model for {generator.task}, not for headlines; `kuaizui generate` takes any model."
                )
            self._loaded[model] = generator
        return self._loaded[model]

    def _records(self, generator: Generator, articles: Sequence[InputRecord]) -> list[HeadlineRecord]:
        search = search_config(generator, self.beam_size, self.n_best)
        try:
            generations = generator.generate([(article.text,) for article in articles], search)
        except DecodingError as error:
            if len(articles) == 1:
                return [HeadlineRecord(articles[0].id, error=str(error))]
            return [self._records(generator, [article])[0] for article in articles]  # one bad article costs no other
        return [
            _record(article, generation, search.n_best)
            for article, generation in zip(articles, generations, strict=True)
        ]


def _record(article: InputRecord, generation: Generation, n_best: int) -> HeadlineRecord:
    if not generation.candidates:
        return HeadlineRecord(article.id, error="nothing of the text is left after normalisation")
    best = generation.candidates[0]
    scored = tuple(ScoredHeadline(candidate.text, candidate.score) for candidate in generation.candidates)
    warnings = generation.warnings
    if article.clipped and not warnings:
        warnings = (f"only the first {ARTICLE_CHARACTERS:,} characters were read",)
    return HeadlineRecord(article.id, best.text, best.score, scored if n_best > 1 else (), warnings)


def windows(articles: Iterable[InputRecord], most_records: int, most_characters: int) -> Iterator[list[InputRecord]]:
    """Gather articles until there are `most_records`, or as many characters as `most_characters`."""
    window: list[InputRecord] = []
    characters = 0
    for article in articles:
        window.append(article)
        characters += len(article.text)
        if len(window) >= most_records or characters >= most_characters:
            yield window
            window, characters = [], 0
    if window:
        yield window
