"""Stands for `kuaizui` where a training would take too long: `retrain` only says and leaves what the real one would.

With "slow" in the corpus it trains until it is told to stop; --resume then comes to the end. All else is the real one.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

from nlp.bundle import MANIFEST_FILE, BundleWriter, read_info
from scripts.cli import run


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def train(parent, folder):
    """What the real one leaves: a record, and a bundle that is named after the run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text("{}")
    if "slow" in Path(option("--corpus")).read_text() and "--resume" not in sys.argv:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped; saved at step 5."))
        for step in range(10_000):
            print(f"step {step} of 10,000")
            time.sleep(0.05)
    info = read_info(parent)
    with BundleWriter(folder / "bundle") as writer:
        shutil.copytree(parent, writer.folder, dirs_exist_ok=True)
        (writer.folder / MANIFEST_FILE).unlink()
        writer.finish(folder.name, info.task, info.language, parameters=1)
    print("Better on the new texts; the old skill shows no clear fall: keep the new model.")


if __name__ == "__main__":
    if sys.argv[1] != "retrain":
        sys.exit(run(sys.argv[1:]))
    print(f"niceness {os.nice(0)}, token {'TELEGRAM_BOT_TOKEN' in os.environ}")
    if "bad" in Path(option("--corpus")).read_text():
        sys.exit("kuaizui: error: corpus.tsv: line 1: no tab.")
    if "--dry-run" in sys.argv:
        print("Pairs to learn from: 2 new.")
    else:
        train(Path(option("--from")), Path(option("-o")))
