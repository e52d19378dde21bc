"""The jobs that the bot gives to the models: callables over lists, equal where they can share a batch.

They run in the worker thread of `bot.inference`, one at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, get_args

from bot.models import Models
from nlp.companion import Companion, Generator, Reply
from nlp.companion.languages import LANGUAGES
from nlp.companion.rules import finding
from nlp.config import Language, SearchConfig
from nlp.errors import UsageError
from nlp.explanation import Explanation, explain
from nlp.generation import NO_WORDS, Generation

Style = Literal["precise", "balanced", "playful"]
STYLES: tuple[Style, ...] = get_args(Style)
HEADLINES_AT_ONCE = 3
MOST_HEADLINES = 9
"""Beyond so many, headlines get worse and hardly differ."""
UNLIKE_NATS = 1.0
"""The diversity penalty of headlines: measured in `nlp.search.diverse`."""
_LEAST_DRAWN = 8
_ASKS_BACK_SOONER = 0.8
"""Of the log-probability below which a chat asks back; nearer to 0 asks back more often."""


def search_of_style(generator: Generator, style: Style) -> SearchConfig:
    """The generator's own settings changed for a style: precise is a beam that asks back sooner, playful draws."""
    search = generator.search
    if style == "precise":
        ask_back_below = _ASKS_BACK_SOONER * search.ask_back_below
        return replace(search, strategy="beam", beam_size=max(5, search.beam_size), ask_back_below=ask_back_below)
    if style == "playful":
        drawn = max(_LEAST_DRAWN, search.beam_size)
        return replace(search, strategy="sampling", temperature=0.8, top_p=0.9, beam_size=drawn, consensus=False)
    return search


class _Speakers(Mapping[str, Generator]):
    """A generator for every language, `first` before the others; one without words where no model chats in it."""

    def __init__(self, models: Models, first: Language | None) -> None:
        self._models = models
        self._languages = sorted(LANGUAGES, key=lambda language: (language != first, language not in models.dialogue))

    def __getitem__(self, language: str) -> Generator:
        return self._models.dialogue[language] if language in self._models.dialogue else _Wordless()

    def __iter__(self) -> Iterator[str]:
        return iter(self._languages)

    def __len__(self) -> int:
        return len(self._languages)

    def __contains__(self, language: object) -> bool:
        return language in self._languages  # Mapping's own would load a model


class _Wordless:
    """A generator that says nothing, so that the companion's rules hold in every language."""

    task, language, search = "dialogue", LANGUAGES[0], SearchConfig()

    def generate(self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None) -> list[Generation]:
        """No words for any source."""
        return [Generation((), (NO_WORDS,)) for _ in sources]


@dataclass(frozen=True)
class ChatReplies:
    """Replies to chats, each the turns so far with a person's message as the last."""

    models: Models
    style: Style = "balanced"
    first: Language | None = None
    """The language of messages that tell none, such as "???"."""

    @property
    def companion(self) -> Companion:
        """The companion that replies."""
        return Companion(_Speakers(self.models, self.first), search=partial(search_of_style, style=self.style))

    def __call__(self, chats: list[tuple[str, ...]]) -> list[Reply]:
        """The reply to each chat."""
        return self.companion.replies(chats)


@dataclass(frozen=True)
class Findings:
    """Whether messages are for the companion's rules: somebody may be in danger, or the program is abused."""

    def __call__(self, messages: list[str]) -> list[bool]:
        """The answer for each message."""
        return [finding(message) is not None for message in messages]


@dataclass(frozen=True)
class Headlines:
    """Headlines for news texts in one language, `count` different ones for each."""

    models: Models
    language: Language
    count: int

    def __call__(self, articles: list[str]) -> list[Generation]:
        """The headlines of each article."""
        generator = self.models.headlines[self.language]
        search = replace(
            generator.search,
            n_best=self.count,
            beam_size=max(self.count, generator.search.beam_size),
            diversity_penalty=UNLIKE_NATS,
        )
        return generator.generate([(article,) for article in articles], search)


@dataclass(frozen=True)
class Written:
    """A text that a model wrote, and after what."""

    model: str
    """The name of the model."""
    turns: tuple[str, ...]
    """Oldest first; of a chat, all that are remembered."""
    text: str


@dataclass(frozen=True)
class Explanations:
    """Explanations of what models wrote; None where that cannot be explained."""

    models: Models

    def __call__(self, many: list[Written]) -> list[Explanation | None]:
        """The explanation of each."""
        return [self._explanation(written) for written in many]

    def _explanation(self, written: Written) -> Explanation | None:
        generator = self.models.named(written.model)
        if generator is None:
            return None
        turns = written.turns
        if generator.task == "dialogue":
            turns = ChatReplies(self.models).companion.context(turns)
        try:
            return explain(generator, turns, written.text)
        except UsageError:  # nothing to read
            return None


@dataclass(frozen=True)
class WarmUp:
    """Loads all models, so that the first message does not wait for that."""

    models: Models

    def __call__(self, items: list[None]) -> list[None]:
        """Load, and read the word lists of the companion."""
        self.models.load_all()
        ChatReplies(self.models)([("hello",), ("你好",)])
        return items
