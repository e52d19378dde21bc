"""`kuaizui chat`: a conversation with a dialogue model in the console, or over a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from nlp.bundle import LANGUAGE_NAMES
from nlp.errors import BundleError, UsageError
from nlp.text import script_language
from scripts.generators import Generator, LoadGenerator, chosen_loader, search_config, text_generator
from scripts.models import shipped_models
from scripts.search_options import SEED, SET, SearchChoices

if TYPE_CHECKING:
    from nlp.bundle import BundleInfo

ANY_LANGUAGE = "any"
HISTORY_TURNS = 3
"""Turns the model sees: the message, and what was said just before it, by either side."""
NO_REPLY = "…"
HELP = (
    "/why explains the latest reply, /reset forgets the conversation, /quit (or Ctrl-D) ends it, /help prints this; "
    "anything else is answered."
)
NOTHING_TO_EXPLAIN = "There is no reply yet that could be explained."
NO_MODEL = (
    "no dialogue model is shipped with this version yet. Train one with kuaizui train dialogue-en --corpora DIR "
    "(or dialogue-zh), then: kuaizui chat --model runs/dialogue-en/bundle."
)


class Conversation:
    """What has been said, and the models that go on with it.

    `models` maps a language to a model's name or folder; a message in a language that has none is answered by the
    first. A model is loaded when its first message comes.
    """

    def __init__(
        self, models: Mapping[str, str], load_generator: LoadGenerator, choices: SearchChoices | None = None
    ) -> None:
        self.models = models
        self.choices = replace(choices or SearchChoices(), n_best=1)
        self.load_generator = load_generator
        self.turns: list[str] = []
        self.warnings: tuple[str, ...] = ()
        """What is to be said about the latest reply."""
        self._loaded: dict[str, Generator] = {}
        self._told: set[str] = set()
        self._latest: tuple[Generator, Sequence[str], str] | None = None

    def reply(self, message: str) -> str:
        """Answer `message` in the light of the turns before it, and remember both.

        Raises:
            BundleError: the model cannot be loaded.
            UsageError: the model is for another task, or a setting cannot work.
        """
        turns = (*self.turns, message)[-HISTORY_TURNS:]
        generator = self._generator(message)
        generation = generator.generate([turns], search_config(generator, self.choices))[0]
        candidates, self.warnings = generation.candidates, (*generation.warnings, *self._language_warning(message))
        self._latest = (generator, turns, candidates[0].text) if candidates else None
        if not candidates:
            return NO_REPLY
        self.turns = [*turns, candidates[0].text][-HISTORY_TURNS:]
        return candidates[0].text

    def _language_warning(self, message: str) -> Iterator[str]:
        """Once for each language that no model speaks."""
        language = script_language(message)
        if not {language, ANY_LANGUAGE} & self.models.keys() and language not in self._told:
            self._told.add(language)
            answering = next(iter(self.models.values()))
            yield f"no chat model for {LANGUAGE_NAMES[language]} is shipped yet; {answering} answers"

    def why(self, width: int) -> list[str]:
        """The latest reply explained word by word, as lines for a terminal of `width` cells.

        Raises:
            UsageError: the model is of a kind that cannot be explained.
        """
        if self._latest is None:
            return [NOTHING_TO_EXPLAIN]
        from nlp.explanation import explain  # here: few ask

        generator, turns, text = self._latest
        return explain(text_generator(generator), turns, text).lines(width)

    def reset(self) -> None:
        """Forget what has been said."""
        self.turns, self._latest = [], None

    def _generator(self, message: str) -> Generator:
        model = self.models.get(script_language(message)) or next(iter(self.models.values()))
        if model not in self._loaded:
            generator = self.load_generator(model)
            if generator.task != "dialogue":
                raise UsageError(
                    f"{model} is a model for {generator.task}, not for dialogue; `kuaizui generate` takes any model."
                )
            self._loaded[model] = generator
        return self._loaded[model]


def run_chat(
    messages: Iterator[str], say: Callable[[str], None], notice: Callable[[str], None], conversation: Conversation
) -> None:
    """Answer each of `messages` through `say`, until they end or one is /quit; blank ones are passed over.

    What is not a reply (help, the answer to a command) goes to `notice`.
    """
    for message in map(str.strip, messages):
        if message in ("/quit", "/exit"):
            return
        if message == "/reset":
            conversation.reset()
            notice("The conversation is forgotten.")
        elif message == "/why":
            notice("\n".join(conversation.why(shutil.get_terminal_size((100, 24)).columns)))
        elif message.startswith("/"):
            notice(HELP if message == "/help" else f"No command {message.split()[0]}. {HELP}")
        elif message:
            say(conversation.reply(message))
            for warning in conversation.warnings:
                notice(f"({warning})")


def typed_messages() -> Iterator[str]:
    """What a person types, until Ctrl-D; with line editing and recall where the system has readline."""
    with suppress(ImportError):
        import readline  # noqa: F401  # importing it is what switches line editing on
    while True:
        try:
            yield input("> ")
        except EOFError:
            click.echo(err=True)
            return


def choose_models(model: str | None, bundles: Iterable[BundleInfo]) -> dict[str, str]:
    """The dialogue model of each language: the one given for all, else those among `bundles`.

    Raises:
        BundleError: none is given and none is shipped.
    """
    if model is not None:
        return {ANY_LANGUAGE: model}
    shipped: dict[str, str] = {bundle.language: bundle.name for bundle in bundles if bundle.task == "dialogue"}
    if not shipped:
        raise BundleError(NO_MODEL)
    return shipped


@click.command("chat")
@click.option(
    "--model",
    metavar="NAME|DIR",
    help="A dialogue model or its folder. Default: the shipped one for the language of each message.",
)
@SEED
@SET
@click.option("--threads", type=click.IntRange(0), default=0, metavar="N", help="Threads; 0 leaves it to the machine.")
def command(model: str | None, seed: int | None, changes: tuple[str, ...], threads: int) -> None:
    """Chat in the console, or over a pipe: one message a line in, one reply a line out."""
    models = choose_models(model, () if model else shipped_models())
    conversation = Conversation(models, chosen_loader(threads), SearchChoices(seed=seed, changes=changes))
    in_terminal = sys.stdin.isatty()

    def notice(text: str) -> None:
        click.echo(text, err=True)

    if in_terminal:
        notice(HELP)
    run_chat(typed_messages() if in_terminal else sys.stdin, click.echo, notice, conversation)
