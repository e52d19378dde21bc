"""The one retraining that a bot may be at: `kuaizui retrain` as a process of its own, at the lowest priority.

All that has to outlive the bot lies in a folder: the corpus, what was asked for, and the run. What stage it is in is
read from there, so a bot that was stopped goes on where it was.
"""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from bot.settings import PREFIX, TOKEN_VARIABLE
from nlp.bundle import MANIFEST_FILE
from nlp.errors import UsageError

Stage = Literal["nothing", "asked", "begun", "done"]
"""Nothing is there; a corpus waits for a decision; a training was begun; a model waits for one."""
KEPT_LINES = 200
KILLED_AFTER_SECONDS = 60.0
"""A training that is told to stop saves what it has; what lasts longer is ended."""
_LONGEST_LINE_BYTES = 2**20
_REQUEST = "request.json"
_MARK_BYTES = 6


@dataclass(frozen=True)
class Request:
    """What is to be retrained."""

    name: str
    """Which the new model is to stand for, if it is promoted."""
    parent: str
    """The folder of the bundle to begin with."""
    corpus: str
    """The file of the new texts, in the folder."""
    run: str
    """The folder of the run, in the folder; the new model is named after it."""
    mark: str = ""
    """What tells this retraining from all others, for the buttons under its messages; a few letters and digits."""


class AtWork(Exception):
    """Another step of the retraining is at work; one at a time."""


class Retraining:
    """The retraining of a bot. To be used from one event loop."""

    def __init__(self, folder: str, command: str) -> None:
        """`folder` "" switches retraining off; `command` is that of Kuaizui."""
        self._folder, self._command = Path(folder).expanduser() if folder else None, command
        self._process: asyncio.subprocess.Process | None = None
        self._is_at_work = self._closed = False
        self.cancelled = False
        """Whether the step that ended last was told to."""
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        """What the step at work, or the last one, has said."""
        self.task: asyncio.Task[None] | None = None
        """Whoever accompanies the step; kept, so that it is not collected while it runs."""

    @property
    def is_possible(self) -> bool:
        """Whether the settings name a folder."""
        return self._folder is not None

    @property
    def is_at_work(self) -> bool:
        """Whether a step is at work."""
        return self._is_at_work

    @property
    def stage(self) -> Stage:
        """How far the retraining is, by what lies in the folder."""
        try:
            run = self._run
        except UsageError:
            return "nothing"
        if (run / "bundle" / MANIFEST_FILE).is_file():
            return "done"
        return "begun" if (run / "run.json").is_file() else "asked"

    @property
    def mark(self) -> str | None:
        """What tells the retraining that is there from all others; None where there is none."""
        try:
            return self.request.mark
        except UsageError:
            return None

    @property
    def request(self) -> Request:
        """What was asked for. Raises: UsageError where nothing was, or the note of it is damaged."""
        file = self._place / _REQUEST
        try:
            return Request(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise UsageError(f"{file}: what is to be retrained cannot be read. Discard it, and ask again.") from None

    def take(self, name: str, parent: Path, corpus: bytes, ending: str) -> None:
        """Keep what is to be learned, in the place of a corpus that nothing came of.

        Raises:
            AtWork: see there.
            UsageError: a training was begun, which is to be discarded first; or the folder cannot be written.
        """
        if self.is_at_work:
            raise AtWork
        if self.stage in ("begun", "done"):
            raise UsageError("Another retraining waits to be decided on.")
        file = f"corpus{ending}"
        try:
            self.discard()
            self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._place / file).write_bytes(corpus)
            run = f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
            request = Request(name, str(parent), file, run, secrets.token_hex(_MARK_BYTES))
            (self._place / _REQUEST).write_text(json.dumps(asdict(request)), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{self._place}: the corpus cannot be kept there ({error.strerror or error}).") from None

    async def rehearse(self) -> int:
        """Say what would be learned, and what it would take; the exit code. Raises: AtWork, UsageError."""
        return await self._step("retrain", *self._what(), "--dry-run")

    async def train(self) -> int:
        """Train, or go on with it; the exit code. Raises: AtWork, UsageError."""
        return await self._step("retrain", *self._what(), *(["--resume"] if self.stage == "begun" else []))

    async def promote(self) -> int:
        """Let the name stand for the new model; the exit code. Raises: AtWork, UsageError."""
        return await self._step("models", "promote", str(self._run), "--name", self.request.name)

    def cancel(self) -> bool:
        """Tell the step at work to stop; False if there is none."""
        process = self._process
        if process is None or process.returncode is not None:
            return False
        self.cancelled = True
        self._signal(process, signal.SIGTERM)
        asyncio.get_running_loop().call_later(KILLED_AFTER_SECONDS, self._signal, process, signal.SIGKILL)
        return True

    def discard(self) -> None:
        """Delete the corpus and the run; a promoted model is a copy elsewhere. Raises: AtWork, OSError."""
        if self.is_at_work:
            raise AtWork
        with contextlib.suppress(UsageError):
            shutil.rmtree(self._run, ignore_errors=True)
        for file in (*self._place.glob("corpus.*"), self._place / _REQUEST):
            file.unlink(missing_ok=True)

    async def close(self) -> None:
        """The bot is going down: a training saves what it has, and goes on when an admin says so."""
        self._closed = True
        self.cancel()
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])

    @property
    def _place(self) -> Path:
        assert self._folder is not None, "see is_possible"
        return self._folder

    @property
    def _run(self) -> Path:
        return self._place / Path(self.request.run).name

    def _what(self) -> list[str]:
        request = self.request
        return ["--from", request.parent, "--corpus", str(self._place / request.corpus), "-o", str(self._run)]

    async def _step(self, *arguments: str) -> int:
        if self._is_at_work or self._closed:
            raise AtWork
        command = find_command(self._command)
        self._is_at_work, self.cancelled = True, False
        self.lines.clear()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *("nice", "-n", "19", command, *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=_LONGEST_LINE_BYTES,
                start_new_session=True,  # a Ctrl-C for the bot is none for the training
                env=_environment(),
            )
            return await self._ended(self._process)
        finally:
            self._is_at_work = False

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """Read to the end of what a process says, and answer its exit code."""
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.lines.append(line.decode("utf-8", "replace").rstrip())
        return await process.wait()

    @staticmethod
    def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)


def find_command(command: str) -> str:
    """Where a command lies: as a path, beside this Python, or where the shell looks. Raises: UsageError."""
    beside = Path(sys.executable).parent / command  # a path stays what it is
    found = shutil.which(beside) or shutil.which(command)
    if found is None:
        raise UsageError(f"retraining_command = {command!r}: there is no such command. Name it with its path.")
    return found


def _environment() -> dict[str, str]:
    """This process's environment, without what is the bot's alone: the training is not to know the token."""
    own = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, TOKEN_VARIABLE))}
    return {**own, "PYTHONUNBUFFERED": "1"}
