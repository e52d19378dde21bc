"""A generator whose model copies: signs that its vocabulary lacks come out as they stood, and rules apply to them."""

from dataclasses import replace

import pytest

from nlp.config import SearchConfig
from nlp.constraints import contains_word, width
from nlp.generator import TextGenerator
from nlp.tokenizers import UNK
from tests.conftest import write_random_bundle

SOURCES = [("Zürich 龘龘 and Łódź vote",), ("Nothing unknown here",), ("東京 東京 Ürümqi", "x 龘"), (), ("ø",)]
UNKNOWN = "ü龘ŁóźÜ東京ø"
DRAWS = SearchConfig(strategy="sampling", beam_size=40, n_best=40, max_target_tokens=6, seed=4)


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    path = write_random_bundle(tmp_path_factory.mktemp("copying") / "copying", task="dialogue", copy=True)
    return TextGenerator.load(path, threads=1)


def texts(answer):
    return [candidate.text for candidate in answer.candidates]


@pytest.mark.parametrize("search", [DRAWS, SearchConfig(beam_size=5, n_best=3), SearchConfig(beam_size=1)])
def test_a_batch_gives_what_each_text_gives_alone(generator, search):
    assert generator.generate(SOURCES, search) == [generator.generate([source], search)[0] for source in SOURCES]


def test_unknown_signs_are_copied_out_of_their_own_source_only(generator):
    for source, answer in zip(SOURCES, generator.generate(SOURCES, DRAWS), strict=True):
        signs = {sign for text in texts(answer) for sign in text if sign in UNKNOWN}
        assert signs <= set(" ".join(source))
        assert bool(signs) == any(sign in " ".join(source) for sign in UNKNOWN)


def test_rules_about_text_hold_for_what_is_copied(generator):
    blocked = ("龘龘", "ø", "東京")
    rules = replace(DRAWS, blocked_words=blocked, max_characters=5.0)
    free = [text for answer in generator.generate(SOURCES, DRAWS) for text in texts(answer)]
    ruled = [text for answer in generator.generate(SOURCES, rules) for text in texts(answer)]
    for word in blocked:
        assert any(contains_word(text, word) for text in free) and not any(contains_word(text, word) for text in ruled)
    assert any(width(text) > 5 for text in free) and max(map(width, ruled)) <= 5
    assert any(sign in text for text in ruled for sign in UNKNOWN)


def test_a_required_word_that_only_the_source_spells_is_written(generator):
    [found, none] = generator.generate([("a 龘 b",), ("a b",)], SearchConfig(beam_size=2, required_word="龘"))
    assert texts(found) and all("龘" in text for text in texts(found))
    assert not none.candidates and none.warnings[0].startswith("unwritten")


def test_a_target_is_scored_with_the_words_that_it_could_copy(generator):
    assert UNK in generator.tokenizer.encode("龘")
    with_it, without = generator.score([("a 龘 b",), ("a b",)], ["龘", "龘"])
    assert with_it.tokens == without.tokens and with_it.log_prob != without.log_prob
    spelling = generator.tokenizer.encode("龘")
    shortest = SearchConfig(length_penalty=0.0, max_target_tokens=len(spelling), required_word="龘")
    [answer] = generator.generate([("a 龘 b",)], shortest)
    assert texts(answer) == ["龘"]
    assert answer.candidates[0].score == pytest.approx(with_it.log_prob, abs=1e-4)


def test_a_text_of_unknown_signs_alone_still_gets_its_warning(generator):
    [answer] = generator.generate([("東京龘",)])
    assert answer.warnings[0].startswith("unreadable")
