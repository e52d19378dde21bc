"""TextGenerator: texts in, texts out - alone as in batches, with warnings for what was cut or empty."""

import random

import pytest

from nlp.config import SearchConfig
from nlp.errors import UsageError
from nlp.generation import EMPTY, NO_WORDS, TRUNCATED, TRUNCATED_DIALOGUE
from nlp.generator import TextGenerator
from nlp.text import with_capital
from nlp.tokenizers import SEP
from tests.conftest import SAMPLES, write_random_bundle

NEWS = (SAMPLES / "news-en.txt").read_text(encoding="utf8").splitlines()


@pytest.fixture(scope="module")
def generator(random_bundle):
    return TextGenerator.load(random_bundle, threads=1)


def sample_sources(language):
    """News of the samples, long and short, in no order of length."""
    lines = (SAMPLES / f"news-{language}.txt").read_text(encoding="utf8").splitlines()
    articles = (SAMPLES / f"headlines-{language}.tsv").read_text(encoding="utf8").splitlines()
    lines += [line.split("\t")[0] for line in articles[:20]]
    lines += (SAMPLES / f"dialogue-{language}.tsv").read_text(encoding="utf8").replace("\t", "\n").splitlines()[:20]
    random.Random(1).shuffle(lines)
    return [(line,) for line in lines]


@pytest.mark.parametrize("search", [SearchConfig(beam_size=1), SearchConfig(beam_size=4, n_best=3)])
def test_a_batch_gives_what_each_text_gives_alone(generator, search):
    sources = [*sample_sources("en"), (), ("",)]
    together = generator.generate(sources, search)
    assert together == [generator.generate([source], search)[0] for source in sources]
    assert len({answer.candidates for answer in together}) > 10


def test_a_batch_of_a_shipped_model_gives_what_each_text_gives_alone(shipped_bundles):
    shipped = TextGenerator.load(shipped_bundles.name, threads=1)
    sources = sample_sources(shipped.language)
    together = shipped.generate(sources)
    assert together == [shipped.generate([source])[0] for source in sources]
    assert all(answer.candidates for answer in together)


def test_more_texts_than_one_batch_holds_come_back_in_order(generator):
    sources = [(f"{number} people " + "were hurt " * (number % 7),) for number in range(150)]
    greedy = SearchConfig(beam_size=1, max_target_tokens=4)
    answers = generator.generate(sources, greedy)
    for index in (0, 63, 64, 101, 149):
        assert answers[index] == generator.generate([sources[index]], greedy)[0]


def test_candidates_are_distinct_sorted_and_at_most_n_best(generator):
    for answer in generator.generate([(text,) for text in NEWS], SearchConfig(beam_size=6, n_best=4)):
        texts = [candidate.text for candidate in answer.candidates]
        assert 1 <= len(texts) == len(set(texts)) <= 4
        scores = [candidate.score for candidate in answer.candidates]
        assert scores == sorted(scores, reverse=True) and scores[0] < 0


@pytest.mark.parametrize("turns", [(), ("",), (" \u200b\t",), ("", "\ufeff")])
def test_an_empty_text_is_answered_with_a_warning(generator, turns):
    [answer, other] = generator.generate([turns, ("The storm hit the coast.",)])
    assert answer.candidates == () and answer.warnings == (EMPTY,)
    assert other.candidates and other.warnings == ()


def test_a_text_beyond_the_limit_is_cut_and_this_is_said(generator):
    [answer] = generator.generate([(" ".join(NEWS) * 40,)])
    assert answer.candidates
    assert answer.warnings == (TRUNCATED.format(limit=64),)


def test_a_dialogue_reads_the_newest_turns_and_says_what_it_left_out(tmp_path):
    talker = TextGenerator.load(write_random_bundle(tmp_path / "talker", task="dialogue"), threads=1)
    assert talker.task == "dialogue"
    [long, newest] = talker.generate([[NEWS[0], NEWS[1], "How are you?"], ["How are you?"]])
    assert long.warnings == (TRUNCATED_DIALOGUE.format(limit=64),) and newest.warnings == ()
    assert long.candidates == newest.candidates  # neither of the long turns fits beside the last one
    [two, one] = talker.generate([["Hello!", "How are you?"], ["How are you?"]])
    assert two.candidates != one.candidates and two.warnings == ()
    ids = talker._encode(["Hello!", "How are you?"], "").ids
    assert ids.count(SEP) == 1


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (["The storm hit the coast."], r"source 1: .*pass \(text,\)"),
        ("The storm", "Sources are a list.*type str"),
        (None, "Sources are a list.*None"),
        (b"The storm", "Sources are a list.*type bytes"),
        ([("Storm",), b"The storm"], "source 2: .*type bytes"),
        ([("Storm", b"Rain")], "source 1: .*type bytes"),
        ([("Storm",), None], "source 2: .*None"),
        ([(None,)], "source 1: .*None"),
    ],
)
def test_sources_that_are_no_texts_are_refused_in_plain_words(generator, sources, message):
    with pytest.raises(UsageError, match=message):
        generator.generate(sources)
    with pytest.raises(UsageError, match=message):
        generator.score(sources, ["Storm"])


@pytest.mark.parametrize(
    ("sources", "targets", "message"),
    [
        ([("a",)], [], "1 sources and 0 targets"),
        ([], ["x"], "0 sources and 1 targets"),
        ([("a",)], ["b", "c"], "1 sources and 2 targets"),
        ([("a",)], "x", "targets: .*"),
        ([("a",)], None, "targets: .*None"),
        ([("a",)], [3], "targets: .*type int"),
    ],
)
def test_targets_that_do_not_fit_are_refused(generator, sources, targets, message):
    with pytest.raises(UsageError, match=message):
        generator.score(sources, targets)


def test_sources_and_turns_may_come_from_iterators(generator):
    assert generator.generate((text,) for text in NEWS[:3]) == generator.generate([(text,) for text in NEWS[:3]])
    assert generator.generate([iter(NEWS[:1])]) == generator.generate([NEWS[:1]])
    assert generator.generate(iter(())) == [] and generator.score([], []) == []


def test_settings_that_are_none_are_refused(random_bundle, generator):
    with pytest.raises(UsageError, match=r"SearchConfig.*type dict"):
        generator.generate([("Storm",)], {})
    with pytest.raises(UsageError, match=r"SearchConfig.*type dict"):
        TextGenerator.load(random_bundle, search={"beam_size": 1})
    with pytest.raises(UsageError, match=r"name or folder.*None"):
        TextGenerator.load(None)


@pytest.mark.parametrize("threads", [-1, 1.5, "2"])
def test_a_number_of_threads_that_cannot_be_is_refused(random_bundle, threads):
    with pytest.raises(UsageError, match=f"threads = {threads!r}"):
        TextGenerator.load(random_bundle, threads=threads)


def test_a_text_for_which_there_are_no_words_says_so(generator):
    class Silent:
        vocab_size = generator.model.vocab_size

        def decode(self, ids, unknown=()):
            return ""

        def encode(self, text):
            return [7]

    silent = TextGenerator(generator.info, generator.model, generator.search, Silent(), generator.engine)
    [answer] = silent.generate([("Storm",)])
    assert answer.candidates == () and answer.warnings == (NO_WORDS,)


@pytest.mark.parametrize("count", [1, 2])
def test_where_the_best_outputs_are_wordless_another_one_is_the_answer(generator, count):
    sources = [(text,) for text in NEWS[:4]]
    encoded = [generator._encode(source, "") for source in sources]

    def outputs_of(n_best):
        found = generator._search(encoded, SearchConfig(beam_size=6, n_best=n_best))
        return [[hypothesis.tokens for hypothesis in hypotheses] for hypotheses in found]

    spent, known = {tokens for outputs in outputs_of(count) for tokens in outputs}, outputs_of(6)

    class Wordless:
        """As the tokenizer, except that the best outputs decode to nothing."""

        vocab_size = generator.model.vocab_size

        def encode(self, text):
            return generator.tokenizer.encode(text)

        def decode(self, ids, unknown=()):
            return "" if tuple(ids) in spent else generator.tokenizer.decode(ids)

    wordless = TextGenerator(generator.info, generator.model, generator.search, Wordless(), generator.engine)
    answers = wordless.generate(sources, SearchConfig(beam_size=6, n_best=count))
    for answer, outputs in zip(answers, known, strict=True):
        left = [with_capital(text) for tokens in outputs if (text := wordless.tokenizer.decode(tokens))]
        assert [each.text for each in answer.candidates] == list(dict.fromkeys(left))[:count]
        assert answer.candidates and NO_WORDS not in answer.warnings


@pytest.mark.parametrize("text", ["股市今天大涨,投资者欢呼雀跃", "مرحبا بالعالم اليوم", "Привет, дорогой мир"])
def test_a_text_in_signs_that_the_model_does_not_know_is_answered_with_a_warning(generator, text):
    [answer] = generator.generate([(text,)])
    assert answer.candidates
    [warning] = answer.warnings
    assert warning.startswith("unreadable: ") and "%" in warning and warning.endswith("English")


@pytest.mark.parametrize("text", ["The Beijing 北京 summit opened on Monday.", *NEWS[:3]])
def test_a_text_with_a_few_unknown_signs_is_no_cause_for_a_warning(generator, text):
    [answer] = generator.generate([(text,)])
    assert not any(warning.startswith("unreadable") for warning in answer.warnings)


def test_search_settings_of_the_bundle_are_used_unless_others_are_given(random_bundle, generator):
    assert generator.search == SearchConfig(max_target_tokens=12)
    brief = SearchConfig(beam_size=1, max_target_tokens=1)
    loaded = TextGenerator.load(random_bundle, search=brief, threads=1)
    assert loaded.search == brief
    assert loaded.generate([(NEWS[0],)]) == generator.generate([(NEWS[0],)], brief)
    assert loaded.generate([(NEWS[0],)]) != generator.generate([(NEWS[0],)])


def test_scores_of_given_targets_agree_with_those_of_the_search(generator, monkeypatch):
    monkeypatch.setattr("nlp.generator.with_capital", str)  # so that a text encodes to the tokens that were searched
    plain = SearchConfig(beam_size=1, max_target_tokens=12, length_penalty=0.0, no_repeat_ngram=0)
    sources = [(text,) for text in NEWS]
    answers = generator.generate(sources, plain)
    scores = generator.score(sources, [answer.candidates[0].text for answer in answers])
    best = [answer.candidates[0].score for answer in answers]
    # Where the tokenizer would have cut the text as the search did, it has the same score.
    assert any(score.log_prob == pytest.approx(value, abs=1e-4) for score, value in zip(scores, best, strict=True))
    assert [score.tokens for score in scores] == [
        len(generator.tokenizer.encode(answer.candidates[0].text)) + 1 for answer in answers
    ]


def test_a_target_is_scored_after_an_empty_source_too(generator):
    [score] = generator.score([()], ["Storm"])
    assert score.log_prob < 0 and score.tokens == len(generator.tokenizer.encode("Storm")) + 1
