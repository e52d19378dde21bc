"""What a retraining was asked for: the parent, the corpora, and settings by task with the person's changes."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any

from corpora import CleaningConfig, CorpusSource, PrepareConfig, SplitConfig
from nlp.blocklists import load_blocklist
from nlp.bundle import LANGUAGE_NAMES, MANIFEST_FILE, PROVENANCE_FILE, resolve
from nlp.config import Language, PretrainConfig, RetrainConfig, SearchConfig, TrainConfig
from nlp.errors import UsageError
from nlp.growth import Parent, load_parent
from nlp.text import script_language
from scripts.changes import apply_change
from scripts.recipe import SMALLTALK, Recipe, find_recipe, read_section
from scripts.run_folder import RECORD

SECTIONS = {
    "cleaning": CleaningConfig,
    "split": SplitConfig,
    "train": TrainConfig,
    "search": SearchConfig,
    "retrain": RetrainConfig,
}
"""What --set can change; network and tokenizer are the parent's."""

SPLIT = {"validation_share": 0.1, "test_share": 0.1, "max_validation_pairs": 500, "max_test_pairs": 1000}
"""One's own corpus is small: a tenth of it each, and no more than a scoreboard needs."""
BLOCK_LINES = 20
"""Of a small dialogue file."""
TRAIN = {"epochs": 10, "learning_rate": 1e-3, "max_minutes": 30.0, "patience": 5}
"""A quarter of the rate that models are made with: what is there must be moved, not swept away."""
INHERITED = ("batch_tokens", "source_dropout", "style_dropout", "lower_case_share", "context_dropout")
"""Settings of the parent's training that some search settings and abilities rest on."""

SAMPLED_RECORDS = 400
"""Records of each file that its language is judged by."""


@dataclass(frozen=True)
class Retraining:
    """A request, read and checked."""

    parent: Parent
    digest: str
    """SHA-256 of the parent's manifest.json."""
    origin: str
    """Name of the model that the line of retrainings began with."""
    recipe: Recipe
    settings: RetrainConfig
    replay: tuple[CorpusSource, ...]


def read_request(
    bundle: str, corpus_files: Sequence[Path], replay_files: Sequence[Path], changes: Sequence[str]
) -> Retraining:
    """Read the parent and put the settings together.

    Raises:
        BundleError: there is no such model, it is from a newer version, damaged, or cannot be trained on.
        UsageError, ConfigError: a setting cannot work.
        UsageError: a corpus is in another language than the model.
        CorpusError: a corpus cannot be read.
    """
    folder = parent_folder(bundle)
    parent, provenance = load_parent(folder), _provenance(folder)
    digest = hashlib.sha256((folder / MANIFEST_FILE).read_bytes()).hexdigest()
    style = parent.config.search.style  # what is new shall be heard in the style that the model is used in
    corpora = tuple(CorpusSource(file.resolve(), style=style) for file in corpus_files)
    replay = tuple(CorpusSource(file.resolve()) for file in replay_files)
    for source in (*corpora, *replay):
        require_language(source, parent.info.language, parent.info.name)
    values = _values(parent, provenance, _independent(corpora))
    for change in changes:
        apply_change(values, change, SECTIONS)
    values["corpora"], values["replay"] = ([{"path": str(each.path)} for each in files] for files in (corpora, replay))
    values["parent"] = digest
    sections: dict[str, Any] = {
        name: read_section(kind, values[name], f"--set [{name}]") for name, kind in SECTIONS.items()
    }
    recipe = Recipe(
        name=f"{parent.info.name}-retrained",
        task=parent.info.task,
        language=parent.info.language,
        corpora=corpora,
        prepare=PrepareConfig(
            sections["cleaning"], sections["split"], blocked_words=load_blocklist(parent.info.language)
        ),
        tokenizer=parent.config.tokenizer,
        model=parent.config.model,
        pretrain=PretrainConfig(),
        train=sections["train"],
        search=sections["search"],
        values=values,
    )
    settings = sections["retrain"]
    if parent.info.task == "dialogue" and settings.replay_small_talk:
        replay += (CorpusSource(SMALLTALK / parent.info.language, style=style, expand=1),)
    origin = str((provenance.get("parent") or {}).get("origin") or parent.info.name)
    return Retraining(parent, digest, origin, recipe, settings, replay)


def parent_folder(bundle: str) -> Path:
    """The bundle given by name, by its folder, or by that of the run that made it.

    Raises:
        UsageError: no name, or a run that exported nothing yet.
        BundleError: there is none.
    """
    if not bundle.strip():
        raise UsageError("the name is empty: give that of a model (`kuaizui models` lists them) or its folder.")
    path = Path(bundle)
    if (path / RECORD).is_file():
        if not (path / "bundle" / MANIFEST_FILE).is_file():
            raise UsageError(f"{path}: this run has no exported model yet; make one with: kuaizui export {path}")
        return path / "bundle"
    return resolve(bundle)


def require_language(source: CorpusSource, language: Language, name: str) -> None:
    """See that most of a corpus' first records are in `language`.

    Raises:
        UsageError: they are not.
        CorpusError: it cannot be read.
    """
    texts = [" ".join((*record.pair.turns, record.pair.target)) for record in _first_records(source)]
    texts = [text for text in texts if any(map(str.isalpha, text))]
    others = sum(script_language(text) != language for text in texts)
    if 2 * others > len(texts):
        other: Language = "en" if language == "zh" else "zh"
        raise UsageError(
            f"{source.path}: {others:,} of its first {len(texts):,} pairs are, by their script, in "
            f"{LANGUAGE_NAMES[other]}, and {name} is a model for {LANGUAGE_NAMES[language]}. Retrain one of that "
            "language (`kuaizui models` lists them)."
        )


def _first_records(source: CorpusSource) -> Iterator[Any]:
    return islice(source.records(1, lambda problem: None), SAMPLED_RECORDS)


def _independent(corpora: Sequence[CorpusSource]) -> bool:
    """Whether no first record has an earlier turn: then pairs are no talks, and any may be held out by itself."""
    return not any(len(record.pair.turns) > 1 for source in corpora for record in _first_records(source))


def _provenance(folder: Path) -> Mapping[str, Any]:
    """What the parent's bundle says of its making; nothing where that cannot be read, since nothing depends on it."""
    try:
        values = json.loads((folder / PROVENANCE_FILE).read_text(encoding="utf8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _values(parent: Parent, provenance: Mapping[str, Any], independent: bool) -> dict[str, Any]:
    """The record of a retraining as it is without any change, in plain values."""
    task, language, config = parent.info.task, parent.info.language, parent.config
    shipped = tomllib.loads(find_recipe(f"{task}-{language}").read_text(encoding="utf8"))
    split: dict[str, Any] = {"task": "headlines" if independent else task, **SPLIT}
    if not independent:
        split |= {"block_lines": BLOCK_LINES}
    then = (provenance.get("training") or {}).get("config") or {}
    known = {field.name for field in fields(TrainConfig)}
    inherited = {name: then[name] for name in INHERITED if name in then and name in known}
    values = {
        "task": task,
        "language": language,
        "cleaning": dict(shipped.get("cleaning", {})),
        "split": split,
        "tokenizer": asdict(config.tokenizer),
        "model": asdict(config.model),
        "train": {**TRAIN, **inherited},
        "search": asdict(config.search),
        "retrain": {},
    }
    plain: dict[str, Any] = json.loads(json.dumps(values))
    return plain
