"""Other models for the bot while it runs: which there are, and the switch to one of them.

The new model is loaded in a thread of its own, so messages are answered meanwhile, and tried on a sentence. Then the
bot's `Models` are exchanged for others, between two steps of the event loop: each job holds the models that it was
given, so a batch is wholly of the old ones or of the new, and no job is lost. Whatever goes wrong before, the old model
stays.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.desk import Desk
from bot.models import Models, find_models
from bot.store import Store
from bot.store.choices import Choice
from nlp.bundle import BundleInfo, list_pretrained, read_bundle_config, read_info, resolve
from nlp.config import Language, Task
from nlp.errors import BundleError, KuaizuiError
from nlp.generator import TextGenerator
from nlp.registry import promotions

_KEY_CHARACTERS = 8
_TRIED = {"en": "The old bridge is closed until spring.", "zh": "旧桥关闭到明年春天。"}
_LOGGER = logging.getLogger(__name__)


class SwitchFailed(KuaizuiError):
    """The other model cannot be used; the old one goes on."""


@dataclass(frozen=True)
class Candidate:
    """A bundle that could be used."""

    bundle: BundleInfo
    stands_for: str = ""
    """The name that was switched to it with `kuaizui models promote`, if that still holds."""

    @property
    def key(self) -> str:
        """Short enough for a button."""
        return hashlib.sha256(str(self.bundle.path).encode()).hexdigest()[:_KEY_CHARACTERS]

    @property
    def label(self) -> str:
        """What people call it: two bundles of one name are told apart by their folders."""
        name, folder = self.bundle.name, self.bundle.path.name
        return name if name == folder else f"{name} ({folder})"


def candidates(models: Models, given: Models, task: Task, language: Language) -> list[Candidate]:
    """The bundles for a task and language: in use, set, shipped, promoted now or before; damaged ones are passed over.

    Raises: BundleError if the list of promotions is damaged.
    """
    stands_for = {folders[-1].resolve(): name for name, folders in promotions().items()}
    found: dict[Path, BundleInfo] = {}
    for bundle in (
        *filter(None, (each.of_task(task).bundle(language) for each in (models, given))),
        *list_pretrained(),
        *_promoted(),
    ):
        if (bundle.task, bundle.language) == (task, language):
            found.setdefault(bundle.path.resolve(), bundle)
    return [Candidate(bundle, stands_for.get(path, "")) for path, bundle in found.items()]


def _promoted() -> Iterator[BundleInfo]:
    for folders in promotions().values():
        yield from _readable(reversed(folders))


def _readable(folders: Iterable[Path]) -> Iterator[BundleInfo]:
    for folder in folders:
        try:
            yield read_info(folder)
        except BundleError as error:
            _LOGGER.warning("%s", error)


def given_models(desk: Desk) -> Models:
    """The models that the settings name by now; those in use where they cannot be found any more."""
    try:
        return find_models(desk.settings)
    except KuaizuiError as error:
        _LOGGER.warning("%s", error)
        return desk.models


async def switch(desk: Desk, bundle: BundleInfo) -> None:
    """Use a bundle for its task and language from now on, also after a restart.

    Raises:
        SwitchFailed: it cannot be loaded, or fails when it is tried; nothing has changed.
        StoreError: it is in use, but will not be after a restart.
    """
    async with desk.switching:
        try:
            generator = await asyncio.to_thread(_loaded, bundle, desk.settings.threads)
        except KuaizuiError as error:
            raise SwitchFailed(str(error)) from error
        except Exception as error:  # whatever the runtime trips over: the bot must go on
            raise SwitchFailed(f"{bundle.path}: the model does not work ({type(error).__name__}).") from error
        desk.models = desk.models.replaced(bundle, generator)
        given = given_models(desk).of_task(bundle.task).bundle(bundle.language)
        choice = Choice(bundle.task, bundle.language, str(given.path) if given else "", str(bundle.path))
        await desk.recall(Store.choose_model, choice)


def _loaded(bundle: BundleInfo, threads: int) -> TextGenerator:
    """The model, tried on a sentence; in a thread of its own."""
    generator = TextGenerator.load(bundle.path, threads=threads)
    if (generator.task, generator.language) != (bundle.task, bundle.language):
        raise BundleError(f"{bundle.path}: this folder holds another model by now.")
    generator.generate([(_TRIED[bundle.language],)])
    return generator


def with_choices(models: Models, store: Store) -> Models:
    """The models that are set, but for those that an admin has replaced; a choice that is void or damaged is passed
    over, and the log says so. Nothing is loaded yet.

    Raises: StoreError.
    """
    for choice in store.model_choices():
        try:
            bundle = read_info(Path(choice.use))
            given = models.of_task(bundle.task).bundle(bundle.language)
            if (bundle.task, bundle.language) != (choice.task, choice.language):
                raise BundleError(f"{choice.use}: this folder holds another model by now.")
            read_bundle_config(bundle.path)
        except BundleError as error:
            _LOGGER.error("%s The model that is set is used in its place.", error)
            continue
        if (str(given.path) if given else "") == choice.instead_of:
            models = models.replaced(bundle)
    return models


def before_promotion(task: Task, language: Language) -> dict[str, BundleInfo]:
    """For each promoted name of a task and language, what it stood for before, where that is still there."""
    found: dict[str, BundleInfo] = {}
    for name, folders in promotions().items():
        now = next(_readable(folders[-1:]), None)
        if now is None or (now.task, now.language) != (task, language):
            continue
        shipped = [bundle.path for bundle in list_pretrained() if bundle.name == name]
        for bundle in _readable((folders[:-1] or shipped)[-1:]):
            found[name] = bundle
    return found


def stands_for(name: str) -> BundleInfo:
    """What a name stands for now. Raises: BundleError."""
    return read_info(resolve(name))
