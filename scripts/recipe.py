"""Recipes: TOML files that say what to train on and how, read strictly.

A recipe names its corpora by path, relative to the recipe or through `${KUAIZUI_CORPORA}` (an environment variable, or
`--corpora`), `${SAMPLES}` and `${SMALLTALK}` (the samples and the small talk that come with Kuaizui). A path may name a
folder of small talk, which `expand = N` makes larger.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import corpora
from corpora import CleaningConfig, Columns, CorpusError, CorpusSource, PrepareConfig, SplitConfig
from nlp.blocklists import load_blocklist
from nlp.config import (
    Language,
    ModelConfig,
    PretrainConfig,
    SearchConfig,
    Task,
    TokenizerConfig,
    TrainConfig,
    read_config,
)
from nlp.errors import ConfigError, UsageError
from scripts.changes import apply_change

RECIPES = Path(__file__).parent / "recipes"
PRESETS = Path(__file__).parent / "presets"
SAMPLES = Path(corpora.__file__).parent / "samples"
SMALLTALK = Path(corpora.__file__).parent / "smalltalk"
SECTIONS = {
    "cleaning": CleaningConfig,
    "split": SplitConfig,
    "tokenizer": TokenizerConfig,
    "model": ModelConfig,
    "pretrain": PretrainConfig,
    "train": TrainConfig,
    "search": SearchConfig,
}
"""Tables of a recipe and the configuration that each one fills."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class CorpusEntry:
    """One `[[corpora]]` table."""

    path: str
    source: str = "source"
    target: str = "target"
    weight: float = 1.0
    max_pairs: int = 0
    """Pairs sampled from the file; 0 takes all."""
    keep_pattern: str = ""
    replace: tuple[str, ...] = ()
    """`old=new` texts."""
    strip_pattern: str = ""
    recase_target: bool = False
    style: str = ""
    """Register of the file's targets, one of model.styles."""
    expand: int = 0
    """Variants of each prompt of a folder of small talk."""
    licence: str = ""
    """What its makers allow, in a few words, for the model's card."""


@dataclass(frozen=True)
class Recipe:
    """A whole recipe."""

    name: str
    task: Task
    language: Language
    corpora: tuple[CorpusSource, ...]
    prepare: PrepareConfig
    tokenizer: TokenizerConfig
    model: ModelConfig
    pretrain: PretrainConfig
    train: TrainConfig
    search: SearchConfig
    values: Mapping[str, Any]
    """The recipe as read, with its changes: what a run must have in common with the run it resumes."""


def find_recipe(name: str) -> Path:
    """The file of a recipe given by its path or by the name of one that comes with Kuaizui.

    Raises:
        UsageError: there is none; near names are suggested.
    """
    if name.endswith(".toml"):
        if Path(name).is_file():
            return Path(name)
        raise UsageError(f"{name}: there is no such recipe file.")
    known = sorted(path.stem for path in RECIPES.glob("*.toml"))
    if name in known:
        return RECIPES / f"{name}.toml"
    near = difflib.get_close_matches(name, known, n=2)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Recipes: {', '.join(known)}; or give a .toml file."
    raise UsageError(f"There is no recipe {name!r}. {hint}")


def preset_names() -> list[str]:
    """The presets that come along, smallest first."""
    return ["tiny", "small", "base"]


def read_recipe(
    path: Path,
    changes: Sequence[str] = (),
    corpus_files: Sequence[Path] = (),
    corpora_directory: Path | None = None,
    preset: str | None = None,
) -> Recipe:
    """Read a recipe; `changes` are `section.key=value` texts, `corpus_files` replace its corpora.

    The preset that a recipe names lies under its own values; one given as `preset` goes over them.

    Raises:
        ConfigError: broken TOML, an unknown key, a wrong type, a value out of range; file and key are named.
        UsageError: a change that is not of that form, or a path whose variable is not set.
    """
    values = _read_toml(path)
    if isinstance(own := values.pop("preset", None), str):
        values = _merged(_read_toml(_find_preset(own)), values)
    elif own is not None:
        raise ConfigError(f"{path.name}: preset = {own!r}; choose one of {', '.join(preset_names())}.")
    if preset:
        values = _merged(values, _read_toml(_find_preset(preset)))
    for change in changes:
        apply_change(values, change, SECTIONS)
    if corpus_files:
        style = _style_in_use(values)
        values["corpora"] = [{"path": str(file.resolve()), **style} for file in corpus_files]
    return _typed_recipe(values, path, corpora_directory)


def _style_in_use(values: Mapping[str, Any]) -> dict[str, Any]:
    """The style that the recipe's model is used in, for texts of one's own: one that no text has is never learned."""
    search = values.get("search")
    style = search.get("style") if isinstance(search, dict) else None
    return {"style": style} if style else {}


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the recipe cannot be read ({error}).") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: this is not valid TOML: {error}.") from None


def _find_preset(name: str) -> Path:
    if name not in preset_names():
        raise UsageError(f"There is no preset {name!r}. Choose one of {', '.join(preset_names())}.")
    return PRESETS / f"{name}.toml"


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Values of both; where both have one, that of `over`; tables are merged key by key."""
    merged = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            merged[key] = {**under[key], **over[key]}
    return merged


def _typed_recipe(values: dict[str, Any], path: Path, corpora_directory: Path | None) -> Recipe:
    name = path.name
    unknown = sorted(values.keys() - SECTIONS.keys() - {"name", "task", "language", "corpora"})
    if unknown:
        near = difflib.get_close_matches(unknown[0], [*SECTIONS, "name", "task", "language", "corpora"], n=1)
        raise ConfigError(f"{name}: unknown key {unknown[0]!r}.{f' Did you mean {near[0]!r}?' if near else ''}")
    task = _one_of(values, "task", get_args(Task), name)
    tables = dict(values)
    if isinstance(split := values.get("split", {}), dict):
        tables["split"] = {"task": task, **split}
    configs: dict[str, Any] = {
        section: read_section(kind, tables.get(section, {}), f"{name} [{section}]")
        for section, kind in SECTIONS.items()
    }
    if (style := configs["search"].style) and style not in configs["model"].styles:
        raise ConfigError(f"{name} [search]: style = {style!r} is not among model.styles.")
    if configs["model"].tags and task != "headlines":
        raise ConfigError(f"{name} [model]: tags = true is for headlines; chat has no article to take values from.")
    if configs["pretrain"].task != "none" and configs["train"].word_vectors:
        raise ConfigError(
            f"{name}: train.word_vectors and pretrain.task both say what the network begins with; leave one out."
        )
    if not isinstance(corpus_tables := values.get("corpora", []), list):
        raise ConfigError(f"{name}: corpora is a list of tables; write [[corpora]] above each, in double brackets.")
    entries = [read_config(CorpusEntry, entry, f"{name} [[corpora]]") for entry in corpus_tables]
    for entry in entries:
        if entry.style and entry.style not in configs["model"].styles:
            raise ConfigError(f"{name} [[corpora]]: style = {entry.style!r} is not among model.styles.")
    if not entries:
        raise ConfigError(f"{name}: no [[corpora]] table; name at least one file to learn from, or use --corpus FILE.")
    language: Language = _one_of(values, "language", get_args(Language), name)
    return Recipe(
        name=str(values.get("name", path.stem)),
        task=task,
        language=language,
        corpora=tuple(_corpus_source(entry, path.parent, corpora_directory, name) for entry in entries),
        prepare=PrepareConfig(configs["cleaning"], configs["split"], blocked_words=load_blocklist(language)),
        tokenizer=configs["tokenizer"],
        model=configs["model"],
        pretrain=configs["pretrain"],
        train=configs["train"],
        search=configs["search"],
        values=values,
    )


def read_section(kind: type[Any], values: Mapping[str, Any], where: str) -> Any:
    """The configuration `kind` from one table, which stands at `where`.

    Raises:
        ConfigError: see `read_config`.
    """
    try:
        return read_config(kind, values, where)
    except CorpusError as error:  # what the corpora package says of a value does not know where it came from
        raise ConfigError(f"{where}: {error}") from None


def _one_of(values: Mapping[str, Any], key: str, allowed: Sequence[Any], name: str) -> Any:
    if values.get(key) not in allowed:
        raise ConfigError(f"{name}: {key} = {values.get(key)!r}; choose one of {', '.join(allowed)}.")
    return values[key]


def _corpus_source(entry: CorpusEntry, base: Path, corpora_directory: Path | None, where: str) -> CorpusSource:
    path = Path(_VARIABLE.sub(lambda match: _variable(match[1], corpora_directory, where), entry.path))
    return CorpusSource(
        base / path,
        Columns(entry.source, entry.target),
        entry.weight,
        entry.max_pairs or None,
        entry.keep_pattern or None,
        entry.replace,
        entry.strip_pattern or None,
        entry.recase_target,
        entry.style,
        entry.expand,
    )


def _variable(name: str, corpora_directory: Path | None, where: str) -> str:
    known = {"SAMPLES": str(SAMPLES), "SMALLTALK": str(SMALLTALK)}
    if corpora_directory is not None:
        known["KUAIZUI_CORPORA"] = str(corpora_directory)
    value = known.get(name) or os.environ.get(name)
    if not value:
        raise UsageError(
            f"{where}: the corpora are in the folder ${{{name}}}, which is not set. Give the folder with "
            f"--corpora DIR, or set the environment variable {name}."
        )
    return value
