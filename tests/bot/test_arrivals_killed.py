"""A bot that is killed again and again on its way: every message is answered, and repeated only where it must be."""

import signal
from collections import Counter
from pathlib import Path

from bot.store import Store
from tests.bot.bot_process import run_python
from tests.bot.killable_bot import UPDATES

DEATHS = (
    ("polled", 2),  # fetched, not stored
    ("add", 1),  # stored, not acknowledged
    ("waiting", 1),  # read for the replay, nothing queued yet
    ("begin", 2),  # at work on what was replayed
    ("sent", 5),  # sent, not marked
    ("finish", 6),  # marked
)
"""Where six processes in a row kill themselves, and at which time of passing there; a seventh finishes."""


def run_bot(folder, point="never", number=1):
    return run_python(Path(__file__).with_name("killable_bot.py"), folder, point, number)


def test_a_bot_killed_at_every_point_loses_nothing_and_finishes_each_update_once(tmp_path):
    for point, number in DEATHS:
        done = run_bot(tmp_path, point, number)
        assert done.returncode == -signal.SIGKILL, f"{point}: {done.stderr}"
    done = run_bot(tmp_path)
    assert done.returncode == 0, done.stderr
    sent = Counter(int(line) - 1000 for line in (tmp_path / "sent").read_text().split())
    assert set(sent) == set(range(1, UPDATES + 1))
    # Only what was sent and not marked is repeated: at most the eight that were under way at each death.
    repeated = sum(sent.values()) - UPDATES
    print(f"{UPDATES} messages, {len(DEATHS)} kills: none lost, {repeated} replies repeated")
    assert 1 <= repeated <= 8 * len(DEATHS)
    store = Store(tmp_path / "bot.db")
    assert store.counts() == {"waiting": 0, "answered": UPDATES, "busy": 0, "expired": 0, "refused": 0, "dead": 0}
    store.close()
