"""`OUT.progress`: how much of an unfinished output is complete, so that a killed run can go on where it stopped.

The file exists from before the first byte of OUT until after its last. It is replaced whole after each window, once the
window's bytes are on the disk; whatever OUT holds beyond the length noted here is cut off by a resuming run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nlp.errors import UsageError
from scripts.folder_articles import list_folder

FORMAT = 1
INPUT, INPUT_FILES, INPUT_SIZE, INPUT_TIME = "input", "input files", "input size", "input changed at"


@dataclass(frozen=True)
class Progress:
    """The state of an unfinished output."""

    output_bytes: int = 0
    """Length of OUT up to the end of its last complete window."""
    records: int = 0
    """Input records whose results stand in those bytes."""
    errors: int = 0
    """How many of them carry an error."""
    run: dict[str, str] = field(default_factory=dict)
    """What must be the same for the run to go on: the input's fingerprint, the model and the options, by name."""
    format: int = FORMAT


def sidecar_path(output: Path) -> Path:
    """Where the progress of `output` is kept."""
    return output.with_name(output.name + ".progress")


def fingerprint(path: Path, output: Path | None = None) -> dict[str, str]:
    """Place, size and time of change of an input file; of a folder, those of all its .txt files as one digest.

    `output` is none of the input's files, even if it stands among them.
    """
    place = os.path.abspath(path)
    if not path.is_dir():
        status = path.stat()
        return {INPUT: place, INPUT_SIZE: str(status.st_size), INPUT_TIME: str(status.st_mtime_ns)}
    digest = hashlib.sha256()
    for entry in list_folder(path, output):
        name = os.fsencode(entry.name)
        try:
            status = entry.path.stat()
            facts = b"%d %d" % (status.st_size, status.st_mtime_ns)
        except OSError:
            facts = b"unreadable"  # its record is an error, and the others go on
        digest.update(b"%d:%s %s\n" % (len(name), name, facts))
    return {INPUT: place, INPUT_FILES: digest.hexdigest()}


def write_progress(output: Path, progress: Progress) -> None:
    """Replace the sidecar of `output`, complete and on the disk when this returns."""
    path = sidecar_path(output)
    beside = path.with_name(path.name + ".new")
    try:
        with beside.open("w", encoding="ascii") as file:
            # Escaped, because a file name may hold bytes that are no UTF-8, which Python keeps as lone surrogates.
            json.dump(dataclasses.asdict(progress), file, ensure_ascii=True)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def remove_progress(output: Path) -> None:
    """The output is complete: its sidecar goes."""
    path = sidecar_path(output)
    path.with_name(path.name + ".new").unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def read_progress(output: Path, run: dict[str, str]) -> Progress:
    """Read the sidecar of `output` and see that the run described by `run` may go on.

    Raises:
        UsageError: the sidecar is damaged, the input, the model or an option differs, or OUT has become shorter.
    """
    path = sidecar_path(output)
    start_anew = f"To start anew, delete {path}."
    try:
        progress = Progress(**json.loads(path.read_text(encoding="utf-8")))
        numbers = (progress.output_bytes, progress.records, progress.errors)
        if progress.format != FORMAT or not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError
        before = dict(progress.run)
    except (ValueError, TypeError):
        raise UsageError(f"{path}: damaged, or written by another version; cannot resume. {start_anew}") from None
    changed = [name for name in {**before, **run} if before.get(name) != run.get(name)]
    if changed:
        differences = "; ".join(_difference(name, before.get(name), run.get(name)) for name in changed)
        raise UsageError(f"cannot resume {output}: not the run that began it ({differences}). {start_anew}")
    length = output.stat().st_size if output.exists() else 0
    if length < progress.output_bytes:
        raise UsageError(
            f"cannot resume {output}: {progress.output_bytes:,} bytes were written, but it has "
            f"{length:,}; it was changed since. {start_anew}"
        )
    return progress


def _difference(name: str, before: str | None, now: str | None) -> str:
    if name == INPUT_FILES and before is not None and now is not None:
        return "files of the input folder were added, removed or changed"
    return f"{name} was {_readable(name, before)}, is {_readable(name, now)}"


def _readable(name: str, value: str | None) -> str:
    if value is None:
        return "not set"
    if name == INPUT_SIZE and value.isdecimal():
        return f"{int(value):,} bytes"
    if name == INPUT_TIME and value.isdecimal():
        seconds, nanoseconds = divmod(int(value), 10**9)
        with contextlib.suppress(OverflowError, OSError, ValueError):
            return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M:%S}.{nanoseconds:09}"
    return value
