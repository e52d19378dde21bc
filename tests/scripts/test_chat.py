"""Console chat: history, languages, commands, with a generator that answers with what it was given."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from nlp.companion import CompanionConfig
from nlp.companion.wording import asides, fixed_texts
from nlp.errors import BundleError, ConfigError, UsageError
from nlp.generation import Candidate, Generation
from scripts.chat import HELP, NOTHING_TO_EXPLAIN, REASONS, Conversation, command, run_chat
from tests.scripts.fake_generator import ROOT, FakeCandidate, FakeGeneration, FakeGenerator


class Echo(FakeGenerator):
    def generate(self, sources, search=None):
        return [
            FakeGeneration((FakeCandidate(f"{self.name}({'|'.join(turns)})", -1.0),) if turns[-1] != "?" else ())
            for turns in sources
        ]


def chat(*messages, models=None):
    """Replies and notices."""
    replies, notices = [], []
    conversation = Conversation(models or {"en": "e", "zh": "z"}, lambda name: Echo(name, "dialogue"))
    run_chat(iter(messages), replies.append, notices.append, conversation)
    return replies, notices


def test_the_last_three_turns_go_in_oldest_first():
    assert chat("a", "b", "c", models={"en": "e"})[0] == ["e(a)", "e(a|e(a)|b)", "e(b|e(a|e(a)|b)|c)"]


def test_each_message_is_answered_in_its_language():
    assert chat("hello", "/reset", "你好")[0] == ["e(hello)", "z(你好)"]


def test_a_language_without_a_model_is_answered_by_the_one_there_is():
    assert chat("你好", models={"en": "e"})[0] == ["e(你好)"]


def test_reset_forgets():
    replies, notices = chat("a", "/reset", "b")
    assert replies == ["e(a)", "e(b)"] and len(notices) == 1


def test_quit_ends_and_blank_lines_are_passed_over():
    assert chat("", "  ", "a", "/quit", "b")[0] == ["e(a)"]


def test_help_and_unknown_commands_explain():
    replies, notices = chat("/help", "/hlep me")
    assert (replies, notices) == ([], [HELP, f"No command /hlep. {HELP}"])


def test_where_the_model_says_nothing_it_asks_back_and_that_is_remembered():
    replies, _ = chat("?", "a")
    assert replies[0] in asides("en")["signs"]
    assert replies[1] == f"e(?|{replies[0]}|a)"


def test_care_and_calm_come_without_a_model_and_in_the_language_of_the_message():
    replies, notices = chat("i want to die", "ok", "/reset", "傻逼", models={"en": "e"})
    fixed = fixed_texts("en")
    assert replies[0] in fixed["self"] and replies[1] in fixed["after"]
    assert replies[2] in fixed_texts("zh")["calm"]
    assert len(notices) == 1  # of /reset: no model answered, so none lacks


def test_why_says_plainly_that_a_rule_wrote_a_text():
    replies, notices = chat(
        "/why", "you idiot", "/why", "i want to die", "/why", "/reset", "?", "/why", "/reset", "/why"
    )
    assert len(replies) == 3
    told = [notice for notice in notices if "forgotten" not in notice]
    assert told[0] == told[-1] == NOTHING_TO_EXPLAIN
    for notice, rule in zip(told[1:-1], ("abuse", "self", "wordless"), strict=True):
        assert notice.startswith("No model wrote this") and REASONS[rule] in notice


def test_a_model_is_loaded_once_and_when_it_is_needed():
    loaded = []

    def load(name):
        loaded.append(name)
        return Echo(name, "dialogue")

    conversation = Conversation({"en": "e", "zh": "z"}, load)
    for message in ("fuck you", "hello", "how are you"):
        conversation.reply(message)
    assert loaded == ["e"]


def test_settings_of_the_companion_reach_it():
    conversation = Conversation(
        {"en": "e"}, lambda name: Echo(name, "dialogue"), config=CompanionConfig(context_turns=1)
    )
    assert [conversation.reply(message) for message in ("a", "b")] == ["e(a)", "e(b)"]


def test_the_threshold_is_a_search_setting():
    from click.testing import CliRunner

    class Unsure(Echo):
        def generate(self, sources, search=None):
            return [Generation((Candidate("Perhaps.", -9.0, (-9.0,)),), ()) for _ in sources]

    for options, said in (([], ["Perhaps."]), (["--set", "search.ask_back_below=-2"], asides("en")["short"])):
        done = CliRunner().invoke(
            command, ["--model", "m", *options], input="hello\n", obj=lambda name: Unsure(name, "dialogue")
        )
        assert done.stdout.strip() in said
    refused = CliRunner().invoke(
        command,
        ["--model", "m", "--set", "search.ask_back_below=1"],
        input="a\n",
        obj=lambda name: Unsure(name, "dialogue"),
    )
    assert isinstance(refused.exception, ConfigError)


def test_a_headline_model_is_refused():
    with pytest.raises(UsageError, match=r"headlines, not for dialogue"):
        Conversation({"any": "m"}, FakeGenerator).reply("hello")


def test_over_a_pipe_one_reply_a_line():
    done = subprocess.run(
        [sys.executable, "-m", "tests.scripts.fake_generator", "chat", "--model", "dialogue-en"],
        input="hello there\n你 好\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert (done.stdout, done.stderr, done.returncode) == ("HELLO\n你\n", "", 0)


@dataclass(frozen=True)
class Info:
    name: str
    task: str
    language: str
    parameters: int
    bytes: int
    path: Path


def test_without_a_dialogue_model_it_says_how_to_train_one():
    from scripts.chat import choose_models

    shipped = [Info("headlines-en", "headlines", "en", 1, 1, Path())]
    with pytest.raises(BundleError, match=r"kuaizui train dialogue-en .*--model runs"):
        choose_models(None, shipped)
    assert choose_models("mine", shipped) == {"any": "mine"}
    assert choose_models(None, [*shipped, Info("d", "dialogue", "en", 1, 1, Path())]) == {"en": "d"}


def test_a_language_without_a_chat_model_is_said_once():
    conversation = Conversation({"zh": "dialogue-zh"}, lambda model: Echo(model, "dialogue"))
    told = []
    for message in ("hello there", "how are you", "你好"):
        conversation.reply(message)
        told.append(conversation.warnings)
    assert "English" in told[0][0] and "dialogue-zh" in told[0][0]
    assert told[1:] == [(), ()]
