"""The jobs for the models: styles, languages that no model speaks, headlines, explanations."""

from dataclasses import replace

import pytest

from bot.answers import STYLES, ChatReplies, Explanations, Headlines, Written, search_of_style
from bot.models import find_models
from bot.settings import Settings
from nlp.companion.wording import fixed_texts
from nlp.config import SearchConfig
from nlp.errors import BundleError

NEWS = "The city council voted on Monday to close the old bridge for repairs until spring."


@pytest.fixture(scope="module")
def models(bot_models):
    return find_models(Settings(**{name: tuple(paths) for name, paths in bot_models.items()}, threads=1))


@pytest.fixture(scope="module")
def chinese_only(bot_models):
    return find_models(Settings(dialogue_models=tuple(bot_models["dialogue_models"][1:])))


class Shipped:
    task, language = "dialogue", "en"
    search = SearchConfig(beam_size=3, ask_back_below=-2.0, consensus=True)


def test_styles_change_how_is_searched_and_leave_the_rest_as_shipped():
    precise, balanced, playful = (search_of_style(Shipped, style) for style in STYLES)
    assert balanced == Shipped.search
    assert precise == replace(Shipped.search, beam_size=5, ask_back_below=-1.6)
    assert playful == replace(
        Shipped.search, strategy="sampling", temperature=0.8, top_p=0.9, beam_size=8, consensus=False
    )


def test_jobs_of_the_same_settings_share_batches_and_others_do_not(models):
    assert ChatReplies(models) == ChatReplies(models) != ChatReplies(models, "playful")
    assert Headlines(models, "en", 3) == Headlines(models, "en", 3) != Headlines(models, "en", 6)


def test_replies_come_in_order_each_by_the_model_of_its_language(models):
    replies = ChatReplies(models)([("Good morning to you",), ("你今天好吗？",), ("I want to kill myself",)])
    assert [reply.language for reply in replies] == ["en", "zh", "en"]
    assert replies[2].text in fixed_texts("en")["self"]


def test_a_message_that_tells_no_language_is_answered_in_the_one_that_is_set(models):
    assert [ChatReplies(models, first=each)([("???",)])[0].language for each in ("zh", "en")] == ["zh", "en"]


def test_where_no_model_speaks_a_language_rules_still_hold_in_it(chinese_only):
    hello, danger = ChatReplies(chinese_only)([("Good morning to you",), ("I want to kill myself",)])
    assert hello.language == "en" and hello.rule == "wordless"
    assert danger.text in fixed_texts("en")["self"]


def test_headlines_differ(models):
    (generation,) = Headlines(models, "en", 3)([NEWS])
    assert len({candidate.text for candidate in generation.candidates}) == 3


def test_what_a_model_wrote_is_explained_and_nothing_else(models):
    headline = Headlines(models, "en", 1)([NEWS])[0].candidates[0].text
    known, unknown, empty = Explanations(models)(
        [
            Written("headlines-en", (NEWS,), headline),
            Written("headlines-xx", (NEWS,), headline),
            Written("headlines-en", ("",), headline),
        ]
    )
    assert known.text == headline and unknown is None and empty is None


def test_of_a_chat_the_turns_that_the_model_saw_are_explained(models):
    turns = ("one two", "three four", "five six", "seven eight", "nine ten")
    (explanation,) = Explanations(models)([Written("dialogue-en", turns, "hello")])
    source = " ".join(explanation.source)
    assert "nine" in source.replace(" ", "") or "ten" in source
    assert "one" not in source.split()


def test_without_any_model_there_is_no_bot(monkeypatch):
    monkeypatch.setattr("bot.models.list_pretrained", list)
    with pytest.raises(BundleError, match="There is no model"):
        find_models(Settings())
