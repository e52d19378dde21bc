"""What two readers of version 0.2 ran into, each as the person met it."""

import numpy as np
import pytest

from nlp.config import SearchConfig
from nlp.constraints import Edits, contains_word
from nlp.explanation import explain
from nlp.faithfulness import prefer_supported
from nlp.generation import EMPTY, Candidate
from nlp.generator import TextGenerator

ARTICLE = "Shares of Northfield Motors fell 8 percent, said analyst Ann Lee in Harwick."


@pytest.fixture
def generator(random_bundle):
    return TextGenerator.load(random_bundle, threads=1)


@pytest.mark.parametrize("apostrophe", ["'", "’", "‘", "ʼ"])
def test_a_blocked_name_is_blocked_with_any_apostrophe(apostrophe):
    assert contains_word(f"Sean O{apostrophe}Brien resigns", "o'brien")
    assert contains_word("Sean O'Brien resigns", f"O{apostrophe}Brien")


def test_rules_about_one_token_are_one_edit():
    edits = Edits(np.array([0, 1]), np.array([7, 7]), np.array([-1.0, -2.0], np.float32))
    barred = Edits.forbidding(np.array([1, 1]), np.array([7, 8]))
    joined = Edits.joined([edits, barred])
    found = {place[:2]: place[2] for place in zip(*(each.tolist() for each in joined), strict=True)}
    assert len(joined.rows) == 3 and found == {(0, 7): -1.0, (1, 7): -np.inf, (1, 8): -np.inf}


@pytest.mark.parametrize("text", ["AT&amp;T rises", "shares <b>rise</b>", "rises <br> again"])
def test_a_text_with_markup_can_be_explained(generator, text):
    assert explain(generator, (ARTICLE,), text).words


@pytest.mark.parametrize("article", ["。。。", "...", "😀😀 🎉", "- -"])
def test_an_article_without_a_word_gets_no_headline(generator, article):
    [answer] = generator.generate([(article,)])
    assert answer.candidates == () and answer.warnings == (EMPTY,)


def test_a_word_that_was_demanded_is_nobodys_invention():
    candidates = [Candidate("Shares of Apple fell 8 percent", -1.0)]
    assert prefer_supported(candidates, ARTICLE).warning
    assert prefer_supported(candidates, ARTICLE, demanded="Apple").warning == ""


def test_a_piece_of_the_article_that_says_things_twice_is_not_taken(generator):
    zork = "Zork zork zork zork zork zork said the town council of Harwick."
    rules = SearchConfig(no_repeat_ngram=2)
    assert not generator._keeps_rules(zork, rules) and generator._keeps_rules("Shares fell", rules)
    assert not generator._keeps_rules(ARTICLE, SearchConfig(max_target_tokens=3))
