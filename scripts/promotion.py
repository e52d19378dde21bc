"""Promotion: a name is switched to a model of one's own, unless that model lost what its parent could."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp.bundle import (
    MANIFEST_FILE,
    PROVENANCE_FILE,
    SCOREBOARD_FILE,
    BundleInfo,
    list_pretrained,
    read_bundle_config,
    read_info,
)
from nlp.errors import BundleError, UsageError
from nlp.registry import promote, promotions
from scripts.retraining_request import parent_folder


def promote_bundle(bundle: Path, name: str | None, *, force: bool) -> Iterator[str]:
    """Switch `name`, by default that of the model it began with, to a copy of `bundle`; yields what to say of it.

    Raises:
        UsageError: the model lost old skill and `force` was not given, the name is none, or stands for models of
            another task or language.
        BundleError: the bundle is damaged.
    """
    folder = parent_folder(str(bundle.resolve()))
    read_bundle_config(folder)  # every file is checked before a name depends on it
    info = read_info(folder)
    name = name or _origin(folder) or info.name
    if Path(name).name != name or name in ("", ".", ".."):
        raise UsageError(f"--name {name}: a name has no folders in it.")
    _require_same_kind(info, name)
    scoreboard = _json(folder / SCOREBOARD_FILE)
    if scoreboard is None:
        yield f"{folder} has no scoreboard: it was not retrained, or by an older version; what it lost is not known."
    elif scoreboard.get("old_skill_falls"):
        if not force:
            raise UsageError(
                f"{folder}: {scoreboard.get('sentence', 'old skill was lost.')} It is not promoted; see "
                f"{SCOREBOARD_FILE} there, and promote it with --force if that is what you want."
            )
        yield f"Promoted all the same: {scoreboard.get('sentence', '')}"
    digest = hashlib.sha256((folder / MANIFEST_FILE).read_bytes()).hexdigest()
    copy = promote(name, folder, digest)
    yield f"{name} stands for {copy} from now on, a copy of {folder}."
    yield f"Take it back: kuaizui models rollback {name}"


def _origin(folder: Path) -> str:
    parent = (_json(folder / PROVENANCE_FILE) or {}).get("parent")
    return str(parent.get("origin", "")) if isinstance(parent, dict) else ""


def _require_same_kind(info: BundleInfo, name: str) -> None:
    """See that whoever uses `name` gets a model for what they use it for.

    Raises:
        UsageError: it is for another task or language.
    """
    others = [each for each in list_pretrained() if each.name == name]
    others += [read_info(folder) for folder in promotions().get(name, [])[-1:] if folder.is_dir()]
    for other in others:
        if (other.task, other.language) != (info.task, info.language):
            raise UsageError(
                f"{name} stands for a model for {other.task} ({other.language}), and {info.path} is one for "
                f"{info.task} ({info.language}). Choose another name with --name."
            )


def _json(path: Path) -> dict[str, Any] | None:
    """The object in a file; None where there is no such file.

    Raises:
        BundleError: it is damaged.
    """
    try:
        values = json.loads(path.read_text(encoding="utf8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BundleError(f"{path}: the file cannot be read ({error}). Export the model again.") from None
    return values if isinstance(values, dict) else {}
