"""Documents: which are read, what is refused, how the answer is named and encoded."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.documents
from bot.documents import DocumentHeadlines, Refused, answer_to, ending_of, faithful_search, read_news
from bot.models import Models
from corpora.articles import InputRecord
from nlp.config import SearchConfig
from nlp.headlines import HeadlineRecord

MARK = b"\xef\xbb\xbf"


def refused(content, name, most=10):
    with pytest.raises(Refused) as caught:
        read_news(content, name, most)
    return caught.value


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.TXT", ".txt"), ("a.b.csv", ".csv"), ("a.tsv", ".tsv"), ("a.jsonl", ".jsonl"), ("a.json", ""), ("txt", "")],
)
def test_the_name_tells_the_kind(name, ending):
    assert ending_of(name) == ending
    assert ending_of(None) == ending_of("") == ending_of(".txt") == ""


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=9), min_size=1, max_size=9))
def test_every_line_is_one_record_and_one_line_of_the_answer(lines):
    content = "".join(line + "\n" for line in ["rain", *lines]).encode()
    news = read_news(content, "a.txt", 10)
    records = [HeadlineRecord(article.id, article.text or None, error=article.error) for article in news.articles]
    _, answer = answer_to(news, records)
    assert len(news.articles) == len(lines) + 1 == answer.count(b"\n")


def test_as_many_records_as_may_be_are_read_and_no_more():
    assert len(read_news(b"rain\n" * 10, "a.txt", 10).articles) == 10
    assert refused(b"rain\n" * 11, "a.txt").reason == "too many records"


def test_a_stray_byte_costs_a_line_and_gb18030_none():
    broken = read_news("今天下雨\n".encode() + b"\xff\n" + "明天晴\n".encode(), "a.txt", 10)
    assert [article.error is None for article in broken.articles] == [True, False, True]
    assert "a.txt, line 2: not UTF-8" in broken.articles[1].error
    older = read_news("今天下雨\n明天晴\n".encode("gb18030"), "a.txt", 10)
    assert [article.text for article in older.articles] == ["今天下雨", "明天晴"] and not older.marked


@pytest.mark.parametrize(
    ("content", "name", "is_marked"),
    [
        (b"text\nrain\n", "a.csv", False),
        (MARK + b"text\nrain\n", "a.csv", True),
        ("text\n下雨\n".encode("gb18030"), "a.csv", True),
        ("下雨\n".encode("gb18030"), "a.txt", False),
    ],
)
def test_an_answer_has_a_byte_order_mark_where_a_spreadsheet_needs_it(content, name, is_marked):
    news = read_news(content, name, 10)
    assert answer_to(news, [HeadlineRecord("1", "x")])[1].startswith(MARK) == is_marked


def test_the_answer_is_in_the_format_that_came_and_a_tsv_is_a_table_too():
    names = {}
    for ending, content in {".txt": b"a", ".csv": b"text\na", ".tsv": b"a", ".jsonl": b'{"text": "a"}'}.items():
        name, answer = answer_to(read_news(content, f"{'n' * 99}{ending}", 9), [HeadlineRecord("1", "Rain")])
        names[ending], length = name.removeprefix("n" * 60), len(answer)
        assert length
    assert names == {".txt": "-headlines.txt", ".jsonl": "-headlines.jsonl"} | dict.fromkeys(
        (".csv", ".tsv"), "-headlines.csv"
    )
    _, table = answer_to(read_news(b"a", "a.tsv", 9), [HeadlineRecord("1", "Rain, wind")])
    assert next(csv.DictReader(io.StringIO(table.decode())))["headline"] == "Rain, wind"
    _, lines = answer_to(read_news(b'{"text": "a"}', "a.jsonl", 9), [HeadlineRecord("1", error="no")])
    assert json.loads(lines) == {
        **{"id": "1", "headline": None, "score": None},
        **{"candidates": [], "warnings": [], "error": "no"},
    }


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.txt", "empty"),
        (b"text\n", "a.csv", "empty"),
        (b"\n\n", "a.txt", "empty"),
        (b"a\0b\n", "a.txt", "not text"),
        ("下雨".encode("utf-16"), "a.txt", "not text"),
        (b"\x80\x80\n\xff\xff\n", "a.txt", "not text"),
        (b"title,body\n1,2\n", "a.csv", "no column"),
        (b"text,text\n1,2\n", "a.csv", "no column"),
        (b"text;id\nrain;1\n", "a.csv", "no column"),
    ],
)
def test_what_holds_no_news_is_refused(content, name, reason):
    assert refused(content, name).reason == reason


def test_quotes_that_are_never_closed_cannot_keep_the_reader_busy(monkeypatch):
    monkeypatch.setattr(bot.documents, "READ_AGAIN_BYTES", 100_000)
    stray = b"text\n" + b"rain\n" * 2000 + b'"open\n' + b"rain\n" * 2000
    assert [article.id for article in read_news(stray, "a.csv", 9999).articles if article.error] == ["2001"]
    assert refused(b"text\n" + b'a","\n' * 10_000, "a.csv", 2000).reason == "quotes"


def test_the_column_is_not_named_by_an_option_of_the_command_line():
    assert "--" not in refused(b"title,body\n1,2\n", "a.csv").about


def test_a_language_without_a_model_is_the_error_of_its_records():
    job = DocumentHeadlines(Models({}, {}))
    assert job == DocumentHeadlines(job.models)
    chinese, bad = job([InputRecord("1", "下雨", where="a.txt, line 1"), InputRecord("2", "", "a.txt, line 2: empty")])
    assert chinese.error == "a.txt, line 1: the text is Chinese, and no model here writes headlines in that language"
    assert bad.error == "a.txt, line 2: empty"


def test_headlines_of_documents_are_faithful():
    class Shipped:
        task, search = "headlines", SearchConfig(beam_size=3, faithful=False)

    assert faithful_search(Shipped).faithful and faithful_search(Shipped).beam_size == 3
