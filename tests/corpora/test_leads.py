"""News leads: many stories from few lines, the same from the same seed, and some lines for probing only."""

import re
from pathlib import Path

import pytest

from corpora import CorpusError
from corpora.leads import NEWSROOM, news_leads

LINES = [f"Story {number}: {{Oslo|Lima|Hanoi}} council voted {{on Monday|on Friday}}." for number in range(40)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "leads-1.txt").write_text("\n".join(LINES[:20]) + "\n", encoding="utf-8")
    (tmp_path / "en" / "leads-2.txt").write_text("\n".join(LINES[20:]) + "\n\n", encoding="utf-8")
    return tmp_path


def story(lead: str) -> int:
    return int(re.findall(r"Story (\d+):", lead)[0])


def test_leads_follow_from_the_seed_are_different_and_use_every_line(folder: Path) -> None:
    leads = news_leads("en", 100, 1, folder=folder)
    assert leads == news_leads("en", 100, 1, folder=folder) != news_leads("en", 100, 2, folder=folder)
    assert len(leads) == len(set(leads)) == 100 and not any(mark in lead for lead in leads for mark in "{|}")
    assert len({story(lead) for lead in leads[:30]}) == 30  # no line again before all were told once
    assert len(news_leads("en", 10_000, 1, folder=folder)) <= 40 * 6  # and no endless search for more


def test_lines_for_probing_are_never_practised_on(folder: Path) -> None:
    practised, probed = (
        {story(lead) for lead in news_leads("en", 1000, 1, held_out=flag, folder=folder)} for flag in (0, 1)
    )
    assert practised and probed and not practised & probed and practised | probed == set(range(40))


def test_a_language_without_leads_is_named(folder: Path) -> None:
    with pytest.raises(CorpusError, match="no news leads"):
        news_leads("zh", 1, 1, folder=folder)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_leads_that_come_with_it_are_whole_and_many(language: str) -> None:
    leads = news_leads(language, 4000, 1)
    assert len(leads) > 1000 and not any(mark in lead for lead in leads for mark in "{|}")
    lines = [line for file in (NEWSROOM / language).glob("*.txt") for line in file.read_text("utf-8").splitlines()]
    assert all(line.strip() == line and line for line in lines) and len(set(lines)) == len(lines)
