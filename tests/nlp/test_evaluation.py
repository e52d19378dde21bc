"""Evaluating a generator: what is asked of it, what is counted, what the JSON holds."""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest

from nlp import evaluation
from nlp.config import SearchConfig
from nlp.errors import UsageError
from nlp.evaluation import LeadChoice, evaluate_generator, evaluate_outputs
from nlp.faithfulness import EXTRACTED


class Candidate(NamedTuple):
    text: str


class Generation(NamedTuple):
    candidates: tuple[Candidate, ...]
    warnings: tuple[str, ...] = ()


class TargetScore(NamedTuple):
    log_prob: float
    tokens: int
    correct_tokens: int


class Letters:
    """A token for each letter of the alphabet and the space, from 5 on; 3 is the end."""

    vocab_size = 32

    def encode(self, text: str) -> list[int]:
        return [5 + " abcdefghijklmnopqrstuvwxyz".index(letter) for letter in text]


@dataclass
class FirstWords:
    """Answers with the first three words of the last turn; each word of a reference, and its end, is a coin's toss."""

    name: str = "fake"
    task: str = "headlines"
    language: str = "en"
    search: SearchConfig = field(default_factory=SearchConfig)
    searches: list[SearchConfig | None] = field(default_factory=list)
    ordinary_words: frozenset[str] = frozenset()
    tokenizer: Letters = field(default_factory=Letters)

    def generate(self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None) -> list[Generation]:
        self.searches.append(search)
        texts = [" ".join(turns[-1].split()[:3]) for turns in sources]
        return [Generation((Candidate(text),) if text != "no thing at" else ()) for text in texts]

    def score(
        self, sources: Sequence[Sequence[str]], targets: Sequence[str], style: str | None = None
    ) -> list[TargetScore]:
        assert style == "", "a style is asked for in writing only"
        sizes = [len(target.split()) + 1 for target in targets]
        return [TargetScore(-size * math.log(2), size, size - 1) for size in sizes]


PAIRS = [
    (("rain floods the old town",), "rain floods town"),
    (("team wins a third cup",), "team wins a"),
    (("bank cuts rates again today",), "bank cuts interest rates"),
]


def test_outputs_are_compared_with_their_own_references() -> None:
    result = evaluate_generator(FirstWords(), PAIRS)
    # rain floods the / rain floods town; team wins a / team wins a; bank cuts rates / bank cuts interest rates
    expected = [2 / 3, 1, 2 * (1 * 3 / 4) / (1 + 3 / 4)]
    assert result.model.items["rouge_l_words"] == pytest.approx(expected)
    assert result.model.figures["exact_match"].value == pytest.approx(1 / 3)
    assert result.model.figures["rouge_l_words"].value == pytest.approx(sum(expected) / 3)
    assert (result.name, result.language, result.task, result.examples) == ("fake", "en", "headlines", 3)


def test_facts_that_the_source_lacks_are_counted_for_outputs_and_references() -> None:
    pairs = [
        (("rain floods 3 old towns",), "rain floods 4 towns"),
        (("team wins a third cup",), "team wins cup number 3"),
        (("bank cuts rates again today",), "bank cuts rates by 2 percent"),
        (("no thing at all",), "nothing"),
    ]

    class Extracting(FirstWords):
        def generate(self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None) -> list[Generation]:
            found = [Generation((Candidate("floods 9 towns"),)), *super().generate(sources[1:], search)]
            return [*found[:2], Generation(found[2].candidates, (f"unsupported: x; {EXTRACTED}",)), *found[3:]]

    unsupported = evaluate_generator(Extracting(), pairs).to_json()["unsupported"]
    assert unsupported == {"model": 1 / 4, "references": 2 / 4, "extracts": 1 / 4}
    assert evaluate_generator(FirstWords(task="dialogue"), PAIRS).unsupported is None


def test_likelihood_by_hand() -> None:
    likelihood = evaluate_generator(FirstWords(), PAIRS).likelihood
    assert likelihood is not None
    # 3 + 3 + 4 words and three ends are 13 tokens of one bit each; 16 + 11 + 24 characters
    assert likelihood.to_json() == pytest.approx(
        {"perplexity": 2, "bits_per_character": 13 / 51, "token_accuracy": 10 / 13, "tokens": 13, "characters": 51}
    )


def test_order_survives_windows_and_progress_counts_up(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluate_generator(FirstWords(), PAIRS)
    monkeypatch.setattr(evaluation, "_WINDOW", 2)
    reports: list[tuple[int, int]] = []
    windowed = evaluate_generator(FirstWords(), PAIRS, progress=lambda done, total: reports.append((done, total)))
    assert reports == [(2, 3), (3, 3)]
    assert windowed.model.figures == whole.model.figures
    assert windowed.likelihood == whole.likelihood


def test_texts_are_normalised_and_empty_ones_left_out_and_counted() -> None:
    empty = [((" ",), "a"), (("a",), "\ufeff"), ((), "b")]
    pairs = iter([(("  ｒａｉｎ\u200b floods   the town ",), "rain  floods the "), *empty])
    result = evaluate_generator(FirstWords(), pairs)
    assert result.model.figures["exact_match"].value == 1
    assert (result.examples, result.skipped) == (1, 3)


def test_no_candidate_is_an_empty_output() -> None:
    result = evaluate_generator(FirstWords(), [*PAIRS, (("no thing at all",), "nothing")])
    assert result.model.figures["empty"].value == 0.25


def test_search_settings_reach_the_generator_and_the_report() -> None:
    generator = FirstWords(search=SearchConfig(beam_size=7))
    greedy = SearchConfig(beam_size=1)
    assert evaluate_generator(generator, PAIRS).to_json()["search"]["beam_size"] == 7
    assert generator.searches == [generator.search, greedy]  # greedy decoding stands beside every other search
    result = evaluate_generator(generator, PAIRS, search=greedy)
    assert result.search == greedy and result.greedy is None
    assert generator.searches == [generator.search, greedy, greedy]


def test_the_gain_over_greedy_decoding_is_paired() -> None:
    class BetterWithABeam(FirstWords):
        def generate(self, sources, search=None):  # type: ignore[no-untyped-def]
            words = 3 if search is not None and search.beam_size == 1 else 99
            return [Generation((Candidate(" ".join(turns[-1].split()[:words])),)) for turns in map(list, sources)]

    pairs = [((f"{word} two three four five six",), f"{word} two three four five six") for word in ("one", "uno")]
    result = evaluate_generator(BetterWithABeam(), pairs)
    assert result.greedy is not None
    assert result.greedy.value == pytest.approx(2 * 0.5 / 1.5)  # precision 1, recall 3 / 6
    assert result.greedy.difference.value == pytest.approx(1 - 2 * 0.5 / 1.5)
    assert result.to_json()["greedy"]["difference"]["wins"] == 1.0


def test_lead_length_is_chosen_on_the_validation_set() -> None:
    validation = [(("one two three four five six",), "one two three four five")]
    lead = evaluate_generator(FirstWords(), PAIRS, lead_pairs=validation).lead
    assert lead is not None
    assert lead.choice == LeadChoice(5, "validation")
    # leads are whole sources here: 3 of 5 and 3 of 3 words, 3 of 5 and 3 of 3, 3 of 5 and 3 of 4
    assert lead.scores.items["rouge_l_words"] == pytest.approx([0.75, 0.75, 2 * (3 / 5 * 3 / 4) / (3 / 5 + 3 / 4)])


def test_difference_is_model_minus_lead() -> None:
    result = evaluate_generator(FirstWords(), PAIRS)
    assert result.lead is not None
    assert result.lead.choice.chosen_on == "evaluated pairs"
    model, lead = (scores.figures["rouge_l_words"].value for scores in (result.model, result.lead.scores))
    assert result.lead.difference.value == pytest.approx(model - lead)


def test_dialogue_has_no_lead_and_keeps_its_turns() -> None:
    pairs = [(("hi", "how are you"), "fine")]
    result = evaluate_generator(FirstWords(task="dialogue"), pairs, samples=4)
    assert result.lead is None
    assert [sample.source for sample in result.samples] == ["hi | how are you"]


def test_replies_stand_beside_what_people_wrote_and_a_unigram_model() -> None:
    pairs = [(("hi", "how are you"), "aab"), (("nice day today",), "aab"), (("Hello!",), "b")]
    replies = evaluate_generator(FirstWords(task="dialogue"), pairs).replies
    assert replies is not None and evaluate_generator(FirstWords(), PAIRS).replies is None
    assert replies.copies == 1  # the first three words are the whole turn, its case and signs aside
    assert replies.people_most_frequent == pytest.approx(2 / 3)
    # 4 times a, 3 times b, 3 ends, and one more of each of 32 tokens
    expected = 4 * math.log(5 / 42) + 3 * math.log(4 / 42) + 3 * math.log(4 / 42)
    assert replies.unigram.log_prob == pytest.approx(expected)
    assert (replies.unigram.tokens, replies.unigram.correct_tokens, replies.unigram.characters) == (10, 4, 7)
    assert replies.unigram_counted_on == "evaluated pairs"


def test_the_unigram_model_counts_on_the_validation_set() -> None:
    known = [(("what",), "bb")]
    replies = evaluate_generator(FirstWords(task="dialogue"), [(("hi",), "ab")], lead_pairs=known).replies
    assert replies is not None and replies.unigram_counted_on == "validation"
    assert replies.unigram.log_prob == pytest.approx(math.log(1 / 35) + math.log(3 / 35) + math.log(2 / 35))


def test_replies_are_compared_with_greedy_ones_in_chrf() -> None:
    class BetterWithABeam(FirstWords):
        def generate(self, sources, search=None):  # type: ignore[no-untyped-def]
            words = 1 if search is not None and search.beam_size == 1 else 99
            return [Generation((Candidate(" ".join(turns[-1].split()[:words])),)) for turns in map(list, sources)]

    pairs = [((f"{word} two three four",), f"{word} two three four") for word in ("one", "uno")]
    greedy = evaluate_generator(BetterWithABeam(task="dialogue"), pairs).greedy
    assert greedy is not None and greedy.figure == "chrf"
    assert 0 < greedy.value < 0.5 and greedy.difference.value == pytest.approx(1 - greedy.value)
    assert greedy.difference.interval.low > 0.5


def test_chinese_counts_characters() -> None:
    examples = [(("央行宣布降息",), "央行降息")]
    result = evaluate_outputs(examples, ["央行宣布"], "zh", choice=LeadChoice(4, "validation"))
    assert result.model.items["rouge_1_characters"] == pytest.approx([0.5])
    assert result.model.figures["mean_length"].value == 4
    assert result.lead is not None
    assert result.lead.difference.value == 0  # the lead is the same text
    assert result.to_json()["lead"]["unit"] == "characters"


def test_samples_are_drawn_by_the_seed_and_off_by_default() -> None:
    examples = [((f"source {index}",), f"reference {index}") for index in range(10)]
    outputs = [f"output {index}" for index in range(10)]
    chosen = evaluate_outputs(examples, outputs, "en", samples=3).samples
    assert [each.output.replace("output", "reference") for each in chosen] == [each.reference for each in chosen]
    assert len(set(chosen)) == 3 and chosen == evaluate_outputs(examples, outputs, "en", samples=3).samples
    assert chosen != evaluate_outputs(examples, outputs, "en", samples=3, seed=5).samples
    assert evaluate_outputs(examples, outputs, "en").samples == ()


def test_json_shape() -> None:
    report = evaluate_generator(FirstWords(), PAIRS, samples=1).to_json()
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert set(report) == {
        "format",
        "model",
        "task",
        "language",
        "examples",
        "skipped",
        "search",
        "main_figure",
        "tokens",
        "distinct_ngrams",
        "intervals",
        "figures",
        "likelihood",
        "unsupported",
        "lead",
        "greedy",
        "replies",
        "timing",
        "samples",
    }
    assert set(report["figures"]) == {
        "rouge_1_words",
        "rouge_2_words",
        "rouge_l_words",
        "bleu",
        "chrf",
        "exact_match",
        "repetition",
        "unknown",
        "empty",
        "mean_length",
        "distinct_1",
        "distinct_2",
        "most_frequent_output",
    }
    assert set(report["figures"]["bleu"]) == {"value", "low", "high"}
    assert set(report["figures"]["distinct_1"]) == {"value"}
    assert set(report["lead"]) == {"length", "unit", "chosen_on", "figures", "difference"}
    assert set(report["lead"]["figures"]) == set(report["figures"])
    assert report["samples"] == [
        {"source": "rain floods the old town", "reference": "rain floods town", "output": "rain floods the"}
    ]
    assert report["distinct_ngrams"] == 2000


def test_infinite_perplexity_is_null_in_json() -> None:
    figures = evaluation.Likelihood(log_prob=-1e9, tokens=1, correct_tokens=0, characters=1).to_json()
    assert figures["perplexity"] is None
    assert figures["token_accuracy"] == 0


def test_nothing_to_evaluate_and_unknown_languages_are_refused() -> None:
    with pytest.raises(UsageError, match="Nothing to evaluate"):
        evaluate_generator(FirstWords(), [(("",), "a")])
    with pytest.raises(UsageError, match="'fr'; known are en, zh"):
        evaluate_generator(FirstWords(), PAIRS, "fr")


def test_a_missing_library_is_noticed_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = FirstWords()
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(UsageError, match=r"sacrebleu.*\.\[evaluate\]"):
        evaluate_generator(generator, PAIRS)
    assert generator.searches == []
