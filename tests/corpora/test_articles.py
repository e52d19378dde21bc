"""Articles out of files that are in memory: names in errors, encodings, errors of a whole file."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.articles import ColumnError, Columns, NotText, articles_in, in_utf8

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=20)


def read(content, ending, columns=None):
    return list(articles_in(io.BufferedReader(io.BytesIO(content)), f"news{ending}", ending, columns))


@pytest.mark.parametrize(
    ("content", "ending", "where"),
    [
        (b"\nrain", ".txt", "news.txt, line 1: the text is empty"),
        (b"{}\n" + b'{"text": "rain"}', ".jsonl", "news.jsonl, line 1: no field 'text'"),
        (b'id,text\n1,""\n2,rain', ".csv", "news.csv, line 2, column 'text': the text is empty"),
        (b"\t\nrain\n", ".tsv", "news.tsv, line 1: the row is empty"),
    ],
)
def test_a_record_that_cannot_be_read_names_its_line_and_the_others_follow(content, ending, where):
    bad, good = read(content, ending)
    assert bad.error.startswith(where) and (good.text, good.error) == ("rain", None)


def test_an_error_of_the_whole_file_comes_before_the_first_record():
    file = io.BufferedReader(io.BytesIO(b"title,body\n1,2\n"))
    with pytest.raises(ColumnError, match=r"news.csv, line 1: no column 'text'; there are: 'title', 'body'\.$") as told:
        articles_in(file, "news.csv", ".csv")
    assert told.value.advice.format(option="OPTION") == "Name one with OPTION." and told.value.wanted == "text"
    with pytest.raises(ColumnError) as told:
        read(b"text,key,key\n", ".csv", Columns(id="key"))
    assert told.value.wanted == "id" and "another column with OPTION" in told.value.advice.format(option="OPTION")
    with pytest.raises(NotText, match="UTF-16"):
        read("rain".encode("utf-16"), ".txt")


@given(st.lists(HAN, min_size=1, max_size=9))
def test_chinese_is_the_same_out_of_both_encodings(lines):
    text = "\n".join("市议会周一投票" + line for line in lines)  # a word or two could be taken for UTF-8
    assert in_utf8(text.encode()) == text.encode()
    assert in_utf8(text.encode("gb18030")) == text.encode()


@given(st.binary(max_size=200))
def test_what_comes_out_is_what_went_in_or_whole_utf8(content):
    out = in_utf8(content)
    assert out is None or out is content or out.decode("utf-8").encode("gb18030") == content


def test_a_few_broken_lines_do_not_make_another_encoding():
    content = "今天下雨\n明天晴\n".encode() + b"\xb5\xb5\n" + b"plain\n" * 9
    assert in_utf8(content) is content
    assert in_utf8(b"\x80\x80\n\xff\n") is None
