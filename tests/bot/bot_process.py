"""The bot as a process of its own on a fake Bot API, with tiny models of random weights."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys

from nlp.bundle import MANIFEST_FILE, BundleWriter
from tests.conftest import ROOT, write_random_bundle

PATIENCE_SECONDS = 60.0
UNLIMITED = {"overall_per_second": 10_000, "private_per_second": 1000, "group_per_minute": 10_000}


def run_python(*arguments):
    """What comes of a Python process of its own with these arguments, which finds the packages; its output is text."""
    command, found = [sys.executable, *map(str, arguments)], {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=found, capture_output=True, text=True)


def write_bundles(folder):
    """The settings that name four bundles of random weights: chat and headlines in both languages."""
    settings = {}
    for task in ("dialogue", "headlines"):
        english = write_random_bundle(folder / f"{task}-en", task=task)
        settings[f"{task}_models".replace("headlines_", "headline_")] = [
            str(renamed(english, folder / f"bundles/{task}-{language}", task, language)) for language in ("en", "zh")
        ]
    return settings


def renamed(bundle, path, task, language):
    """A copy of a bundle under another name and for another language."""
    path.parent.mkdir(exist_ok=True)
    with BundleWriter(path) as writer:
        shutil.copytree(bundle, writer.folder, dirs_exist_ok=True)
        (writer.folder / MANIFEST_FILE).unlink()
        writer.finish(path.name, task, language, parameters=1)
    return path


class BotProcess:
    """A bot that runs while the block lasts; at its end it is stopped, and must leave with exit code 0.

    Its store and its log lie in `folder`; `settings` go into the environment.
    """

    def __init__(self, server, folder, **settings):
        self.server = server
        self.store, self.log = folder / "bot.db", folder / "bot.log"
        given = {"base_url": server.base_url, "base_file_url": server.base_file_url, "store": self.store, "threads": 1}
        self.environment = environment(server.token, **{**UNLIMITED, **given, **settings})
        self.process = None

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, kind, error, trace):
        if kind is None:
            code = await self.stop()
            assert code == 0, self.log.read_text()
        else:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
            print(self.log.read_text()[-5000:])

    async def start(self):
        """Start it; it says by its calls when it is there."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *[sys.executable, "-m", "bot"], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    async def stop(self, number=signal.SIGTERM):
        """Stop it with a signal, and answer its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()

    async def kill(self):
        """End it as a power cut does."""
        await self.stop(signal.SIGKILL)

    def events(self, message):
        """The lines of the log with this message."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["message"] == message]

    def rows(self, query, *parameters):
        """What a query of the store finds, from beside."""
        with contextlib.closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as connection:
            return connection.execute(query, parameters).fetchall()

    async def finished(self, update_id):
        """State and detail of an update, once it has its final one."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = self.rows("SELECT state, detail FROM updates WHERE update_id = ?", update_id)
                if found and found[0][0] != "waiting":
                    return found[0]
                await asyncio.sleep(0.05)

    def states(self):
        """How many updates are in which state."""
        return dict(self.rows("SELECT state, COUNT(*) FROM updates GROUP BY state"))


def environment(token, **settings):
    """The environment of a bot with these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KUAIZUI_", "TELEGRAM_"))}
    named = {
        f"KUAIZUI_BOT_{name.upper()}": ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in settings.items()
    }
    return {**kept, "TELEGRAM_BOT_TOKEN": token, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **named}
