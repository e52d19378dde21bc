"""Articles in, headlines out, a window at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from nlp.config import SearchConfig
from nlp.errors import BundleError, DecodingError, UsageError
from nlp.text import normalize, script_language
from scripts.articles import ARTICLE_CHARACTERS, InputRecord
from scripts.formats import HeadlineRecord, ScoredHeadline
from scripts.generators import Generator, LoadGenerator, search_config
from scripts.progress import how_many
from scripts.search_options import SearchChoices

if TYPE_CHECKING:
    from nlp.generation import Generation


NOTHING_LEFT = "nothing of the text is left after normalisation"
LANGUAGES = {"en": "English", "zh": "Chinese"}
MOST_HELD = 10_000
"""Records without a model that are held back before it is clear that none will have one."""

MeteredWindow = tuple[Sequence[InputRecord], int]
"""A window of articles, and how many bytes of the input had been read with it."""
MeteredRecords = tuple[list[HeadlineRecord], int]
"""Its records, and the same number."""


class WorkerError(UsageError):
    """A worker process was killed; what was written before is safe."""


class HeadlineWriter:
    """Turns windows of articles into windows of records; loads a model when the first article needs it.

    `model` is a name or a folder, loaded at once; None takes `headlines-zh` or `headlines-en` by an article's script.

    Raises:
        BundleError: a model that cannot be loaded.
        UsageError: a model that is for another task, or a search setting that cannot work with it.
    """

    def __init__(self, load_generator: LoadGenerator, model: str | None, choices: SearchChoices | None = None) -> None:
        self.load_generator = load_generator
        self.model, self.choices = model, choices or SearchChoices()
        self._loaded: dict[str, tuple[Generator, SearchConfig]] = {}
        self._failed: dict[str, str] = {}
        if model is not None:
            self._load(model)

    def __enter__(self) -> HeadlineWriter:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end: the models go with the process."""

    def write_all(self, windows: Iterable[MeteredWindow]) -> Iterator[MeteredRecords]:
        """The records of each window, in order."""
        for window, bytes_read in windows:
            yield self.write(window), bytes_read

    def write(self, window: Sequence[InputRecord]) -> list[HeadlineRecord]:
        """One record for each article, in the same order."""
        records = [HeadlineRecord(article.id, error=article.error) for article in window]
        by_language: dict[str, list[int]] = {}
        for position, article in enumerate(window):
            if article.error is None:
                language: str = script_language(article.text) if self.model is None else "any"
                by_language.setdefault(language, []).append(position)
        for group, positions in by_language.items():
            articles = [window[position] for position in positions]
            for position, record in zip(positions, self._language_records(group, articles), strict=True):
                records[position] = record
        return records

    def generator_for(self, article: InputRecord) -> Generator:
        """The generator that writes the headline of `article`.

        Raises:
            BundleError: it cannot be loaded.
        """
        return self._load(self.model or f"headlines-{script_language(article.text)}")[0]

    def _language_records(self, language: str, articles: Sequence[InputRecord]) -> list[HeadlineRecord]:
        """Records of articles in one language; where its model cannot be loaded, that is the error of each."""
        if self.model is not None:
            return self._records(*self._load(self.model), articles)
        model = f"headlines-{language}"
        if model not in self._failed:
            try:
                return self._records(*self._load(model), articles)
            except BundleError as error:
                self._failed[model] = _no_model(language, model, error)
        reason = self._failed[model]
        return [HeadlineRecord(article.id, error=_at(article, reason), has_model=False) for article in articles]

    def _load(self, model: str) -> tuple[Generator, SearchConfig]:
        if model not in self._loaded:
            generator = self.load_generator(model)
            if generator.task != "headlines":
                raise UsageError(
                    f"{model} is a model for {generator.task}, not for headlines; `kuaizui generate` takes any model."
                )
            self._loaded[model] = generator, search_config(generator, self.choices)
        return self._loaded[model]

    def _records(
        self, generator: Generator, search: SearchConfig, articles: Sequence[InputRecord]
    ) -> list[HeadlineRecord]:
        try:
            generations = generator.generate([(article.text,) for article in articles], search)
        except DecodingError as error:
            if len(articles) == 1:
                return [HeadlineRecord(articles[0].id, error=_at(articles[0], str(error)), has_model=True)]
            return [
                self._records(generator, search, [article])[0] for article in articles
            ]  # one bad article costs no other
        return [
            _record(article, generation, search.n_best)
            for article, generation in zip(articles, generations, strict=True)
        ]


def _record(article: InputRecord, generation: Generation, n_best: int) -> HeadlineRecord:
    if not generation.candidates:
        reason = why_nothing(article, generation)
        return HeadlineRecord(article.id, error=reason, warnings=generation.warnings, has_model=True)
    best = generation.candidates[0]
    scored = tuple(ScoredHeadline(candidate.text, candidate.score) for candidate in generation.candidates)
    warnings = generation.warnings
    if article.clipped and not warnings:
        warnings = (f"only the first {ARTICLE_CHARACTERS:,} characters were read",)
    return HeadlineRecord(article.id, best.text, best.score, scored if n_best > 1 else (), warnings, has_model=True)


def why_nothing(article: InputRecord, generation: Generation) -> str:
    """Why a generator gave nothing for `article`, and where that stands."""
    if not normalize(article.text):
        return _at(article, NOTHING_LEFT)
    return _at(article, "; ".join(generation.warnings) or "the model gave nothing for this text")


def _at(article: InputRecord, reason: str) -> str:
    return f"{article.where}: {reason}" if article.where else reason


def _no_model(language: str, model: str, error: BundleError) -> str:
    from nlp.bundle import MANIFEST_FILE, PRETRAINED  # here: only a failure pays for it

    there = (PRETRAINED / model / MANIFEST_FILE).is_file()
    why = str(error).rstrip(".") if there else f"no model {model} comes with this installation"
    return (
        f"the text is {LANGUAGES[language]}, and {why}. Name a model for {LANGUAGES[language]}, or its folder, with "
        "--model; it is then used for every record"
    )


def once_there_is_a_model(windows: Iterable[MeteredRecords]) -> Iterator[MeteredRecords]:
    """The same windows, held back until one has a record whose model could be loaded.

    So a run without any model leaves no output behind, and a line in another language does not end a run.

    Raises:
        BundleError: no record has a model, or none of the first MOST_HELD.
    """
    windows = iter(windows)
    held: list[MeteredRecords] = []
    lacking: list[HeadlineRecord] = []
    count = 0
    for window in windows:
        held.append(window)
        count += len(window[0])
        lacking += [record for record in window[0] if record.has_model is False][: 1 - len(lacking)]
        if any(record.has_model for record in window[0]) or (count >= MOST_HELD and not lacking):
            break
        if count >= MOST_HELD:
            raise _none_has_a_model(lacking[0], count)
    else:
        if lacking:
            raise _none_has_a_model(lacking[0], count)
    yield from held
    yield from windows


def _none_has_a_model(first: HeadlineRecord, count: int) -> BundleError:
    return BundleError(f"there is no model for any text of the {how_many(count, 'record')} read. {first.error}.")


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
