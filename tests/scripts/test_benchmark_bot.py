"""`kuaizui benchmark bot` on tiny models: which figures there are, that they hang together, and a bot that fails."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from nlp.bundle import read_info
from nlp.errors import UsageError
from scripts.benchmark import command
from scripts.benchmark_bot import measure_bot
from scripts.benchmark_rows import as_json
from tests.conftest import write_random_bundle

KEYS = ["bot_imports_s", "bot_to_first_poll_s", "bot_startup_ratio", "bot_resident_mb", "bot_peak_mb"]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory, random_bundle):
    """A model for each task, so that none of those that come along is loaded."""
    return [random_bundle, write_random_bundle(tmp_path_factory.mktemp("dialogue") / "random", task="dialogue")]


def test_figures_hang_together_and_settings_of_a_bot_of_ones_own_play_no_part(bundles, monkeypatch):
    monkeypatch.setenv("KUAIZUI_BOT_NO_SUCH_SETTING", "refused by every bot that sees it")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "42:of-a-bot-of-ones-own")
    options = [option for bundle in bundles for option in ("--model", str(bundle))]
    result = CliRunner().invoke(command, ["bot", *options, "--rounds", "1", "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    figures = json.loads(result.stdout)
    assert list(figures) == KEYS
    assert figures["bot_startup_ratio"] == pytest.approx(figures["bot_to_first_poll_s"] / figures["bot_imports_s"])
    if isinstance(figures["bot_peak_mb"], float):  # on Linux
        assert 20 < figures["bot_resident_mb"] <= figures["bot_peak_mb"]


def test_a_bot_that_does_not_start_says_why(bundles, tmp_path):
    gone = replace(read_info(bundles[0]), path=tmp_path / "gone")
    with pytest.raises(UsageError, match=r"kuaizui bot stopped, code 3, before getUpdates: .*gone"):
        as_json(measure_bot([gone], 1))
