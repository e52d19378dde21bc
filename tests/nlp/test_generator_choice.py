"""What a generator makes of the outputs that search found: faithful ones first, dull ones last, values under tags."""

from dataclasses import replace

import pytest

from nlp.bundle import read_info
from nlp.config import SearchConfig
from nlp.facts import unsupported_facts
from nlp.generator import TextGenerator
from nlp.tags import DATE, NAME, NUMBER, TAG_NAMES
from tests.conftest import write_random_bundle

ARTICLE = (
    "Shares of Northfield Motors fell 8 percent on Monday, said analyst Ann Lee in Harwick. The firm lost 40 jobs."
)
OTHERS = ["The harbour of Tolven gets 12 new cranes, the port said.", "Rain fell for three days in the north."]


class Search:
    """In place of the engine's search: what it finds for each source, by the ids that a tokenizer gives a text."""

    def __init__(self, generator, texts):
        from nlp.search import Hypothesis

        self.texts, self.asked = texts, []
        self.found = [
            Hypothesis(tuple(generator.tokenizer.encode(text)), (-1.0, -0.5), -1.0 - place)
            for place, text in enumerate(texts)
        ]

    def __call__(self, stepper, sources, config, **options):
        self.asked.append(config)
        return [self.found[: config.n_best] for _ in sources]


@pytest.fixture
def generator(random_bundle):
    return TextGenerator.load(random_bundle, threads=1)


def written(generator, monkeypatch, texts, **settings):
    search = Search(generator, texts)
    monkeypatch.setattr("nlp.generator.search", search)
    config = SearchConfig(beam_size=5, **settings)
    return generator.generate([(ARTICLE,)], config)[0], search


def test_a_supported_output_comes_before_a_likelier_one_that_is_not(generator, monkeypatch):
    texts = ["Shares fell 9 percent", "Shares fell 8 percent", "Shares fell 7 percent"]
    plain, _ = written(generator, monkeypatch, texts)
    faithful, search = written(generator, monkeypatch, texts, faithful=True)
    assert plain.candidates[0].text == texts[0]
    assert [each.text for each in faithful.candidates] == [texts[1]] and faithful.warnings == ()
    assert search.asked[0].n_best > 1  # more were looked at than asked for


def test_where_none_is_supported_a_piece_of_the_article_comes_first_and_is_marked(generator, monkeypatch):
    generation, _ = written(generator, monkeypatch, ["Shares fell 9 percent"], faithful=True, n_best=2)
    first, second = generation.candidates
    assert first.text in ARTICLE and not unsupported_facts(first.text, ARTICLE)
    assert second.text == "Shares fell 9 percent" and first.score < 0
    assert [warning for warning in generation.warnings if warning.startswith("unsupported: ") and "9" in warning]


def test_a_piece_of_the_article_keeps_the_rules_or_is_not_taken(generator, monkeypatch):
    for settings in ({"blocked_words": ("northfield", "firm", "shares", "said")}, {"required_word": "zebra"}):
        if "required_word" in settings:
            monkeypatch.setattr("nlp.generator.search_with_word", lambda *_: [Search(generator, ["Fell 9"]).found])
        generation, _ = written(generator, monkeypatch, ["Fell 9"], faithful=True, **settings)
        assert generation.candidates[0].text == "Fell 9"
        assert any("no piece of the text" in warning for warning in generation.warnings)


def test_faithful_outputs_of_a_real_search_do_not_depend_on_batch_mates(generator):
    config = replace(generator.search, beam_size=4, faithful=True)
    together = generator.generate([(ARTICLE,), *((other,) for other in OTHERS)], config)
    assert together == [generator.generate([(text,)], config)[0] for text in (ARTICLE, *OTHERS)]


def test_anti_language_model_ranks_the_whole_beam_anew(generator, monkeypatch):
    monkeypatch.setattr("nlp.generator.with_capital", str)  # so that a text encodes to the tokens that were searched
    config = SearchConfig(beam_size=6, max_target_tokens=6)
    plain = generator.generate([(ARTICLE,)], replace(config, n_best=6))[0].candidates
    against = replace(config, anti_language_model=0.9, n_best=1)
    best = generator.generate([(ARTICLE,)], against)[0].candidates[0]
    expected = {each.text: each.score - 0.9 * _opening(generator, each.text, against) for each in plain}
    assert best.text == max(expected, key=expected.get) and best.score == pytest.approx(expected[best.text], abs=1e-4)


def test_anti_language_model_ranks_samples_anew(generator):
    config = SearchConfig(beam_size=6, n_best=6, max_target_tokens=6, strategy="sampling", seed=3)
    plain, against = (
        {each.text: each.score for each in generator.generate([(ARTICLE,)], settings)[0].candidates}
        for settings in (config, replace(config, anti_language_model=0.9))
    )
    assert plain.keys() == against.keys() and all(against[text] > plain[text] for text in plain)
    assert list(against.values()) == sorted(against.values(), reverse=True)


def _opening(generator, text, config):
    from nlp.search import length_penalty, score_targets
    from nlp.tokenizers import EOS

    tokens = [*generator.tokenizer.encode(text), EOS]
    score = score_targets(generator.engine, [[EOS]], [tokens[: config.anti_language_model_tokens]])[0]
    return score.log_prob / length_penalty(len(tokens), config.length_penalty)


@pytest.fixture(scope="module")
def tagging(tmp_path_factory):
    """A random headline model with tags, whose vocabulary holds the tags."""
    path = write_random_bundle(tmp_path_factory.mktemp("tags") / "tags", tags=True)
    assert read_info(path).task == "headlines"
    return TextGenerator.load(path, threads=1)


def test_no_output_shows_a_tag_and_every_number_in_it_is_the_articles(tagging):
    assert any(tag in surface for surface in tagging.tokenizer.surfaces() for tag in TAG_NAMES)
    config = SearchConfig(beam_size=6, n_best=6, max_target_tokens=10)
    texts = [each.text for source in (ARTICLE, *OTHERS) for each in tagging.generate([(source,)], config)[0].candidates]
    assert texts and not any(tag in text for text in texts for tag in (DATE, NUMBER, NAME))


def test_a_value_comes_back_and_an_output_without_a_value_left_is_dropped(tagging, monkeypatch):
    texts = [f"fell {NUMBER}", f"{NUMBER} {NUMBER} {NUMBER}", "Fell"]
    generation, _ = written(tagging, monkeypatch, texts, n_best=3)
    found = [each.text for each in generation.candidates]
    assert len(found) == 2 and found[1] == "Fell" and found[0] in ("fell 8", "Fell 40")


def test_a_blocked_word_does_not_come_back_under_a_tag(tagging, monkeypatch):
    generation, _ = written(tagging, monkeypatch, [f"fell {NUMBER}", "Fell"], n_best=2, blocked_words=("8", "40"))
    assert [each.text for each in generation.candidates] == ["Fell"]
