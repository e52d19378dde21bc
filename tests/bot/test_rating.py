"""What a judgement is about, what reactions and buttons say, and what a button carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Chat, MessageReactionUpdated, ReactionTypeCustomEmoji, ReactionTypeEmoji

from bot.buttons import Press, headline_buttons, rating_buttons, rating_of, read_press, with_rating
from bot.handlers.feedback import judgement_of
from bot.models import find_models
from bot.rating import can_be_judged, first_headline, rated_of
from bot.settings import Settings
from bot.store.feedback import DOWN, NONE, UP, Rated
from bot.texts import texts_of
from nlp.companion.languages import LANGUAGES
from nlp.companion.wording import asides, fixed_texts
from tests.bot.store_samples import exchange

CARE = fixed_texts("en")["self"][0]
ASIDE = asides("zh")[next(iter(asides("zh")))][0]


@pytest.fixture(scope="module")
def models(bot_models):
    return find_models(Settings(**{name: tuple(paths) for name, paths in bot_models.items()}))


def test_what_a_model_wrote_or_had_no_words_for_can_be_judged_and_no_other_text_written_by_hand():
    assert can_be_judged("anything", "chat-en") and can_be_judged(ASIDE, "")
    by_hand = [text for language in LANGUAGES for texts in fixed_texts(language).values() for text in texts]
    assert not [text for text in (*by_hand, texts_of("en").no_chat_model) if can_be_judged(text, "")]


def test_of_a_chat_the_turns_that_the_model_saw_are_kept_with_whose_words_they_are(models):
    before = [
        exchange(1, "one", "two", user=None),
        exchange(2, "three", "four", user=5),
        exchange(3, "five", "six", user=6),
    ]
    said = exchange(4, "seven", "eight", user=7, model="dialogue-en", reply_message_ids=(50,))
    assert rated_of(models, said, before, 50) == Rated(
        "chat", "seven", ("five", "six"), "eight", "dialogue-en", frozenset({6, 7})
    )
    assert rated_of(models, said, before[:1], 50).people == {7}


def test_nothing_from_before_a_danger_is_kept(models):
    before = [exchange(1, "I want to kill myself", CARE, user=5)]
    rated = rated_of(models, exchange(2, "hello", "hi", model="dialogue-en"), before, 50)
    assert rated.context == () and rated.people == {7}


def test_an_aside_names_the_model_that_had_nothing_to_say_and_care_and_offers_are_not_judged(models):
    rated = rated_of(models, exchange(1, "？", ASIDE), [], 50)
    assert (rated.kind, rated.model) == ("aside", "dialogue-zh")
    assert rated_of(models, exchange(1, "I want to kill myself", CARE), [], 50) is None
    assert rated_of(models, exchange(1, "news", "headlines?", kind="offer"), [], 50) is None


def test_of_headlines_the_first_of_the_message_is_judged(models):
    said = exchange(1, "news", "a\nb\nc\nd\ne\nf", kind="headline", model="headlines-en", reply_message_ids=(50, 51))
    assert [first_headline(said, number) for number in (50, 51, 99)] == ["a", "d", "a"]
    assert rated_of(models, said, [exchange()], 51) == Rated(
        "headline", "news", (), "d", "headlines-en", frozenset({7})
    )


def change(before, now):
    reactions = [[ReactionTypeEmoji(sign) for sign in signs] for signs in (before, now)]
    reactions[1].append(ReactionTypeCustomEmoji("5"))
    return MessageReactionUpdated(Chat(1, "private"), 50, None, *reactions)


@pytest.mark.parametrize(
    ("before", "now", "judgement"),
    [
        ("", "👍", UP),
        ("", "👎", DOWN),
        ("👍", "👎", DOWN),
        ("👍", "", NONE),
        ("👍", "🔥", NONE),
        ("👍", "👍👎", DOWN),
        ("👍👎", "👍", UP),
        ("", "👍👎", None),
        ("", "🔥", None),
        ("👍", "👍🔥", None),
        ("🔥", "", None),
    ],
)
def test_what_a_change_of_reactions_says(before, now, judgement):
    assert judgement_of(change(before, now)) == judgement


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(LANGUAGES))
def test_a_press_that_nobody_made_judges_nothing(action, about, language):
    assert rating_of(Press(action, about, language)) == NONE or (action, about) in {("rate", "up"), ("rate", "down")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_buttons_are_within_telegrams_limit_and_say_what_they_show(language):
    texts = texts_of(language)
    keyboards = [rating_buttons(language), headline_buttons(["a"], texts, language, more=True, judged=True)]
    for keyboard in keyboards:
        found = {button.text: button.callback_data for row in keyboard.inline_keyboard for button in row}
        assert [rating_of(read_press(found[sign])) for sign in "👍👎"] == [UP, DOWN]
        assert all(len(data.encode()) <= 64 for data in found.values() if data)


def test_a_judgement_is_marked_once_and_other_buttons_stay():
    plain = headline_buttons(["a"], texts_of("en"), "en", more=True, judged=True)
    liked = with_rating(plain, UP)
    assert [button.text for row in liked.inline_keyboard for button in row] == ["Copy 1", "More", "Why?", "✓ 👍", "👎"]
    assert [button.text for button in with_rating(liked, DOWN).inline_keyboard[1]][2:] == ["👍", "✓ 👎"]
    assert with_rating(liked, NONE) == plain
    unjudged = headline_buttons(["a"], texts_of("en"), "en", more=True, judged=False)
    assert with_rating(unjudged, UP) == unjudged
