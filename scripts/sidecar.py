"""`OUT.progress`: how much of an unfinished output is complete, so that a killed run can go on where it stopped.

The file exists from before the first byte of OUT until after its last. It is replaced whole after each window, once the
window's bytes are on the disk; whatever OUT holds beyond the length noted here is cut off by a resuming run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from nlp.errors import UsageError
from scripts.inputs import text_files

FORMAT = 1


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


def fingerprint(path: Path) -> dict[str, str]:
    """Place, size and time of change of an input file; of a folder, those of all its .txt files as one digest."""
    place = os.path.abspath(path)
    if not path.is_dir():
        status = path.stat()
        return {"input": place, "input size": str(status.st_size), "input changed at": str(status.st_mtime_ns)}
    digest = hashlib.sha256()
    for file in text_files(path):
        status = file.stat()
        name = os.fsencode(file.relative_to(path).as_posix())
        digest.update(b"%d:%s %d %d\n" % (len(name), name, status.st_size, status.st_mtime_ns))
    return {"input": place, "input files": digest.hexdigest()}


def write_progress(output: Path, progress: Progress) -> None:
    """Replace the sidecar of `output`, complete and on the disk when this returns."""
    path = sidecar_path(output)
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(dataclasses.asdict(progress), file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


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
        differences = "; ".join(
            f"{name} was {before.get(name, 'not set')}, is {run.get(name, 'not set')}" for name in changed
        )
        raise UsageError(f"cannot resume {output}: not the run that began it ({differences}). {start_anew}")
    length = output.stat().st_size if output.exists() else 0
    if length < progress.output_bytes:
        raise UsageError(
            f"cannot resume {output}: {progress.output_bytes:,} bytes were written, but it has "
            f"{length:,}; it was changed since. {start_anew}"
        )
    return progress
