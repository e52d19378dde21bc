"""`kuaizui bot --check`: good and bad, without a network."""

import sys

import pytest

from bot.store import Store
from scripts.cli import run
from tests.bot.bot_process import environment

TOKEN = "4200000042:AAfake-token_of_no_bot"


@pytest.fixture
def given(monkeypatch, tmp_path, bot_models):
    """Sets the environment of a bot, some settings changed."""

    def give(**changes):
        settings = {"store": tmp_path / "bot.db", **bot_models, **changes}
        for name, value in environment(TOKEN, **settings).items():
            if name.startswith(("KUAIZUI_BOT_", "TELEGRAM_")):
                monkeypatch.setenv(name, value)
        return tmp_path

    return give


def test_a_bot_that_can_start_is_said_to_be_fine(given, capsys):
    given()
    assert run(["bot", "--check"]) == 0
    output, errors = capsys.readouterr()
    assert [line.partition(" (")[0] for line in output.splitlines()] == [
        *("settings: fine", "texts: fine", "models: fine", "store: fine")
    ]
    assert "dialogue zh: dialogue-zh" in output and "the place can be written" in output and errors == ""
    assert TOKEN.partition(":")[2] not in output


def test_nothing_on_the_disk_changes(given, capsys):
    folder = given()
    (folder / "somewhere").mkdir()
    command = {"retraining_folder": folder / "retraining", "retraining_command": sys.executable}
    given(store=folder / "somewhere" / "deep" / "bot.db", **command)
    assert run(["bot", "--check"]) == 0
    assert [path.name for path in folder.rglob("*")] == ["somewhere"]
    assert f"the folder {folder / 'somewhere' / 'deep'}" in capsys.readouterr().out


def test_all_that_is_wrong_is_told_and_the_first_decides_the_exit_code(given, capsys):
    folder = given(dialogue_models=["nowhere", "nothing"], retraining_folder="x", retraining_command="no-such-command")
    (folder / "bot.db").write_text("this is no database " * 100)
    assert run(["bot", "--check"]) == 3
    output, errors = capsys.readouterr()
    assert "models: wrong" in output and "store: wrong" in output and "retraining: wrong" in output
    for part in ("no model 'nowhere'", "no model 'nothing'", "bot.db is damaged", "'no-such-command'"):
        assert part in errors
    assert [path.name for path in folder.iterdir()] == ["bot.db"]


def test_a_command_for_retraining_is_looked_for_where_it_is_set(given, capsys):
    given(retraining_command="no-such-command")
    assert run(["bot", "--check"]) == 2
    assert "retraining: wrong" in capsys.readouterr().out


def test_a_token_in_the_wrong_place_is_not_shown(given, capsys):
    other = f"42:{'x' * 35}"
    given(webhook_url=f"https://host/{TOKEN}/{other}", dialogue_models=other)
    assert run(["bot", "--check"]) == 3
    said = "".join(capsys.readouterr())
    assert "webhook at https://host/<token>/<token>" in said and "There is no model '<token>'" in said
    assert "xxx" not in said and TOKEN.partition(":")[2] not in said
    assert run(["bot"]) == 3 and run(["bot", "export-feedback", "--config", other]) == 2
    assert "xxx" not in "".join(capsys.readouterr())


def test_a_model_for_another_task_is_refused(given, bot_models, capsys):
    given(dialogue_models=bot_models["headline_models"])
    assert run(["bot", "--check"]) == 2
    assert "is for headlines, and is set for dialogue" in capsys.readouterr().err


def test_two_models_for_one_language_are_refused(given, bot_models, capsys):
    given(dialogue_models=[bot_models["dialogue_models"][0]] * 2)
    assert run(["bot", "--check"]) == 2
    assert "another dialogue model for en" in capsys.readouterr().err


def test_a_store_of_another_bot_is_refused(given, monkeypatch, capsys):
    Store(given() / "bot.db", bot_id=4200000042).close()
    assert run(["bot", "--check"]) == 0
    assert "0 updates wait" in capsys.readouterr().out
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "42:AAanother-token")
    assert run(["bot", "--check"]) == 1
    output, errors = capsys.readouterr()
    assert "store: wrong" in output and "belongs to bot 4200000042, not 42" in errors


def test_without_settings_nothing_else_is_looked_at(given, monkeypatch, capsys):
    given(threads="x")
    assert run(["bot", "--check"]) == 2
    output, errors = capsys.readouterr()
    assert output == "settings: wrong\n" and "threads = 'x'" in errors
    assert run(["bot"]) == 2  # and nothing is started
    assert "threads = 'x'" in capsys.readouterr().err
