"""`kuaizui tune`: every combination is tried with its own settings, and the best one is named."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from nlp.config import SearchConfig
from nlp.errors import UsageError
from scripts.tune import combinations, command


class FirstWords:
    """Answers with as many first words as its beam is wide."""

    task, language = "headlines", "en"
    search = SearchConfig(beam_size=2)

    def __init__(self) -> None:
        self.seen: list[SearchConfig] = []

    def generate(self, sources: Sequence[Sequence[str]], search: SearchConfig) -> list[SimpleNamespace]:
        self.seen.append(search)
        texts = [" ".join(turns[-1].split()[: search.beam_size]) for turns in sources]
        return [SimpleNamespace(candidates=(SimpleNamespace(text=text),), warnings=()) for text in texts]


def invoke(generator: FirstWords, corpus: Path, *arguments: str):
    options = ["--model", "m", "--corpus", str(corpus), *arguments]
    return CliRunner().invoke(command, options, obj=lambda model: generator)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "validation.jsonl"
    rows = [("oil rose again today", "oil rose again", "wire"), ("banks fell a lot", "banks fell a", "web")]
    path.write_text("".join(f'{{"source": "{s}", "target": "{t}", "style": "{y}"}}\n' for s, t, y in rows))
    return path


def test_every_combination_is_tried_and_the_best_named(corpus: Path) -> None:
    generator = FirstWords()
    result = invoke(generator, corpus, "--try", "search.beam_size=1,3,4", "--try", "search.length_penalty=0.5, 1")
    assert result.exit_code == 0, result.exception
    assert [(each.beam_size, each.length_penalty) for each in generator.seen] == [
        (beam, penalty) for beam in (1, 3, 4) for penalty in (0.5, 1.0)
    ]
    best = result.output.splitlines()[-1]
    assert best.startswith("Best: ROUGE-L 100.00  length  3.0") and "search.beam_size=3" in best
    assert "1 pairs" in invoke(generator, corpus, "--register", "web", "--try", "search.beam_size=1").output


@pytest.mark.parametrize("grid", ["search.beam_size", "search.beam_size=", "search.beam_size=1,,2"])
def test_a_grid_without_values_is_refused(grid: str) -> None:
    with pytest.raises(UsageError, match=r"write search\.key=value,value"):
        list(combinations([grid]))


def test_too_many_combinations_and_an_empty_corpus_are_refused(corpus: Path) -> None:
    with pytest.raises(UsageError, match="121 combinations"):
        list(combinations([f"search.{key}={','.join(map(str, range(1, 12)))}" for key in ("beam_size", "n_best")]))
    result = invoke(FirstWords(), corpus, "--register", "odd", "--try", "search.beam_size=1")
    assert isinstance(result.exception, UsageError) and "no pair to try settings on" in str(result.exception)


def test_disliked_replies_are_nothing_to_be_tuned_by(corpus: Path) -> None:
    path = corpus.with_name("feedback.jsonl")
    rated = '{"prompt": "oil rose again today", "reply": "oil rose", "rating": "%s"}\n'
    path.write_text(rated % "up" + rated % "down")
    result = invoke(FirstWords(), path, "--try", "search.beam_size=2,3")
    assert result.exit_code == 0, result.output
    assert "1 rated reply is left out" in result.output and "1 pairs of feedback.jsonl" in result.output
