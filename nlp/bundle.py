"""Bundles: a model as a folder that describes itself, and that cannot be loaded wrongly.

```
manifest.json      format version, name, task, language, size and SHA-256 of every other file, and a SHA-256 of all this
                   (see `manifest_digest`); written last
config.json        model, tokenizer and search configuration
tokenizer/         encoder.onnx   decoder_step.onnx   weights.safetensors
                   int8 bundles: decoder_step_wide.onnx   overflow_probe.onnx (see nlp.onnx_export)
metrics.json       provenance.json   README.md (the model card)
                   chat models: memory.npz (see nlp.memory)
                   retrained: scoreboard.json   probe.jsonl (see nlp.scoreboard, nlp.probe)
```
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from nlp.config import Language, ModelConfig, SearchConfig, Task, TokenizerConfig, read_config
from nlp.errors import BundleError, ConfigError, UsageError
from nlp.registry import promoted

FORMAT_VERSION = 1
PRETRAINED = Path(__file__).parent / "pretrained"
MANIFEST_FILE, CONFIG_FILE, METRICS_FILE, PROVENANCE_FILE = (
    "manifest.json",
    "config.json",
    "metrics.json",
    "provenance.json",
)
CARD_FILE, TOKENIZER_FOLDER, SCOREBOARD_FILE = "README.md", "tokenizer", "scoreboard.json"
ENCODER_FILE, DECODER_FILE, WEIGHTS_FILE = "encoder.onnx", "decoder_step.onnx", "weights.safetensors"
WIDE_DECODER_FILE, PROBE_FILE = "decoder_step_wide.onnx", "overflow_probe.onnx"
LANGUAGE_NAMES: Mapping[Language, str] = {"en": "English", "zh": "Chinese"}


_ANEW = "Export or download the model again."


@dataclass(frozen=True)
class BundleConfig:
    """What config.json holds."""

    model: ModelConfig
    tokenizer: TokenizerConfig
    search: SearchConfig


@dataclass(frozen=True)
class BundleInfo:
    """What the manifest says of a bundle, without reading the rest."""

    name: str
    task: Task
    language: Language
    parameters: int
    bytes: int
    path: Path


def list_pretrained() -> list[BundleInfo]:
    """The bundles that come with Kuaizui, by name."""
    return [read_info(path.parent) for path in sorted(PRETRAINED.glob(f"*/{MANIFEST_FILE}"))]


def resolve(model: str | Path) -> Path:
    """The folder of a bundle given by its path or by name: what was promoted to that name, else the shipped one.

    Raises:
        BundleError: there is none; near names are suggested.
    """
    path = Path(model)
    if str(model) == path.name and (switched := promoted(path.name)):
        return switched
    if str(model) == path.name and (PRETRAINED / path.name / MANIFEST_FILE).is_file():
        return PRETRAINED / path.name  # a name means the shipped model, whatever lies in the working folder
    if path.is_dir():
        return path
    names = [info.name for info in list_pretrained()]
    near = difflib.get_close_matches(str(model), names, n=2, cutoff=0.5)
    if near:
        hint = f"Did you mean {' or '.join(near)}?"
    else:
        hint = (
            f"Models that come with Kuaizui: {', '.join(names)}." if names else "No model comes with this installation."
        )
    raise BundleError(f"There is no model {str(model)!r}, neither by name nor as a folder. {hint}")


def read_info(path: Path) -> BundleInfo:
    """Read a bundle's manifest, which is checked whole; the other files are not.

    Raises:
        BundleError: it is missing, damaged or from another version.
    """
    manifest = _read_manifest(path)
    return BundleInfo(
        manifest["name"],
        manifest["task"],
        manifest["language"],
        manifest["parameters"],
        sum(entry["bytes"] for entry in manifest["files"].values()),
        path,
    )


def read_bundle_config(path: Path) -> BundleConfig:
    """Check every file of the bundle at `path` against its manifest and read its configuration.

    Raises:
        BundleError: a file is missing or changed; the first one is named.
    """
    manifest = _read_manifest(path)
    for name, entry in manifest["files"].items():
        _check_file(path / name, entry)
    try:
        values = json.loads((path / CONFIG_FILE).read_text(encoding="utf8"))
        return BundleConfig(
            read_config(ModelConfig, values["model"], f"{CONFIG_FILE} [model]"),
            read_config(TokenizerConfig, values["tokenizer"], f"{CONFIG_FILE} [tokenizer]"),
            read_config(SearchConfig, values["search"], f"{CONFIG_FILE} [search]"),
        )
    except (OSError, ValueError, KeyError, ConfigError) as error:
        raise BundleError(
            f"{path / CONFIG_FILE}: the configuration cannot be read ({error}). Update Kuaizui, or export "
            "the model again."
        ) from None


def _read_manifest(path: Path) -> dict[str, Any]:
    file = path / MANIFEST_FILE
    manifest = _manifest_json(file)
    version = manifest["format_version"]
    if isinstance(version, int) and version != FORMAT_VERSION:
        raise BundleError(
            f"{file}: this model has format version {version}, and this Kuaizui reads version "
            f"{FORMAT_VERSION}. Update Kuaizui, or export the model again."
        )
    if not _is_complete(manifest):
        raise BundleError(f"{file}: the manifest is incomplete or damaged. {_ANEW}")
    if manifest["sha256"] != manifest_digest(manifest):
        raise BundleError(f"{file}: the manifest was changed after it was written. {_ANEW}")
    return manifest


def _manifest_json(file: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(file.read_bytes().decode("utf8"))
    except FileNotFoundError:
        raise BundleError(f"{file.parent}: this is not a model folder: it has no {MANIFEST_FILE}.") from None
    except OSError as error:
        raise BundleError(f"{file}: the manifest cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise BundleError(f"{file}: the manifest is damaged (it is not UTF-8 text). {_ANEW}") from None
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{file}: the manifest is damaged (it is not JSON: {error}). {_ANEW}") from None
    if not isinstance(manifest, dict) or "format_version" not in manifest:
        raise BundleError(f"{file}: the manifest is damaged (it names no format_version). {_ANEW}")
    return manifest


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """Hex SHA-256 over a manifest's own fields, whatever their order and spacing; `sha256` itself is left out."""
    fields = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _is_complete(manifest: Mapping[str, Any]) -> bool:
    kinds = {"name": str, "task": str, "language": str, "sha256": str, "files": dict}
    return (
        all(isinstance(manifest.get(key), kind) for key, kind in kinds.items())
        and _is_count(manifest.get("parameters"))
        and manifest["task"] in get_args(Task)
        and manifest["language"] in get_args(Language)
        and all(isinstance(entry, dict) and _is_count(entry.get("bytes")) for entry in manifest["files"].values())
        and all(isinstance(entry.get("sha256"), str) for entry in manifest["files"].values())
        and manifest["files"].keys() >= {CONFIG_FILE, ENCODER_FILE, DECODER_FILE, WEIGHTS_FILE}
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_file(file: Path, entry: Mapping[str, Any]) -> None:
    try:
        size, digest = file.stat().st_size, _digest(file)
    except OSError as error:
        raise BundleError(
            f"{file}: a file of the model is missing or cannot be read ({error.strerror}). {_ANEW}"
        ) from None
    if size != entry["bytes"] or digest != entry["sha256"]:
        difference = (
            "same size, other contents"
            if size == entry["bytes"]
            else f"{size:,} bytes where the manifest says {entry['bytes']:,}"
        )
        raise BundleError(f"{file}: this file is not what the model was shipped with ({difference}). {_ANEW}")


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


class BundleWriter:
    """Builds a bundle in a folder beside its place and moves it there when it is whole.

    A context manager that yields the folder to write into; on an error nothing is left behind and what stood at the
    place before stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.folder = self.path.with_name(f".{self.path.name}.partial")
        self.replaces = False
        """Whether another model stands at the place and will go; known once writing has begun."""

    def __enter__(self) -> BundleWriter:
        """Begin, unless something stands at the place that a bundle must not replace.

        Raises:
            UsageError: it is a file, or a folder with other things in it.
        """
        if self.path.is_file() or (self.path.is_dir() and any(self.path.iterdir()) and not self._holds_bundle()):
            raise UsageError(f"{self.path} exists and is not a model folder; it is left as it is. Choose another one.")
        self.replaces = self._holds_bundle()
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / TOKENIZER_FOLDER).mkdir(parents=True)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _holds_bundle(self) -> bool:
        return (self.path / MANIFEST_FILE).is_file()

    def write_config(self, config: BundleConfig) -> None:
        """Write config.json."""
        self.write_json(CONFIG_FILE, {name: asdict(getattr(config, name)) for name in ("model", "tokenizer", "search")})

    def write_json(self, name: str, values: Mapping[str, Any]) -> None:
        """Write one JSON file of the bundle."""
        text = json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False)
        (self.folder / name).write_text(text + "\n", encoding="utf8")

    def finish(self, name: str, task: Task, language: Language, parameters: int) -> None:
        """Write the manifest over all files present, flush everything to the disk, and move the bundle to its place."""
        files = sorted(file for file in self.folder.rglob("*") if file.is_file())
        entries = {
            file.relative_to(self.folder).as_posix(): {"bytes": file.stat().st_size, "sha256": _digest(file)}
            for file in files
            if file.name != MANIFEST_FILE
        }
        manifest = {
            "format_version": FORMAT_VERSION,
            "name": name,
            "task": task,
            "language": language,
            "parameters": parameters,
            "files": entries,
        }
        self.write_json(MANIFEST_FILE, {**manifest, "sha256": manifest_digest(manifest)})
        for file in [*files, self.folder / MANIFEST_FILE]:
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
        previous = self.path.with_name(f".{self.path.name}.previous")
        shutil.rmtree(previous, ignore_errors=True)
        if self.path.exists():
            self.path.rename(previous)
        try:
            self.folder.rename(self.path)
        except OSError:
            if previous.exists():
                previous.rename(self.path)
            raise
        shutil.rmtree(previous, ignore_errors=True)
