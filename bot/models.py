"""The models that the bot uses: found at the start, loaded in the worker thread when they are first used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.settings import Settings
from nlp.bundle import BundleInfo, list_pretrained, read_info, resolve
from nlp.config import Task
from nlp.errors import BundleError, KuaizuiError, UsageError
from nlp.generator import TextGenerator
from nlp.loading import LoadedWhenMet


class LoadedGenerators(LoadedWhenMet[BundleInfo, TextGenerator]):
    """Generators by language, of one task; each is loaded when it is first taken out. For one thread at a time."""

    def __init__(
        self,
        bundles: Mapping[str, BundleInfo],
        threads: int,
        loaded: Mapping[BundleInfo, TextGenerator] | None = None,
    ) -> None:
        super().__init__(bundles, lambda bundle: TextGenerator.load(bundle.path, threads=threads), loaded)
        self._threads = threads

    def language_of(self, name: str) -> str | None:
        """The language of the model of this name, if it is one of these."""
        return next((language for language, bundle in self.sources.items() if bundle.name == name), None)

    def name(self, language: str) -> str:
        """The name of a language's model, without loading it."""
        return self.sources[language].name

    def bundle(self, language: str) -> BundleInfo | None:
        """What the manifest of a language's model says; None where there is no model."""
        return self.sources.get(language)

    def replaced(self, bundle: BundleInfo, generator: TextGenerator | None) -> "LoadedGenerators":
        """The same with another model for its language, which is loaded when it is first taken out if it is not yet.

        Those that were loaded before stay loaded; these generators do not change.
        """
        others = [language for language in self.sources if language != bundle.language and self.is_loaded(language)]
        loaded = {self.sources[language]: self[language] for language in others}
        if generator is not None:
            loaded[bundle] = generator
        return LoadedGenerators({**self.sources, bundle.language: bundle}, self._threads, loaded)


@dataclass(frozen=True, eq=False)
class Models:
    """All generators of the bot."""

    dialogue: LoadedGenerators
    headlines: LoadedGenerators
    rivals: LoadedGenerators = field(default_factory=lambda: LoadedGenerators({}, 1))
    """Those that chat only to be compared with `dialogue`."""

    @property
    def _all(self) -> tuple[LoadedGenerators, ...]:
        return self.dialogue, self.headlines, self.rivals

    def with_rivals(self) -> "Models":
        """The same with the rivals to chat."""
        return replace(self, dialogue=self.rivals)

    def named(self, name: str) -> TextGenerator | None:
        """The generator of this name, loaded; None if there is none."""
        for generators in self._all:
            if (language := generators.language_of(name)) is not None:
                return generators[language]
        return None

    def of_task(self, task: Task) -> LoadedGenerators:
        """The generators of a task."""
        return self.dialogue if task == "dialogue" else self.headlines

    def replaced(self, bundle: BundleInfo, generator: TextGenerator | None = None) -> "Models":
        """The same with another model for its task and language; jobs that hold these go on with what they hold."""
        return replace(self, **{bundle.task: self.of_task(bundle.task).replaced(bundle, generator)})

    def load_all(self) -> None:
        """Load what is not loaded yet. Raises: BundleError."""
        for generators in self._all:
            for language in generators:
                generators[language]


def find_models(settings: Settings) -> Models:
    """The models that the settings name, their manifests read; nothing is loaded yet.

    Raises: all that is wrong at once, as an error of the first one's kind:
        BundleError: one is missing or damaged, or there is none at all.
        UsageError: two for the same language, or one for another task.
    """
    mistakes: list[KuaizuiError] = []
    dialogue = _by_language(settings.dialogue_models, "dialogue", mistakes)
    headlines = _by_language(settings.headline_models, "headlines", mistakes)
    rivals = _by_language(settings.arena_models, "dialogue", mistakes) if settings.arena_models else {}
    _refuse(mistakes)
    if not dialogue and not headlines:
        raise BundleError("There is no model. Set dialogue_models and headline_models to models or their folders.")
    return Models(*(LoadedGenerators(bundles, settings.threads) for bundles in (dialogue, headlines, rivals)))


def _refuse(mistakes: Sequence[KuaizuiError]) -> None:
    if len(mistakes) == 1:
        raise mistakes[0]
    if mistakes:
        kind = BundleError if isinstance(mistakes[0], BundleError) else UsageError
        raise kind("The models that are set cannot work:\n" + "\n".join(f"  - {mistake}" for mistake in mistakes))


def _by_language(names: Sequence[str], task: Task, mistakes: list[KuaizuiError]) -> dict[str, BundleInfo]:
    if not names:
        return {bundle.language: bundle for bundle in list_pretrained() if bundle.task == task}
    found: dict[str, BundleInfo] = {}
    for name in names:
        try:
            bundle = read_info(resolve(name))
            if bundle.task != task:
                raise UsageError(f"{name}: this model is for {bundle.task}, and is set for {task}.")
            if bundle.language in found:
                raise UsageError(f"{name}: another {task} model for {bundle.language} is set; choose one of them.")
        except KuaizuiError as error:
            mistakes.append(error)
        else:
            found[bundle.language] = bundle
    return found
