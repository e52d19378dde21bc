"""The metrics against arithmetic done by hand, and against what must hold for any input."""

import math
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import metrics
from nlp.errors import UsageError

WORD_TEXT = st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat", "42"]), max_size=8).map(" ".join)
HAN_TEXT = st.text(alphabet="股市大跌央行降息iPhone15 ，", max_size=12)


def f_measure(matches: int, output_size: int, reference_size: int) -> float:
    precision, recall = matches / output_size, matches / reference_size
    return 2 * precision * recall / (precision + recall)


# Tokens ---------------------------------------------------------------------------------------------------------------


def test_english_words_are_lower_case_alphanumeric_runs() -> None:
    assert metrics.english_words("Apple's U.S. sales: up 15%!") == ["apple", "s", "u", "s", "sales", "up", "15"]


def test_chinese_characters_keep_latin_runs_whole() -> None:
    assert metrics.chinese_characters("苹果iPhone15 发布，售价5999元") == [
        "苹",
        "果",
        "iphone15",
        "发",
        "布",
        "，",
        "售",
        "价",
        "5999",
        "元",
    ]


def test_chinese_words_come_from_jieba() -> None:
    assert metrics.chinese_words("北京 天安门") == ["北京", "天安门"]


# ROUGE ----------------------------------------------------------------------------------------------------------------


def test_rouge_english_by_hand() -> None:
    # output: the cat sat down (4 words, 3 bigrams); reference: the black cat sat (4 words, 3 bigrams)
    scores = metrics.rouge_scores(["The cat sat down."], ["the black cat sat"], metrics.english_words)
    assert scores.rouge_1[0] == pytest.approx(f_measure(3, 4, 4))  # the, cat, sat
    assert scores.rouge_2[0] == pytest.approx(f_measure(1, 3, 3))  # cat sat
    assert scores.rouge_l[0] == pytest.approx(f_measure(3, 4, 4))  # the cat sat, with a gap in the reference


def test_rouge_l_needs_order_where_rouge_1_does_not() -> None:
    scores = metrics.rouge_scores(["b a"], ["a b"], metrics.english_words)
    assert scores.rouge_1[0] == 1
    assert scores.rouge_2[0] == 0
    assert scores.rouge_l[0] == pytest.approx(f_measure(1, 2, 2))


def test_rouge_counts_a_repeated_word_only_as_often_as_the_reference_has_it() -> None:
    scores = metrics.rouge_scores(["the the the"], ["the end"], metrics.english_words)
    assert scores.rouge_1[0] == pytest.approx(f_measure(1, 3, 2))


def test_rouge_chinese_by_character_and_by_word_differ() -> None:
    output, reference = ["北京大学开学"], ["北京开学"]
    by_character = metrics.rouge_scores(output, reference, metrics.chinese_characters)
    # characters: 北 京 大 学 开 学 against 北 京 开 学: all 4 of the reference, in order; bigrams 北京 and 开学
    assert by_character.rouge_1[0] == pytest.approx(f_measure(4, 6, 4))
    assert by_character.rouge_2[0] == pytest.approx(f_measure(2, 5, 3))
    assert by_character.rouge_l[0] == pytest.approx(f_measure(4, 6, 4))
    by_word = metrics.rouge_scores(output, reference, metrics.chinese_words)
    # words: 北京大学 开学 against 北京 开学
    assert by_word.rouge_1[0] == pytest.approx(f_measure(1, 2, 2))
    assert by_word.rouge_2[0] == 0


def test_rouge_of_a_latin_name_is_one_token() -> None:
    scores = metrics.rouge_scores(["iPhone好"], ["iphone坏"], metrics.chinese_characters)
    assert scores.rouge_1[0] == pytest.approx(f_measure(1, 2, 2))


def test_rouge_of_empty_texts_is_zero() -> None:
    scores = metrics.rouge_scores(["", "a", ""], ["a", "", ""], metrics.english_words)
    assert scores.rouge_1.tolist() == scores.rouge_2.tolist() == scores.rouge_l.tolist() == [0, 0, 0]


@given(st.lists(st.tuples(HAN_TEXT, HAN_TEXT), max_size=4))
def test_rouge_is_in_range_and_symmetric(pairs: list[tuple[str, str]]) -> None:
    outputs, references = [a for a, _ in pairs], [b for _, b in pairs]
    there = metrics.rouge_scores(outputs, references, metrics.chinese_characters)
    back = metrics.rouge_scores(references, outputs, metrics.chinese_characters)
    for name in ("rouge_1", "rouge_2", "rouge_l"):
        scores = getattr(there, name)
        assert scores.shape == (len(pairs),)
        assert ((scores >= 0) & (scores <= 1)).all()
        assert scores == pytest.approx(getattr(back, name))


def test_unequal_lengths_are_refused() -> None:
    for compare in (
        lambda: metrics.rouge_scores(["a"], [], metrics.english_words),
        lambda: metrics.chrf(["a"], []),
        lambda: metrics.bleu([], ["a"], "en"),
        lambda: metrics.exact_matches(["a"], []),
    ):
        with pytest.raises(ValueError):
            compare()


# BLEU and chrF --------------------------------------------------------------------------------------------------------


def test_bleu_by_hand() -> None:
    # output a b c d e, reference a b c d f: matches 4/5, 3/4, 2/3, 1/2; lengths equal, so no brevity penalty
    expected = (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4)
    assert metrics.bleu(["a b c d e"], ["a b c d f"], "en").value == pytest.approx(expected)


def test_bleu_brevity_penalty_by_hand() -> None:
    # all 4-grams of the output match; output 5 words, reference 6: exp(1 - 6/5)
    assert metrics.bleu(["a b c d e"], ["a b c d e f"], "en").value == pytest.approx(math.exp(1 - 6 / 5))


def test_bleu_of_chinese_is_by_character() -> None:
    # 央行宣布涨 against 央行宣布降: the same counts as a b c d e against a b c d f
    expected = (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4)
    assert metrics.bleu(["央行宣布涨"], ["央行宣布降"], "zh").value == pytest.approx(expected)
    assert metrics.bleu(["央行宣布涨"], ["央行宣布降"], "en").value < expected / 2


def test_bleu_sums_counts_over_the_corpus() -> None:
    # a b c d e / a b c d f once and a perfect a b c d e once: (9/10 * 7/8 * 5/6 * 3/4) ** (1/4)
    scores = metrics.bleu(["a b c d e", "a b c d e"], ["a b c d f", "a b c d e"], "en")
    assert scores.value == pytest.approx((9 / 10 * 7 / 8 * 5 / 6 * 3 / 4) ** (1 / 4))


def test_chrf_by_hand() -> None:
    # output ab, reference abc. 1-grams: 2 of 2 and 2 of 3; 2-grams: 1 of 1 and 1 of 2; the output has no 3-grams, so
    # that order does not count. Mean precision 1, mean recall (2/3 + 1/2) / 2 = 7/12; beta 2.
    recall = 7 / 12
    assert metrics.chrf(["ab"], ["abc"]).value == pytest.approx(5 * recall / (4 + recall))


@given(st.lists(st.tuples(WORD_TEXT, WORD_TEXT), min_size=1, max_size=5))
@settings(max_examples=30)
def test_corpus_scores_are_the_public_ones_of_sacrebleu(pairs: list[tuple[str, str]]) -> None:
    import sacrebleu

    outputs, references = [a for a, _ in pairs], [b for _, b in pairs]
    assert metrics.bleu(outputs, references, "en").value * 100 == pytest.approx(
        sacrebleu.corpus_bleu(outputs, [references], force=True).score
    )
    assert metrics.chrf(outputs, references).value * 100 == pytest.approx(
        sacrebleu.corpus_chrf(outputs, [references]).score
    )


def test_bleu_interval_holds_the_value_and_is_not_a_point() -> None:
    draw = random.Random(3)
    references = [" ".join(draw.choices("abcdefgh", k=9)) for _ in range(60)]
    outputs = [" ".join(word if draw.random() < 0.8 else "z" for word in text.split()) for text in references]
    scores = metrics.bleu(outputs, references, "en")
    interval = scores.interval()
    assert 0 < interval.low < scores.value < interval.high < 1
    assert scores.counts.shape[0] == 60


# Diversity and form ---------------------------------------------------------------------------------------------------


def test_distinct_by_hand() -> None:
    outputs = ["a b a", "a b"]  # 5 unigrams, 2 kinds; bigrams ab ba ab, 2 kinds
    assert metrics.distinct(outputs, 1, metrics.english_words) == pytest.approx(2 / 5)
    assert metrics.distinct(outputs, 2, metrics.english_words) == pytest.approx(2 / 3)


def test_distinct_counts_no_bigram_across_outputs_and_is_zero_without_any() -> None:
    assert metrics.distinct(["a", "b"], 2, metrics.english_words) == 0


def test_distinct_looks_at_a_fixed_number_of_outputs() -> None:
    outputs = ["same"] * metrics.DISTINCT_NGRAMS
    more = [f"word{index}" for index in range(50)]
    assert metrics.distinct(outputs + more, 1, metrics.english_words) == 1 / metrics.DISTINCT_NGRAMS


def test_repetition_is_a_trigram_that_comes_twice() -> None:
    outputs = ["a b c a b c", "a b a b", "a a a a", "a a a", "", "涨"]
    assert metrics.repetitions(outputs, metrics.english_words).tolist() == [1, 0, 1, 0, 0, 0]
    assert metrics.repetitions(["股市涨股市涨", "股市涨股市"], metrics.chinese_characters).tolist() == [1, 0]


def test_marks_empties_matches_and_lengths() -> None:
    outputs = ["a ⁇ b", "<unk>", "what?", " ", ""]
    assert metrics.unknown_marks(outputs).tolist() == [1, 1, 0, 0, 0]
    assert metrics.empty_outputs(outputs).tolist() == [0, 0, 0, 1, 1]
    assert metrics.lengths(["one two", "", "U.S."], metrics.english_words).tolist() == [2, 0, 2]
    assert metrics.exact_matches(["a", "A", ""], ["a", "a", ""]).tolist() == [1, 0, 1]


def test_most_frequent_share() -> None:
    assert metrics.most_frequent_share(["x", "y", "x", "z"]) == 0.5
    assert metrics.most_frequent_share([]) == 0


# Likelihood -----------------------------------------------------------------------------------------------------------


def test_uniform_model_has_its_vocabulary_as_perplexity() -> None:
    loss = 7 * math.log(8)  # seven tokens, each 1 in 8: 3 bits a token
    assert metrics.perplexity(loss, 7) == pytest.approx(8)
    assert metrics.bits_per_character(loss, 21) == pytest.approx(7 * 3 / 21)
    assert metrics.token_accuracy(3, 4) == 0.75


def test_perplexity_beyond_floats_is_infinite() -> None:
    assert metrics.perplexity(1e6, 1) == math.inf


def test_likelihood_of_nothing_is_refused() -> None:
    for figure in (metrics.perplexity, metrics.bits_per_character, metrics.token_accuracy):
        with pytest.raises(UsageError, match=r"no (tokens|characters)"):
            figure(0, 0)


# All figures of a system ----------------------------------------------------------------------------------------------

ENGLISH = ["Rain floods the old town", "Team wins a third cup final", "Bank cuts rates again this year"]
CHINESE = ["暴雨淹没老城区街道", "球队第三次夺得冠军", "央行年内再次下调利率"]


@pytest.mark.parametrize(("language", "texts"), [("en", ENGLISH), ("zh", CHINESE)])
def test_identical_outputs_score_one(language: str, texts: list[str]) -> None:
    figures = metrics.score_system(texts, texts, language).figures
    ones = [name for name in figures if name.startswith("rouge") or name in ("bleu", "chrf", "exact_match")]
    assert len(ones) == (6 if language == "en" else 9)
    for name in ones:
        assert figures[name].value == pytest.approx(1), name
    for name in ("repetition", "unknown", "empty"):
        assert figures[name].value == 0
    assert figures["most_frequent_output"].value == pytest.approx(1 / 3)


@given(st.lists(st.tuples(WORD_TEXT, WORD_TEXT), min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_figures_are_shares_and_means_of_their_items(pairs: list[tuple[str, str]]) -> None:
    scores = metrics.score_system([a for a, _ in pairs], [b for _, b in pairs], "en")
    for name, figure in scores.figures.items():
        assert figure.value >= 0
        assert figure.value <= 1 or name == "mean_length"
    for name, items in scores.items.items():
        assert items.shape == (len(pairs),)
        assert scores.figures[name].value == pytest.approx(items.mean())
        assert scores.figures[name].interval is not None


def test_figures_do_not_depend_on_the_order_of_items() -> None:
    outputs = ["Rain floods town", "Team wins cup", "Bank cuts rates again this year"]
    order = [2, 0, 1]
    straight = metrics.score_system(outputs, ENGLISH, "en")
    shuffled = metrics.score_system([outputs[i] for i in order], [ENGLISH[i] for i in order], "en")
    assert {name: figure.value for name, figure in shuffled.figures.items()} == pytest.approx(
        {name: figure.value for name, figure in straight.figures.items()}
    )
    assert shuffled.items["rouge_l_words"] == pytest.approx(straight.items["rouge_l_words"][order])


def test_main_figures() -> None:
    assert metrics.main_figure("en") == "rouge_l_words"
    assert metrics.main_figure("zh") == "rouge_l_characters"


@pytest.mark.parametrize(
    ("module", "package", "compute"),
    [
        ("rouge_score.rouge_scorer", "rouge-score", lambda: metrics.rouge_scores(["a"], ["a"], str.split)),
        ("sacrebleu", "sacrebleu", lambda: metrics.chrf(["a"], ["a"])),
    ],
)
def test_a_missing_library_is_named_with_its_cure(
    module: str, package: str, compute: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=rf"{package}.*\.\[evaluate\]"):
        compute()  # type: ignore[operator]
