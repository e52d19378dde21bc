"""Articles in, headlines out: what holds for any reader of articles and any loader of models."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.config import SearchConfig
from nlp.errors import BundleError, DecodingError, UsageError
from nlp.headlines import HeadlineRecord, HeadlineWriter, windows


@dataclass(frozen=True)
class Text:
    text: str
    id: str = "1"
    error: str | None = None
    clipped: bool = False
    where: str = "line 1"


class Shouting:
    """Writes the first word in capitals; cannot decode "nan"."""

    task, search = "headlines", SearchConfig(beam_size=2)

    def __init__(self, task="headlines"):
        self.task, self.searches = task, []

    def generate(self, sources, search=None):
        self.searches.append(search)
        if ("nan",) in sources:
            raise DecodingError("NaN")
        words = [text.split()[0].upper() for (text,) in sources]
        return [SimpleNamespace(candidates=(SimpleNamespace(text=word, score=-1.0),), warnings=()) for word in words]


def test_each_article_has_its_record_and_a_bad_one_costs_no_other():
    writer = HeadlineWriter(lambda model: Shouting())
    articles = [Text("rain falls", "a"), Text("", "b", "line 2: empty"), Text("nan", "c"), Text("sun shines", "d")]
    records = writer.write(articles)
    assert [(record.id, record.headline, record.error) for record in records] == [
        ("a", "RAIN", None),
        ("b", None, "line 2: empty"),
        ("c", None, "line 1: NaN"),
        ("d", "SUN", None),
    ]


def test_how_to_search_is_as_shipped_or_as_asked():
    shipped, asked = Shouting(), Shouting()
    HeadlineWriter(lambda model: shipped).write([Text("rain")])
    HeadlineWriter(lambda model: asked, search_of=lambda each: SearchConfig(beam_size=7)).write([Text("rain")])
    assert (shipped.searches, asked.searches) == ([Shouting.search], [SearchConfig(beam_size=7)])


def test_an_article_without_a_model_says_what_its_writer_says_of_that():
    def none(model):
        raise BundleError("there is none.")

    (plain,) = HeadlineWriter(none).write([Text("今天")])
    assert plain == HeadlineRecord("1", error="line 1: the text is Chinese, and there is none", has_model=False)
    (own,) = HeadlineWriter(none, why_no_model=lambda *about: "; ".join(map(str, about))).write([Text("rain")])
    assert own.error == "line 1: en; headlines-en; there is none."


def test_what_was_cut_is_told_with_its_length():
    (record,) = HeadlineWriter(lambda model: Shouting()).write([Text("rain " * 400, clipped=True)])
    assert record.warnings == ("only the first 2,000 characters were read",)


def test_a_model_for_another_task_is_refused():
    with pytest.raises(UsageError, match="is a model for dialogue"):
        HeadlineWriter(lambda model: Shouting("dialogue"), "any")


@given(st.lists(st.text(max_size=9), max_size=30), st.integers(1, 5), st.integers(1, 20))
def test_windows_hold_everything_in_order_and_no_more_than_they_may(texts, most_records, most_characters):
    found = list(windows(map(Text, texts), most_records, most_characters))
    assert [article.text for window in found for article in window] == texts
    for window in found:
        assert 1 <= len(window) <= most_records
        assert sum(len(article.text) for article in window[:-1]) < most_characters
