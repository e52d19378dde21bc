"""Targets stored without capitals get those of their source."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import CorpusError, CorpusSource, Pair, PrepareConfig, SplitConfig, prepare, read_prepared
from corpora.recasing import recased


@pytest.mark.parametrize(
    "source, target, expected",
    [
        ("Shares of IBM rose in New York.", "ibm shares rise in new york", "IBM shares rise in New York"),
        ("Oil prices fell. Oil is cheap, said U.S. officials.", "u.s. sees cheap oil", "U.S. sees cheap oil"),
        ("IBM said it sold a unit.", "ibm sells unit", "IBM sells unit"),
        ("Banks lend less, a bank said.", "bank says banks lend less", "Bank says banks lend less"),
        ("IBM sold a unit.", "Ibm sells unit", "Ibm sells unit"),  # has capitals of its own
        ("新闻 about NATO", "nato 开会", "NATO 开会"),
    ],
)
def test_words_take_the_capitals_of_the_source(source: str, target: str, expected: str) -> None:
    assert recased(Pair((source,), target)).target == expected


@given(st.text(), st.text())
def test_only_the_case_of_letters_changes(source: str, target: str) -> None:
    pair = recased(Pair((source,), target))
    assert pair.turns == (source,) and pair.target.lower() == target.lower()


def test_marks_are_stripped_from_both_sides_and_the_style_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("".join(f"Item {n} (AB.X) is news,topStory\titem {n} (ab) out\n" for n in range(40)))
    source = CorpusSource(path, strip_pattern=r",topStory$| \([A-Za-z.]+\)", recase_target=True, style="wire")
    prepared = prepare([source], PrepareConfig(split=SplitConfig()), tmp_path / "out", str.strip, print)
    pairs = list(read_prepared(prepared.path("train")))
    assert pairs and all(pair.style == "wire" for pair in pairs)
    assert {pair.turns[0].split(" ", 2)[2] for pair in pairs} == {"is news"}
    assert all(pair.target == f"Item {pair.target.split()[1]} out" for pair in pairs)


def test_a_broken_pattern_is_named() -> None:
    with pytest.raises(CorpusError, match=r"strip_pattern = '\(' is no regular expression"):
        CorpusSource(Path("a.tsv"), strip_pattern="(")
