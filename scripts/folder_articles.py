"""Articles from a folder: one in each .txt file, at any depth."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from corpora.articles import ARTICLE_BYTES, InputRecord, Meter, NotText
from corpora.articles.lines import Line, not_utf8, refuse_binary
from corpora.articles.record import make_record
from nlp.errors import UsageError


class Entry(NamedTuple):
    """A .txt file of a folder, or a folder inside it that cannot be listed."""

    name: str
    """Relative to the folder, with forward slashes; ends with one if it is a folder."""
    path: Path
    error: str | None = None
    """Why it cannot be listed."""


def list_folder(folder: Path, output: Path | None = None) -> list[Entry]:
    """The .txt files of `folder` at any depth, sorted by their relative names, without `output`.

    Raises:
        UsageError: there is none, or the folder cannot be listed.
    """
    found: list[Entry] = []
    left_out = set() if output is None else {_place(output), os.path.realpath(output)}

    def unreadable(error: OSError) -> None:
        path = Path(error.filename)
        if path == folder:
            raise UsageError(f"{folder}: the folder cannot be read ({error.strerror}).")
        reason = f"{path}: this folder cannot be read ({error.strerror}), so what it holds is passed over"
        found.append(Entry(path.relative_to(folder).as_posix() + "/", path, reason))

    for directory, _, names in os.walk(folder, onerror=unreadable):
        place = os.path.realpath(directory) if output is not None else directory
        for name in names:
            if name.lower().endswith(".txt") and os.path.join(place, name) not in left_out:
                path = Path(directory, name)
                found.append(Entry(path.relative_to(folder).as_posix(), path))
    if not found:
        raise UsageError(f"{folder}: the folder holds no .txt file.")
    return sorted(found)


def _place(file: Path) -> str:
    """Where `file` stands, itself unresolved: it may be a link."""
    return os.path.join(os.path.realpath(file.parent), file.name)


def folder_bytes(entries: Iterable[Entry]) -> int:
    """How much there is to read in those of `entries` that can be read."""
    total = 0
    for entry in entries:
        try:
            status = entry.path.stat()
        except OSError:
            continue  # its record says so
        total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total


def folder_records(entries: Iterable[Entry], meter: Meter) -> Iterator[InputRecord]:
    """Yield the article of each file; one that cannot be read yields an error."""
    for entry in entries:
        try:
            yield _file_record(entry, meter)
        except (UsageError, NotText) as error:
            yield InputRecord(entry.name, "", str(error))
        except UnicodeDecodeError as error:
            yield InputRecord(entry.name, "", f"{entry.path}: {not_utf8(error)}")
        except OSError as error:
            yield InputRecord(entry.name, "", f"{entry.path}: {_reason(entry.path, error)}")


def _file_record(entry: Entry, meter: Meter) -> InputRecord:
    if entry.error is not None:
        raise UsageError(entry.error)
    status = entry.path.stat()
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for somebody to write into it
        raise UsageError(f"{entry.path}: this is a pipe, a device or a folder, not a file")
    with entry.path.open("rb") as opened:
        refuse_binary(opened, str(entry.path))
        content = Line(1, opened.read(ARTICLE_BYTES), bool(opened.peek(1)))
    meter.bytes_read += status.st_size
    return make_record(entry.name, content.decode(), str(entry.path), content.cut)


def _reason(path: Path, error: OSError) -> str:
    if path.is_symlink() and not path.exists():
        return f"this link leads nowhere ({os.readlink(path)} does not exist)"
    return f"cannot be read ({error.strerror})"
