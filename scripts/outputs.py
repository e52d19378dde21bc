"""The places where records of headlines go: a resumable file, or a stream."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Protocol

from corpora.articles import FORMATS, OutputFormat
from nlp.errors import UsageError
from nlp.headlines import HeadlineRecord
from scripts.progress import how_many
from scripts.sidecar import Progress, read_progress, remove_progress, sidecar_path, write_progress

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Output(Protocol):
    """Where windows of records go."""

    progress: Progress
    """What is safely written."""

    def append(self, records: Sequence[HeadlineRecord]) -> None:
        """Write one window; it is out of this process's hands when this returns."""
        ...

    def finish(self) -> None:
        """All records have been appended."""
        ...

    def close(self) -> None:
        """Let go of the place, finished or not."""
        ...


class StreamOutput:
    """Standard output: nothing can be taken up again."""

    def __init__(self, stream: BinaryIO, form: OutputFormat) -> None:
        self.stream = stream
        self.form = form
        self.progress = Progress()
        self._begun = False

    def append(self, records: Sequence[HeadlineRecord]) -> None:
        """Write one window and flush it, so that the next tool in the pipe sees it at once.

        Raises:
            UsageError: a full disk.
        """
        try:
            write_all(self.stream, self.form.window(records, not self._begun))
            self.stream.flush()
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            raise UsageError(
                "no space left on the device while writing standard output, after "
                f"{how_many(self.progress.records, 'record')}. Make room and run it again with -o OUT instead: a run "
                "that stops can then go on with --resume, where > begins anew."
            ) from error
        self._begun = True
        self.progress = counted(self.progress, records)

    def finish(self) -> None:
        """Write what an output without records consists of."""
        if not self._begun:
            self.append(())

    def close(self) -> None:
        """The stream belongs to the process and stays open."""


class FileOutput:
    """A file, replaced from its beginning or continued from its sidecar; nothing is touched before the first window.

    `run` is what a resuming run must have in common with this one; None for a run that cannot be resumed, and then no
    sidecar is kept.

    Raises:
        UsageError: from the constructor, where the file cannot be begun or continued; from `append` and `finish`, where
            the disk is full or the file cannot be written, with what is safe.
    """

    def __init__(self, path: Path, run: dict[str, str] | None, resume: bool) -> None:
        self.path = path
        check_place(path)
        self.form = output_format(path)
        self.is_device = path.exists() and not path.is_file()
        if self.is_device and resume:
            raise UsageError(f"{path}: this is a device or a pipe, which cannot be resumed. Leave out --resume.")
        self.run = run = None if self.is_device else run
        unfinished = sidecar_path(path).exists()
        if unfinished and not resume:
            raise UsageError(
                f"{path} is the output of an unfinished run. Add --resume to continue it, "
                f"or delete {sidecar_path(path)} to start anew."
            )
        if resume and not unfinished and path.exists():
            raise UsageError(
                f"nothing to resume: {path} exists without {sidecar_path(path).name} beside it, so it is "
                "finished, or not ours. Leave out --resume to write it anew."
            )
        self.progress = read_progress(path, run or {}) if unfinished else Progress(run=run or {})
        self._file: FileIO | None = None

    def append(self, records: Sequence[HeadlineRecord]) -> None:
        """Write one window, wait until it is on the disk, then note that it is."""
        try:
            file = self._file or self._open()
            content = self.form.window(records, is_first=self.progress.output_bytes == 0)
            write_all(file, content)
            progress = replace(counted(self.progress, records), output_bytes=self.progress.output_bytes + len(content))
            if self.run is not None:
                os.fsync(file.fileno())
                write_progress(self.path, progress)
            self.progress = progress
        except OSError as error:
            raise UsageError(self._failure(error)) from error

    def finish(self) -> None:
        """Close the file and remove its sidecar."""
        if self._file is None:
            self.append(())
        self.close()
        if self.run is not None:
            remove_progress(self.path)

    def close(self) -> None:
        """Close the file, finished or not."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> FileIO:
        if self.run is not None and self.progress.records == 0:
            write_progress(self.path, replace(self.progress, output_bytes=0))
        # Unbuffered: a buffer that met a full disk would try to write its rest once more when it is closed.
        self._file = FileIO(self.path, "r+" if self.progress.output_bytes else "w")
        if self.progress.output_bytes:
            self._file.truncate(self.progress.output_bytes)
            self._file.seek(self.progress.output_bytes)
        return self._file

    def _failure(self, error: OSError) -> str:
        what = "no space left on the device" if error.errno in DISK_FULL else error.strerror
        if self.is_device:
            return f"{self.path}: {what}. It is a device or a pipe: give an ordinary file for the output."
        records = self.progress.records
        safe = f"{how_many(records, 'record')} {'is' if records == 1 else 'are'} safe in it"
        if self.run is None:
            return f"{self.path}: {what}. {safe}; the input was standard input, so the run must be started anew."
        return (
            f"{self.path}: {what}. {safe}. Make room, then run the same command again with --resume: it continues "
            "after them."
        )


def check_place(path: Path) -> None:
    """See that `path` could be written.

    Raises:
        UsageError: its folder does not exist or it is a folder itself.
    """
    if not path.parent.is_dir():
        raise UsageError(f"{path}: the folder {path.parent} does not exist.")
    if path.is_dir():
        raise UsageError(f"{path}: this is a folder; name a file for the output.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path}: you may not write there.")


def output_format(output: Path) -> OutputFormat:
    """The format that the ending of `output` chooses.

    Raises:
        UsageError: an unknown ending.
    """
    try:
        return FORMATS[output.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{output}: cannot tell the format from the ending {output.suffix or '(none)'!r}; "
            f"known are {', '.join(FORMATS)}."
        ) from None


def counted(progress: Progress, records: Sequence[HeadlineRecord]) -> Progress:
    """`progress` with `records` added to its counts."""
    return replace(
        progress,
        records=progress.records + len(records),
        errors=progress.errors + sum(record.error is not None for record in records),
    )


def write_all(file: BinaryIO | FileIO, content: bytes) -> None:
    """Write all of `content`, also where `file` has no buffer (as standard output under `python -u`)."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]
