"""The rules by which a chat stays sober, one home for the console and the bot.

A message that tells of danger gets a short caring text that says to reach people; abuse is answered calmly; what is in
neither English nor Chinese is told that these two are all; everything else goes to the model of its language, and where
no reply of the model is fit, the companion asks back in words of its own. A `Companion` keeps nothing: what was said is
an argument, and the same turns get the same reply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from nlp.arguments import checked_sources
from nlp.companion.choice import choose_candidate
from nlp.companion.foreign import is_foreign
from nlp.companion.languages import LANGUAGES, message_language
from nlp.companion.reply import Origin, Reply, Rule
from nlp.companion.rules import finding, kind_of_message
from nlp.companion.settings import CompanionConfig
from nlp.companion.wording import AFTER, CALM, UNKNOWN, asides, choose, fixed_texts, foreign_texts
from nlp.config import Language, SearchConfig
from nlp.errors import UsageError
from nlp.generation import Generation

__all__ = ["Companion", "CompanionConfig", "Generator", "Origin", "Reply", "Rule"]

FOLLOWED_UP = ("emergency", "other", "self")
"""Dangers after which the next message is not the model's either, whatever it says."""


class Generator(Protocol):
    """The part of `nlp.generator.TextGenerator` that a companion uses."""

    @property
    def task(self) -> str:
        """`dialogue`, or the companion refuses it."""
        ...

    @property
    def language(self) -> Language:
        """The language the model was trained in."""
        ...

    @property
    def search(self) -> SearchConfig:
        """The settings the model was shipped with."""
        ...

    def generate(self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None) -> list[Generation]:
        """One generation for each source (its turns, oldest first), in the same order."""
        ...


class Companion:
    """Answers messages.

    Args:
        generators: a dialogue model by language; a message in a language that has none is answered by the first. They
            may be loaded when they are first taken out: a rule needs none.
        config: how much is remembered, and among how many replies it chooses.
        search: the search settings for a generator, in place of its own.
    """

    def __init__(
        self,
        generators: Mapping[str, Generator],
        config: CompanionConfig | None = None,
        search: Callable[[Generator], SearchConfig] = lambda generator: generator.search,
    ) -> None:
        if not generators:
            raise UsageError("A companion needs at least one dialogue model.")
        self._generators, self._search = generators, search
        self._config = config or CompanionConfig()

    def reply(self, turns: Sequence[str]) -> Reply:
        """Answer the last of `turns`, a person's message; before it stands what was said, oldest first.

        Raises:
            UsageError: there are no turns, they are not str, or the model is for another task.
        """
        return self.replies([turns])[0]

    def replies(self, many: Sequence[Sequence[str]]) -> list[Reply]:
        """The reply to each of `many` chats, as `reply` gives it; every model is called once at most.

        Raises:
            UsageError: as for `reply`.
        """
        chats = checked_sources(many)
        if not all(chats):
            raise UsageError("A chat has at least one turn: the message to be answered.")
        answers = [self._by_rule(turns) for turns in chats]
        waiting: dict[str, list[int]] = {}
        for place, answer in enumerate(answers):
            if answer is None:
                waiting.setdefault(self.key(self.language(chats[place])), []).append(place)
        for key, places in waiting.items():
            for place, reply in zip(places, self._by_model(key, [chats[place] for place in places]), strict=True):
                answers[place] = reply
        return [answer for answer in answers if answer is not None]

    def remembered(self, turns: Sequence[str], reply: Reply) -> tuple[str, ...]:
        """What is to be kept of `turns` and the reply to them, to stand before the next message."""
        return (*turns, reply.text)[-self._config.remembered_turns :]

    def context(self, turns: Sequence[str]) -> tuple[str, ...]:
        """The part of `turns` that a model sees: the last few, and nothing from before a danger, abuse or a language
        unknown to it was answered: no model goes on with such a talk."""
        by_hand = (*map(fixed_texts, LANGUAGES), foreign_texts())
        fixed = set().union(*(texts for each in by_hand for texts in each.values()))
        first = max((place + 1 for place, turn in enumerate(turns[:-1]) if turn in fixed), default=0)
        return tuple(turns[first:])[-self._config.context_turns :]

    def language(self, turns: Sequence[str]) -> Language:
        """The language of the last turn, by the turns before it where it has no words."""
        first = next(iter(self._generators))
        default = next((each for each in LANGUAGES if each == first), None) or self._generators[first].language
        return message_language(turns, default)

    def key(self, language: Language) -> str:
        """The key of the generator that answers in `language`."""
        return language if language in self._generators else next(iter(self._generators))

    def _by_rule(self, turns: Sequence[str]) -> Reply | None:
        found, foreign = finding(turns[-1]), is_foreign(turns[-1])
        if found and found.rule != "abuse":
            texts = foreign_texts() if found.is_foreign else fixed_texts(found.language)
            return Reply(choose(texts[found.rule], turns), "care", found.language, found.rule)
        if (language := _language_of_danger(turns[-2] if len(turns) > 1 else "")) is not None:
            language = message_language((turns[-1],), language)
            texts = foreign_texts() if foreign else fixed_texts(language)
            return Reply(choose(texts[AFTER], turns), "care", language, "after")
        if found:
            return Reply(choose(fixed_texts(found.language)[CALM], turns), "calm", found.language, "abuse")
        if foreign:
            return Reply(choose(foreign_texts()[UNKNOWN], turns), "aside", self.language(turns), "foreign")
        return None

    def _by_model(self, key: str, chats: Sequence[Sequence[str]]) -> list[Reply]:
        generator = self._generators[key]
        if generator.task != "dialogue":
            name = getattr(generator, "name", key)
            raise UsageError(f"{name} is a model for {generator.task}, not for dialogue.")
        search = self._search(generator)
        search = replace(search, n_best=max(search.n_best, min(self._config.candidates, search.beam_size)))
        contexts = [self.context(turns) for turns in chats]
        generations = generator.generate(contexts, search)
        replies = []
        for turns, context, generation in zip(chats, contexts, generations, strict=True):
            language = self.language(turns)
            chosen, rule = choose_candidate(generation.candidates, turns, search.ask_back_below)
            if chosen:
                replies.append(Reply(chosen.text, "model", language, rule, generation, context))
            else:
                text = choose(asides(language)[kind_of_message(turns[-1], language)], turns)
                replies.append(Reply(text, "aside", language, rule, generation, context))
        return replies


def _language_of_danger(turn: str) -> Language | None:
    """The language of a turn that answered a danger; None if it did not."""
    spoken = next((each for each in LANGUAGES if _answers_danger(turn, fixed_texts(each))), None)
    return LANGUAGES[0] if spoken is None and _answers_danger(turn, foreign_texts()) else spoken


def _answers_danger(turn: str, texts: Mapping[str, tuple[str, ...]]) -> bool:
    return any(turn in texts.get(danger, ()) for danger in FOLLOWED_UP)
