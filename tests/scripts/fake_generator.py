"""A generator whose headline is the text's first word in capitals, and `python -m` of it: the command line on top.

FAKE_KILL_AT=word makes the process kill itself, without a chance to clean up, when an article begins with that word;
FAKE_SLEEP_AT=word makes it sleep there, for longer than any test.
"""

import os
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from nlp.config import SearchConfig
from nlp.errors import BundleError, DecodingError

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class FakeCandidate:
    text: str
    score: float


@dataclass(frozen=True)
class FakeGeneration:
    candidates: tuple[FakeCandidate, ...]
    warnings: tuple[str, ...] = ()


class FakeGenerator:
    search = SearchConfig()
    language = "en"
    ordinary_words = frozenset()

    def __init__(self, name="headlines-en", task="headlines"):
        self.name, self.task = name, task
        self.calls = deque(maxlen=5)  # the last few only: memory is measured on it

    def generate(self, sources, search=None):
        self.calls.append([tuple(source) for source in sources])
        if any("undecodable" in turn for source in sources for turn in source):
            raise DecodingError("NaN at step 3")
        return [self.generation(source, (search or self.search).n_best) for source in sources]

    def generation(self, source, n_best):
        words = source[-1].replace("\u200b", "").split()
        if words and words[0] == os.environ.get("FAKE_KILL_AT"):
            os.kill(os.getpid(), signal.SIGKILL)
        if words and words[0] == os.environ.get("FAKE_SLEEP_AT"):
            time.sleep(600)
        if not words:
            return FakeGeneration(())
        long = len(source[-1]) > 5000
        return FakeGeneration(
            tuple(FakeCandidate(words[0][:50].upper(), -0.5 - rank) for rank in range(n_best)),
            ("truncated",) if long else (),
        )


def load_fake(model):
    if model == "headlines-xx":
        raise BundleError("no model headlines-xx; did you mean headlines-zh?")
    return FakeGenerator(model, "dialogue" if model.startswith("dialogue") else "headlines")


def load_english_only(model):
    if model == "headlines-zh":
        raise BundleError("there is no such model. Did you mean headlines-en?")
    return load_fake(model)


if __name__ == "__main__":
    from scripts.cli import run

    sys.exit(run(sys.argv[1:], load_fake))
