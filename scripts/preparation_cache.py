"""Prepared pairs and tokenizers, kept for the next run over the same corpora with the same settings.

An entry is a folder whose name is a hash of all that decides its content: the bytes of the corpora, the settings, and
the code that prepares. Nothing in it is ever changed; what has not been used for long is removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import corpora
import nlp.tags
import nlp.text
import nlp.tokenizers

KEPT_ENTRIES = 12
"""Entries of a kind beyond these are removed, the longest unused first."""

_CODE = (
    Path(corpora.__file__).parent,
    Path(nlp.tokenizers.__file__).parent,
    Path(nlp.text.__file__),
    Path(nlp.tags.__file__),
)


def cache_folder() -> Path:
    """Where entries lie: ${KUAIZUI_CACHE}, or the folder for such things in the person's home."""
    if own := os.environ.get("KUAIZUI_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "kuaizui"


def cache_key(*parts: object, files: Iterable[Path] = ()) -> str:
    """The name of the entry for settings `parts`, which show themselves wholly in `repr`, and the bytes of `files`."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=16)
    for path in (*_code_files(), *files):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _code_files() -> list[Path]:
    return sorted(path for place in _CODE for path in ([place] if place.is_file() else place.rglob("*.py")))


def fetch(key: str, folder: Path) -> bool:
    """Make `folder` a copy of an entry, in place of what it held; whether there was one that could be copied."""
    entry = cache_folder() / key
    if not entry.is_dir():
        return False
    with contextlib.suppress(OSError):
        os.utime(entry)
    partial = folder.with_name(f"{folder.name}.fetching")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(entry, partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)  # whole or not at all
    except OSError:  # the disk is full, or another process has just removed the entry
        shutil.rmtree(partial, ignore_errors=True)
        return False
    return True


def store(key: str, folder: Path) -> None:
    """Keep the files of `folder` as an entry. A cache that cannot be written is no reason to stop."""
    with contextlib.suppress(OSError):
        root = cache_folder()
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".storing-", dir=root) as scratch:
            whole = Path(scratch) / "entry"
            shutil.copytree(folder, whole)
            if not (root / key).exists():
                whole.rename(root / key)
        _prune(root)


def _prune(root: Path) -> None:
    kinds: defaultdict[str, list[Path]] = defaultdict(list)
    for path in root.iterdir():
        if path.is_dir() and path.name[0] != ".":
            kinds[path.name.partition("-")[0]].append(path)
    for entries in kinds.values():
        for path in sorted(entries, key=_last_use)[:-KEPT_ENTRIES]:
            shutil.rmtree(path, ignore_errors=True)


def _last_use(path: Path) -> float:
    return path.stat().st_mtime
