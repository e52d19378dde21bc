"""Explanations of a network of random weights: every figure against the tokens it was made from."""

import dataclasses
import math

import pytest
from rich.cells import cell_len

from nlp.config import SearchConfig
from nlp.encoding import encode_source, encode_target
from nlp.errors import UsageError
from nlp.explanation import CUT_MARK, ExplainedWord, Explanation, bare, explain
from nlp.explanation_wording import CHINESE, ENGLISH, percent
from nlp.generator import TextGenerator
from nlp.search.tracing import trace
from nlp.tokenizers import EOS
from tests.conftest import SAMPLES, write_random_bundle

ARTICLE = (SAMPLES / "news-en.txt").read_text(encoding="utf-8").splitlines()[0]


@pytest.fixture(scope="module")
def generator(random_bundle):
    return TextGenerator.load(random_bundle, threads=1)


@pytest.fixture(scope="module")
def copier(tmp_path_factory):
    path = write_random_bundle(tmp_path_factory.mktemp("copier") / "copier", copy=True, precision="float32")
    return TextGenerator.load(path, threads=1)


def test_probabilities_are_those_of_the_score_without_the_end(generator):
    text = "The harbour city replaces buses"
    explanation = explain(generator, (ARTICLE,), text)
    assert explanation.text == text and [word.text for word in explanation.words] == text.split()
    source = encode_source(generator.tokenizer, (ARTICLE,), 64, "headlines").ids
    steps = trace(generator.engine, source, encode_target(generator.tokenizer, text), 0)
    whole = generator.score([(ARTICLE,)], [text])[0].log_prob
    found = sum(math.log(word.probability) for word in explanation.words)
    assert found + steps[-1].log_prob == pytest.approx(whole, abs=1e-3)


def test_attention_still_sums_to_one_over_the_words_of_the_source(generator):
    explanation = explain(generator, (ARTICLE,), "Tolven buys buses")
    assert explanation.source[:3] == ("The", "harbour", "city") and explanation.source[-1] == ENGLISH.end
    for word in explanation.words:
        assert len(word.attention) == len(explanation.source)
        assert sum(word.attention) == pytest.approx(1, abs=1e-5) and min(word.attention) >= 0


def test_a_words_attention_is_the_mean_over_its_pieces(generator):
    source = encode_source(generator.tokenizer, (ARTICLE,), 64, "headlines").ids
    tokens = encode_target(generator.tokenizer, "zebrazoo")
    assert len(tokens) > 2  # several pieces and the end
    steps = trace(generator.engine, source, tokens, 0)[:-1]
    last = sum(float(step.attention[-1]) for step in steps) / len(steps)  # the end of the source is one token
    assert explain(generator, (ARTICLE,), "zebrazoo").words[0].attention[-1] == pytest.approx(last)


def test_without_a_text_the_generators_own_best_output_is_explained(generator):
    best = generator.generate([(ARTICLE,)])[0].candidates[0].text
    assert explain(generator, (ARTICLE,)).text == best


def test_runner_ups_are_other_words_likeliest_first(generator):
    explanation = explain(generator, (ARTICLE,), runner_ups=4)
    for word in explanation.words:
        names, probabilities = zip(*word.runner_ups, strict=True)
        assert len(names) == len(set(names)) <= 4 and word.text not in names
        assert list(probabilities) == sorted(probabilities, reverse=True)
        assert all(0 < probability <= 1.0001 for probability in probabilities)
        assert sum(probabilities) + word.probability <= 1.001
        assert all(name == name.strip() and (" " not in name) for name in names)
    assert any(len(name.strip(CUT_MARK)) > 1 for word in explanation.words for name, _ in word.runner_ups)


def test_what_a_model_that_cannot_copy_has_from_the_source_is_told(generator):
    words = explain(generator, (ARTICLE,), "TOLVEN, buses zebra").words
    assert [word.in_source for word in words] == [True, True, False]
    assert [word.copied for word in words] == [None] * 3
    assert [word.is_marked for word in words] == [True, True, False]


def test_copied_words_are_told_from_generated_ones(copier):
    article = "Minister 龘龘 visits the harbour city on Monday"
    explanation = explain(copier, (article,), "龘龘 visits a zoo")
    unknown, _, _, zoo = explanation.words
    assert explanation.copies and "龘龘" in explanation.source
    assert unknown.copied > 0.9 and unknown.is_marked  # there is no other way to write it; its space may be generated
    assert all(0 <= word.copied <= 1 for word in explanation.words)
    assert zoo.copied < 1


def test_the_share_copied_is_that_of_the_pointer_generator(copier):
    tokenizer = copier.tokenizer
    source = encode_source(tokenizer, (ARTICLE,), 64, "headlines", copy=True).ids
    token = next(each for each in source if encode_target(tokenizer, tokenizer.decode([each])) == [each, EOS])
    step = trace(copier.engine, source, [token, EOS], 0)[0]
    attended = sum(float(share) for share, each in zip(step.attention, source, strict=True) if each == token)
    word = explain(copier, (ARTICLE,), tokenizer.decode([token])).words[0]
    assert 0 < word.copied < 1
    assert word.copied == pytest.approx((1 - step.gate) * attended / math.exp(step.log_prob), rel=1e-4)


def test_words_outside_the_vocabulary_keep_their_names_in_a_model_that_cannot_copy(generator):
    explanation = explain(generator, ("Minister 龘龘 resigns",), "龘龘 resigns")
    assert "龘龘" in explanation.source and explanation.words[0].text == "龘龘"
    assert explanation.words[0].in_source


def test_turns_are_told_apart(tmp_path_factory):
    path = write_random_bundle(tmp_path_factory.mktemp("talk") / "talk", task="dialogue", precision="float32")
    explanation = explain(TextGenerator.load(path, threads=1), ("hello there", "how are you"), "fine")
    assert explanation.source == ("hello", "there", ENGLISH.turn, "how", "are", "you", ENGLISH.end)


@pytest.mark.parametrize(("turns", "text"), [(("",), "a"), ((), "a"), (("\u200b",), None), (("rain falls",), " ")])
def test_nothing_to_explain_is_said(generator, turns, text):
    with pytest.raises(UsageError, match="nothing to explain"):
        explain(generator, turns, text)


def test_a_generator_that_writes_nothing_is_said(generator):
    unwritable = SearchConfig(required_word="龘")
    stubborn = TextGenerator(generator.info, generator.model, unwritable, generator.tokenizer, generator.engine)
    with pytest.raises(UsageError, match="nothing to explain: unwritten"):
        explain(stubborn, ("rain falls",))


def word(text, attention=(0.7, 0.28, 0.02), **values):
    return ExplainedWord(
        **{"probability": 0.5, "copied": None, "in_source": True, "runner_ups": (), **values},
        text=text,
        attention=attention,
    )


CHINESE_EXPLANATION = Explanation(
    "央行降息3次",
    "zh",
    ("央行", "下调", "（结束）"),
    (
        word("央行", runner_ups=(("银行", 0.25), ("国", 0.001))),
        word("降息", (0.1, 0.86, 0.04), in_source=False),
        word("3", (0.02, 0.03, 0.95), runner_ups=(("[b]三[/b]", 0.1),)),
    ),
)


def test_lines_tell_all_and_are_aligned_under_wide_characters():
    title, blank, heading, *rows = CHINESE_EXPLANATION.lines()
    assert (title, blank) == ("央行降息3次", "")
    assert [row.split(maxsplit=2)[:2] for row in rows] == [["央行", "50%"], ["降息", "50%"], ["3", "50%"]]
    assert "央行 70% · 下调 28%" in rows[0] and "2%" not in rows[0].replace("28%", "")
    assert "银行 25%" in rows[0] and "国" not in rows[0].replace(title, "")
    assert CHINESE.in_source in rows[0] and CHINESE.not_in_source in rows[1] and "[b]三[/b] 10%" in rows[2]
    starts = [
        cell_len(line[: line.index(found)])
        for line, found in zip(
            [heading, *rows], (CHINESE.attention, "央行 70%", "下调 86%", "（结束） 95%"), strict=True
        )
    ]
    assert len(set(starts)) == 1


def test_lines_are_no_wider_than_the_terminal(generator):
    for width in (50, 80):
        assert max(map(cell_len, explain(generator, (ARTICLE,)).lines(width))) <= width


def test_lines_of_a_copying_model_tell_the_share_and_no_attention_is_said():
    copied, generated = word("a", copied=0.8), word("b", copied=0.1, attention=())
    lines = dataclasses.replace(CHINESE_EXPLANATION, language="en", words=(copied, generated)).lines()
    assert "Copied 80%" in lines[3] and "Generated 90%" in lines[4] and ENGLISH.no_attention in lines[4]


def test_shares_that_are_there_are_not_shown_as_none():
    assert [percent(share) for share in (0, 0.001, 0.006, 0.5, 1)] == ["0%", "<1%", "1%", "50%", "100%"]


def test_punctuation_around_a_word_is_not_of_it():
    assert [bare(text) for text in ("“Hello,”", "...", "U.S.", "（央行）")] == ["Hello", "...", "U.S", "央行"]
