"""`kuaizui chat`: a conversation with a dialogue model in the console, or over a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import click

from nlp.bundle import LANGUAGE_NAMES
from nlp.companion import Companion, CompanionConfig, Generator, Reply, Rule
from nlp.errors import BundleError
from nlp.loading import LoadedWhenMet
from scripts.generators import LoadGenerator, chosen_loader, search_config, text_generator
from scripts.models import shipped_models
from scripts.search_options import SEED, SET, SearchChoices

if TYPE_CHECKING:
    from nlp.bundle import BundleInfo

ANY_LANGUAGE = "any"
HELP = (
    "/why explains the latest reply, /reset forgets the conversation, /quit (or Ctrl-D) ends it, /help prints this; "
    "anything else is answered."
)
NOTHING_TO_EXPLAIN = "There is no reply yet that could be explained."
BY_RULE = "No model wrote this: a rule chose it from a list of texts, because {reason}."
REASONS: Mapping[Rule, str] = {
    "emergency": "the message sounds like an emergency",
    "other": "the message sounds as if somebody else may be in danger",
    "loss": "the message sounds like the loss of somebody",
    "self": "the message sounds as if you may be in danger",
    "after": "the message before this one sounded like danger",
    "abuse": "the message sounds like abuse",
    "foreign": "the message is in neither English nor Chinese",
    "wordless": "the model found nothing to say",
    "repeated": "the model would only have repeated what was just said",
    "blocked": "the model's replies held a word that is not to be said",
    "unsure": "the model was not sure enough of its reply",
}
NO_MODEL = (
    "no dialogue model is shipped with this version yet. Train one with kuaizui train dialogue-en --corpora DIR "
    "(or dialogue-zh), then: kuaizui chat --model runs/dialogue-en/bundle."
)


class Conversation:
    """A talk with a companion (see `nlp.companion`), and what has been said in it.

    `models` maps a language to a model's name or folder; a message in a language that has none is answered by the
    first. A model is loaded when its first message comes.
    """

    def __init__(
        self,
        models: Mapping[str, str],
        load_generator: LoadGenerator,
        choices: SearchChoices | None = None,
        config: CompanionConfig | None = None,
    ) -> None:
        self.models = models
        chosen = replace(choices or SearchChoices(), n_best=1)
        # A model that can chat tells its language, though headlines ask none for it.
        self._generators = LoadedWhenMet(models, cast(Callable[[str], Generator], load_generator))
        self._companion = Companion(self._generators, config, lambda generator: search_config(generator, chosen))
        self.turns: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()
        """What is to be said about the latest reply."""
        self._told: set[str] = set()
        self._latest: Reply | None = None

    def reply(self, message: str) -> str:
        """Answer `message` in the light of the turns before it, and remember both.

        Raises:
            BundleError: the model cannot be loaded.
            UsageError: the model is for another task, or a setting cannot work.
        """
        turns = (*self.turns, message)
        reply = self._companion.reply(turns)
        self.warnings = (*reply.warnings, *self._language_warning(reply))
        self.turns, self._latest = self._companion.remembered(turns, reply), reply
        return reply.text

    def _language_warning(self, reply: Reply) -> Iterator[str]:
        """Once for each language that no model speaks."""
        language = reply.language
        if reply.generation and not {language, ANY_LANGUAGE} & self.models.keys() and language not in self._told:
            self._told.add(language)
            answering = next(iter(self.models.values()))
            yield f"no chat model for {LANGUAGE_NAMES[language]} is shipped yet; {answering} answers"

    def why(self, width: int) -> list[str]:
        """The latest reply explained, as lines for a terminal of `width` cells: word by word, or by its rule.

        Raises:
            UsageError: the model is of a kind that cannot be explained.
        """
        reply = self._latest
        if reply is None:
            return [NOTHING_TO_EXPLAIN]
        if reply.origin != "model":
            return [BY_RULE.format(reason=REASONS[reply.rule])]
        from nlp.explanation import explain  # here: few ask

        generator = self._generators[self._companion.key(reply.language)]
        return explain(text_generator(generator), reply.context, reply.text).lines(width)

    def reset(self) -> None:
        """Forget what has been said."""
        self.turns, self._latest = (), None


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
