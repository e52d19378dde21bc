"""Articles in, headlines out: what everything that writes headlines for a stream of news has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from nlp.config import SearchConfig
from nlp.errors import BundleError, DecodingError, UsageError
from nlp.text import normalize, script_language

if TYPE_CHECKING:
    from nlp.generation import Generation

NOTHING_LEFT = "nothing of the text is left after normalisation"
LANGUAGE_NAMES = {"en": "English", "zh": "Chinese"}


class Article(Protocol):
    """A text to write a headline for, or the reason why there is none; `corpora.articles` reads such."""

    @property
    def id(self) -> str:
        """What its record is known by."""
        ...

    @property
    def text(self) -> str:
        """The text, or the beginning of a very long one."""
        ...

    @property
    def error(self) -> str | None:
        """Why there is no text."""
        ...

    @property
    def clipped(self) -> bool:
        """The article goes on after `text`."""
        ...

    @property
    def where(self) -> str:
        """Where it stands, for whatever goes wrong with it; empty if it stands nowhere."""
        ...


class Generator(Protocol):
    """The part of `nlp.generator.TextGenerator` that headlines need."""

    @property
    def task(self) -> str:
        """`headlines`, or it is refused."""
        ...

    @property
    def search(self) -> SearchConfig:
        """The settings the model was shipped with."""
        ...

    def generate(self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None) -> list[Generation]:
        """One generation for each source (its turns, oldest first), in the same order."""
        ...


LoadGenerator = Callable[[str], Generator]
"""From the name of a model, or its folder, to a generator. Raises: BundleError."""
SearchOf = Callable[[Generator], SearchConfig]
"""How to search with a generator. Raises: UsageError."""
WhyNoModel = Callable[[str, str, BundleError], str]
"""What is the matter with an article in a language whose model cannot be loaded."""
AnyArticle = TypeVar("AnyArticle", bound=Article)


@dataclass(frozen=True)
class ScoredHeadline:
    """One of several headlines of an article."""

    headline: str
    score: float


@dataclass(frozen=True)
class HeadlineRecord:
    """What is written for one article; without a headline where there is an error."""

    id: str
    headline: str | None = None
    score: float | None = None
    """Length-normalised log-probability of the headline."""
    candidates: tuple[ScoredHeadline, ...] = ()
    """Best first; only where more than one headline was asked for."""
    warnings: tuple[str, ...] = ()
    error: str | None = None
    has_model: bool | None = None
    """Whether a model could be loaded for it, None where none was wanted; it is not written."""


def shipped_search(generator: Generator) -> SearchConfig:
    """The settings that a model was shipped with."""
    return generator.search


class HeadlineWriter:
    """Turns windows of articles into windows of records; loads a model when the first article needs it.

    `model` is a name or a folder, loaded at once; None takes `headlines-zh` or `headlines-en` by an article's script.
    `search_of` says how to search with a generator, by default as the model was shipped. `why_no_model` words what is
    the matter with articles whose model cannot be loaded, from their language, the model and the error.

    Raises:
        BundleError: a model that cannot be loaded.
        UsageError: a model that is for another task, or a search setting that cannot work with it.
    """

    def __init__(
        self,
        load_generator: LoadGenerator,
        model: str | None = None,
        search_of: SearchOf | None = None,
        why_no_model: WhyNoModel | None = None,
    ) -> None:
        self.load_generator, self.model = load_generator, model
        self.search_of, self.why_no_model = search_of or shipped_search, why_no_model or _no_model
        self._loaded: dict[str, tuple[Generator, SearchConfig]] = {}
        self._failed: dict[str, str] = {}
        if model is not None:
            self._load(model)

    def write(self, window: Sequence[Article]) -> list[HeadlineRecord]:
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

    def generator_for(self, article: Article) -> Generator:
        """The generator that writes the headline of `article`.

        Raises:
            BundleError: it cannot be loaded.
        """
        return self._load(self.model or f"headlines-{script_language(article.text)}")[0]

    def _language_records(self, language: str, articles: Sequence[Article]) -> list[HeadlineRecord]:
        """Records of articles in one language; where its model cannot be loaded, that is the error of each."""
        if self.model is not None:
            return self._records(*self._load(self.model), articles)
        model = f"headlines-{language}"
        if model not in self._failed:
            try:
                return self._records(*self._load(model), articles)
            except BundleError as error:
                self._failed[model] = self.why_no_model(language, model, error)
        reason = self._failed[model]
        return [HeadlineRecord(article.id, error=_at(article, reason), has_model=False) for article in articles]

    def _load(self, model: str) -> tuple[Generator, SearchConfig]:
        if model not in self._loaded:
            generator = self.load_generator(model)
            if generator.task != "headlines":
                raise UsageError(
                    f"{model} is a model for {generator.task}, not for headlines; `kuaizui generate` takes any model."
                )
            self._loaded[model] = generator, self.search_of(generator)
        return self._loaded[model]

    def _records(self, generator: Generator, search: SearchConfig, articles: Sequence[Article]) -> list[HeadlineRecord]:
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


def _record(article: Article, generation: Generation, n_best: int) -> HeadlineRecord:
    if not generation.candidates:
        reason = why_nothing(article, generation)
        return HeadlineRecord(article.id, error=reason, warnings=generation.warnings, has_model=True)
    best = generation.candidates[0]
    scored = tuple(ScoredHeadline(candidate.text, candidate.score) for candidate in generation.candidates)
    warnings = generation.warnings
    if article.clipped and not warnings:
        warnings = (f"only the first {len(article.text):,} characters were read",)
    return HeadlineRecord(article.id, best.text, best.score, scored if n_best > 1 else (), warnings, has_model=True)


def why_nothing(article: Article, generation: Generation) -> str:
    """Why a generator gave nothing for `article`, and where that stands."""
    if not normalize(article.text):
        return _at(article, NOTHING_LEFT)
    return _at(article, "; ".join(generation.warnings) or "the model gave nothing for this text")


def _at(article: Article, reason: str) -> str:
    return f"{article.where}: {reason}" if article.where else reason


def _no_model(language: str, model: str, error: BundleError) -> str:
    return f"the text is {LANGUAGE_NAMES[language]}, and {str(error).rstrip('.')}"


def windows(articles: Iterable[AnyArticle], most_records: int, most_characters: int) -> Iterator[list[AnyArticle]]:
    """Gather articles until there are `most_records`, or as many characters as `most_characters`."""
    window: list[AnyArticle] = []
    characters = 0
    for article in articles:
        window.append(article)
        characters += len(article.text)
        if len(window) >= most_records or characters >= most_characters:
            yield window
            window, characters = [], 0
    if window:
        yield window
