"""Reading and writing a bundle's tokenizer/ folder: `tokenizer.json` and the files of each kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nlp.errors import BundleError

METADATA_FILE = "tokenizer.json"
FORMAT_VERSION = 1
REPAIR = "Copy the whole model folder again, or export it anew."


def write_metadata(directory: Path, kind: str, **options: Any) -> None:
    """Write `tokenizer.json`: the kind, the format version and the kind's own `options`."""
    content = {"format_version": FORMAT_VERSION, "kind": kind, **options}
    (directory / METADATA_FILE).write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def read_metadata(directory: Path) -> dict[str, Any]:
    """Read `tokenizer.json` back; its `kind` is a string.

    Raises:
        BundleError: the file is missing, is no JSON object, or is of another format version.
    """
    path = directory / METADATA_FILE
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: this is not valid JSON ({error}). {REPAIR}") from None
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
        raise BundleError(f"{path}: it names no tokenizer kind. {REPAIR}")
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise BundleError(
            f"{path}: format version {version!r}, but this Kuaizui reads version {FORMAT_VERSION}. "
            "Use the Kuaizui that wrote the model, or export the model anew."
        )
    return content


def read_bytes(path: Path) -> bytes:
    """Read a whole file of the bundle.

    Raises:
        BundleError: the file is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BundleError(f"{path}: the file is missing. {REPAIR}") from None
    except OSError as error:
        raise BundleError(f"{path}: the file cannot be read ({error.strerror}). Check its permissions.") from None


def read_text(path: Path) -> str:
    """Read a whole UTF-8 file of the bundle, line ends as they are.

    Raises:
        BundleError: the file is missing, cannot be read or is not UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{path}: byte {error.start} is not UTF-8 text. {REPAIR}") from None
