"""Which model a name stands for: those that were promoted to a name, the newest last.

```
${KUAIZUI_HOME}/models.json     {"format": 1, "names": {"headlines-en": ["headlines-en-3f2a…", ...]}}
${KUAIZUI_HOME}/models/         a copy of each promoted bundle
```

The place is the person's own: the installation may belong to somebody else, and be written over by an update. It is
not the cache either, which anybody may empty at any time. Without KUAIZUI_HOME it is `kuaizui` in the folder where
programs keep a person's data (XDG_DATA_HOME, else ~/.local/share). Bundles are copied there, so that a run's folder may
go, and change, without a name losing its model. A switch is one rename: whoever loads a name meets the old model or the
new one.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from nlp.errors import BundleError

FORMAT = 1
_REGISTRY, _MODELS = "models.json", "models"
_DIGEST_CHARACTERS = 16
"""Of a bundle's SHA-256, in the name of its copy."""


def home_folder() -> Path:
    """The folder of what a person has set up; it need not exist."""
    if own := os.environ.get("KUAIZUI_HOME"):
        return Path(own)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "kuaizui"


def promotions() -> dict[str, list[Path]]:
    """For each name that a bundle was promoted to, those bundles, the one it stands for last.

    Raises:
        BundleError: the registry is damaged.
    """
    file = home_folder() / _REGISTRY
    try:
        text = file.read_text(encoding="utf8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{file}: the list of promoted models cannot be read ({error}). {_repair(file)}") from None
    try:
        values = json.loads(text)
        version, names = values["format"], values["names"]
        folders = {str(name): [home_folder() / _MODELS / _plain(each) for each in names[name]] for name in names}
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{file}: the list of promoted models is damaged ({error}). {_repair(file)}") from None
    if version != FORMAT:
        raise BundleError(f"{file}: this list has format {version}; this Kuaizui reads {FORMAT}. Update Kuaizui.")
    return {name: found for name, found in folders.items() if found}


def promoted(name: str) -> Path | None:
    """The folder of the bundle that `name` was switched to; None where it was not.

    Raises:
        BundleError: the registry is damaged, or the bundle's copy is gone.
    """
    folders = promotions().get(name)
    if not folders:
        return None
    if not folders[-1].is_dir():
        raise BundleError(
            f"{folders[-1]}: the model that {name} was switched to is gone. Go back to the one before: "
            f"kuaizui models rollback {name}"
        )
    return folders[-1]


def promote(name: str, bundle: Path, digest: str) -> Path:
    """Let `name` stand for a copy of `bundle`, whose manifest has the SHA-256 `digest`; returns the copy.

    Raises:
        BundleError: the registry is damaged.
        OSError: the copy or the registry cannot be written; then the name stands for what it stood for.
    """
    found, models = promotions(), home_folder() / _MODELS
    copy = models / _plain(f"{name}-{digest[:_DIGEST_CHARACTERS]}")
    if not copy.is_dir():
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".copying-", dir=models) as scratch:
            whole = Path(scratch) / "bundle"
            shutil.copytree(bundle, whole)
            for file in filter(Path.is_file, whole.rglob("*")):
                _flush(file)
            whole.rename(copy)
    if found.get(name, [])[-1:] != [copy]:
        _write({**found, name: [*found.get(name, []), copy]})
    return copy


def roll_back(name: str) -> Path | None:
    """Let `name` stand for what it stood for before its last promotion; returns that, None for the shipped model.

    The copy that was switched off stays on the disk.

    Raises:
        BundleError: `name` was never switched, or the registry is damaged.
        OSError: the registry cannot be written.
    """
    found = promotions()
    if name not in found:
        known = f"Names that were switched: {', '.join(sorted(found))}." if found else "No name was ever switched."
        raise BundleError(f"There is nothing to take back for {name!r}. {known}")
    _write({**found, name: found[name][:-1]})
    return found[name][-2] if len(found[name]) > 1 else None


def _plain(name: str) -> str:
    """`name` if it names something right inside a folder.

    Raises:
        ValueError: it leads elsewhere.
    """
    if not isinstance(name, str) or name in ("", ".", "..") or Path(name).name != name or "\\" in name:
        raise ValueError(f"{name!r} is no name of a model")
    return name


def _write(folders: dict[str, list[Path]]) -> None:
    """Put the registry in place of the old one, whole or not at all."""
    home_folder().mkdir(parents=True, exist_ok=True)
    names = {name: [each.name for each in found] for name, found in sorted(folders.items()) if found}
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf8", dir=home_folder(), prefix=".models-", suffix=".json", delete=False
    ) as file:
        partial = Path(file.name)
        json.dump({"format": FORMAT, "names": names}, file, ensure_ascii=False, indent=2)
        file.write("\n")
    try:
        _flush(partial)
        partial.replace(home_folder() / _REGISTRY)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _flush(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def _repair(file: Path) -> str:
    return f"Move it away, and each name means the shipped model again; the copies are in {file.parent / _MODELS}."
