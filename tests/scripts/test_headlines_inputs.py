"""Every format of input, and everything that can be wrong with one."""

import csv
import io
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpora.articles.tables
from corpora.articles import Columns, Meter
from corpora.articles.lines import read_lines
from nlp.errors import UsageError
from scripts.inputs import read_records, total_bytes
from scripts.sidecar import fingerprint


def read(tmp_path, name, content, text=None, id=None):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_records(path, Columns(text, id)))


def brief(records):
    return [(record.id, record.text) if record.error is None else record.id for record in records]


def test_text_lines_with_all_line_ends_and_a_byte_order_mark(tmp_path):
    records = read(tmp_path, "a.TXT", b"\xef\xbb\xbfone\r\n\ntwo\xe2\x80\xa8still two\nlast")
    assert brief(records) == [("1", "one"), "2", ("3", "two\u2028still two"), ("4", "last")]


def test_an_undecodable_line_is_named_and_the_others_go_through(tmp_path):
    records = read(tmp_path, "a.txt", "好\n".encode() + "坏\n".encode("gb18030") + b"good\n")
    assert brief(records) == [("1", "好"), "2", ("3", "good")]
    assert "a.txt, line 2: not UTF-8 (byte 0xBB at position 1)" in records[1].error and "iconv" in records[1].error


def test_a_line_without_end_is_clipped_between_characters(tmp_path):
    records = read(tmp_path, "a.txt", "快" * 500_000 + "\nnext\n")
    assert (records[0].text, records[0].clipped) == ("快" * 20_000, True)
    assert records[1][:4] == ("2", "next", None, False) and records[1].where.endswith("a.txt, line 2")


@given(st.binary(max_size=60).filter(lambda content: b"\r" not in content), st.integers(1, 9))
def test_lines_number_and_cut_as_a_plain_split_would(content, limit):
    meter = Meter()
    lines = list(read_lines(io.BufferedReader(io.BytesIO(content)), limit, meter))
    expected = content.split(b"\n")[: None if not content.endswith(b"\n") and content else -1]
    assert [(line.number, line.content) for line in lines] == [
        (number, line[:limit]) for number, line in enumerate(expected, start=1)
    ]
    assert all(line.cut for line, whole in zip(lines, expected, strict=True) if len(whole) > limit)
    assert not any(line.cut for line, whole in zip(lines, expected, strict=True) if len(whole) < limit)
    assert meter.bytes_read == len(content)


def test_each_way_a_json_line_can_be_wrong_is_told(tmp_path):
    lines = {
        '{"text": "fine", "n": 1}': None,
        "": "the line is empty",
        '{"text": ': "broken JSON",
        "[1]": "not a list",
        '{"title": "x", "test": "y"}': "no field 'text'; there are: 'title', 'test'. Did you mean 'test'?",
        '{"text": 7}': "field 'text' is no string but a number",
        '{"text": null}': "but null",
        '{"text": " "}': "field 'text': the text is empty",
        "[" * 100_000: "nested too deeply",
        '{"text": "also fine"}': None,
    }
    records = read(tmp_path, "a.jsonl", "\n".join(lines))
    for number, (record, wanted) in enumerate(zip(records, lines.values(), strict=True), start=1):
        assert record.id == str(number)
        if wanted is None:
            assert record.error is None and record.text.endswith("fine")
        else:
            assert f"a.jsonl, line {number}" in record.error and wanted in record.error


def test_json_ids_and_columns(tmp_path):
    content = '{"body": "x", "key": 7}\n{"body": "y", "key": "k"}\n{"body": "z"}\n{"body": "z", "key": [1]}\n'
    records = read(tmp_path, "a.jsonl", content, "body", "key")
    assert brief(records) == [("7", "x"), ("k", "y"), "3", "4"]
    assert "no field 'key'" in records[2].error and "a list" in records[3].error


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=8))
@settings(max_examples=100, deadline=None)
def test_csv_is_read_as_the_csv_module_writes_it(tmp_path_factory, rows):
    content = io.StringIO()
    csv.writer(content).writerows([("key", "text"), *rows])
    records = read(tmp_path_factory.mktemp("csv"), "a.csv", content.getvalue(), id="key")
    assert len(records) == len(rows)
    for record, (key, text) in zip(records, rows, strict=True):
        if key or text:
            assert record.id == key
        assert record.text == text.strip() and (record.error is None) == bool(text.strip())


def test_csv_rows_that_are_wrong_cost_only_themselves(tmp_path):
    content = b'id,text\na,"one\nmore"\nb\n\nc,\xff\xfe\nd,"never closed\ne,fine\n'
    records = read(tmp_path, "a.csv", content, id="id")
    assert brief(records) == [("a", "one\nmore"), "2", "3", "4", "5", ("e", "fine")]
    errors = [record.error for record in records if record.error]
    for error, wanted in zip(
        errors,
        [
            "line 4: the row has only 1 column; column 'text' is missing",
            "line 5: the row is empty",
            "line 6, column 'text': not UTF-8",
            "line 7: a double quote",
        ],
        strict=True,
    ):
        assert wanted in error


def test_a_quote_never_closed_in_a_big_file_swallows_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(corpora.articles.tables, "ROW_LIMIT_BYTES", 1000)
    content = 'text\nfirst\n"open\n' + "".join(f"row {number}\n" for number in range(500)) + "x" * 3000 + "\nlast\n"
    records = read(tmp_path, "a.csv", content)
    rows = [(str(number + 3), f"row {number}") for number in range(500)]
    assert brief(records) == [("1", "first"), "2", *rows, "503", ("504", "last")]
    assert "line 3" in records[1].error and "line 504: longer than" in records[502].error


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    with pytest.raises(UsageError, match=r"no column 'boddy'; there are: 'id', 'body'. Did you mean 'body'\? Name"):
        read(tmp_path, "a.csv", "id,body\n1,x\n", text="boddy")
    with pytest.raises(UsageError, match=r"no column 'text'.*--text-column"):
        read(tmp_path, "a.csv", "id,body\n1,x\n")
    with pytest.raises(UsageError, match=r"no column 'key'.*--id-column"):
        read(tmp_path, "a.tsv", "id\tbody\n1\tx\n", text="body", id="key")
    assert read(tmp_path, "a.csv", "") == [] == read(tmp_path, "a.tsv", "", text="body")
    assert brief(read(tmp_path, "a.csv", "headline-less\nx\n")) == [("1", "x")]


def test_tsv_has_a_header_only_where_a_column_is_named(tmp_path):
    content = 'text\tkey\n"one\t1\n\nshort\n'
    assert brief(read(tmp_path, "a.tsv", content)) == [("1", "text"), ("2", '"one'), "3", ("4", "short")]
    assert brief(read(tmp_path, "a.tsv", content, text="text")) == [("1", '"one'), "2", ("3", "short")]
    assert brief(read(tmp_path, "a.tsv", content, id="key")) == [("1", '"one'), "2", "3"]


def test_a_folder_is_one_article_a_file_sorted_by_name(tmp_path):
    folder = tmp_path / "news"
    (folder / "b").mkdir(parents=True)
    for name, content in {
        "b/x.txt": b"two\nlines",
        "a.txt": b"first",
        "c.txt": b"\0\1",
        "d.txt": b"\xff",
        "e.txt": b"",
        "z.md": b"no",
        "f.txt": b"y" * 200_000,
    }.items():
        (folder / name).write_bytes(content)
    records = list(read_records(folder))
    assert brief(records) == [
        ("a.txt", "first"),
        ("b/x.txt", "two\nlines"),
        "c.txt",
        "d.txt",
        "e.txt",
        ("f.txt", "y" * 20_000),
    ]
    assert records[5].clipped and "NUL" in records[2].error and "UTF-8" in records[3].error
    assert total_bytes(folder) == 9 + 5 + 2 + 1 + 0 + 200_000
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no .txt file"):
        read_records(tmp_path / "empty")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"PK\0\0", "binary"),
        ("a.jsonl", "{}\n".encode("utf-16"), "UTF-16"),
        ("a.txt", "rain falls\nsun".encode("utf-16-le"), "UTF-16"),
        ("a.txt", "雨\n快嘴".encode("utf-16-be"), "UTF-16"),
        ("a.json", b"{}", "ending '.json'"),
        ("a.csv", b"id;text\n1;rain\n", "line 1: there is only one column, 'id;text', and semicolons stand"),
        ("a.csv", b"id\ttext\n1\train\n", r"tabs stand .* ending \.tsv"),
        ("a.csv", b"text,text\n1,rain\n", "line 1: 2 columns are named 'text'"),
        ("noending", b"x", "none"),
    ],
)
def test_what_is_no_text_is_refused_as_a_whole(tmp_path, name, content, message):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, name, content)


def test_a_missing_file_is_answered_with_a_near_name(tmp_path):
    (tmp_path / "news.txt").write_text("x")
    with pytest.raises(UsageError, match=r"new.txt: no such file or folder. Did you mean .*news.txt\?"):
        read_records(tmp_path / "new.txt")


def test_columns_are_refused_where_there_are_none(tmp_path):
    with pytest.raises(UsageError, match=r"has no columns"):
        read_records("-", Columns("text"), stdin=io.BytesIO(b"x"))
    with pytest.raises(UsageError, match=r"has no columns"):
        read(tmp_path, "a.txt", b"x", id="id")


def test_the_meter_arrives_at_the_size_of_the_file(tmp_path):
    for name in ("a.txt", "a.csv", "a.jsonl", "a.tsv"):
        path = tmp_path / name
        path.write_text("text\n" + json.dumps({"text": "好"}) + '\n"open\nx\n')
        meter = Meter()
        for _ in read_records(path, meter=meter):
            pass
        assert meter.bytes_read == total_bytes(path) == path.stat().st_size


def test_a_name_that_is_not_near_is_not_suggested(tmp_path):
    (tmp_path / "titles.txt").write_text("x")
    (tmp_path / "report.pdf").write_text("x")
    for name in ("article.txt", "reports.txt", "z.txt"):
        with pytest.raises(UsageError, match=r"no such file or folder\.$"):
            read_records(tmp_path / name)
    (tmp_path / "titles.csv").write_text("x")
    with pytest.raises(UsageError, match=r"Did you mean .*titles\.csv\?"):
        read_records(tmp_path / "title.csv")


def test_a_column_may_have_a_semicolon_in_its_name(tmp_path):
    assert brief(read(tmp_path, "a.csv", "a;b\nrain\n", text="a;b")) == [("1", "rain")]


def test_nul_bytes_far_into_a_file_are_told_where_they_stand(tmp_path):
    for name, header in (("a.txt", b""), ("a.csv", b"text\n")):
        records = read(tmp_path, name, header + b"rain\n" * 4000 + b"su\0n\nlast\n")
        assert brief(records[-3:]) == [("4000", "rain"), "4001", ("4002", "last")]
        assert f"line {4001 + bool(header)}" in records[4000].error and "NUL" in records[4000].error


def test_what_is_not_utf8_is_told_with_the_encodings_it_may_be(tmp_path):
    error = read(tmp_path, "a.txt", "Müller".encode("latin-1"))[0].error
    assert "GB18030" in error and "LATIN1" in error


def test_a_named_pipe_is_refused_and_in_a_folder_costs_one_record(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(UsageError, match=r"pipe.txt: this is a pipe or a device.*headlines - <"):
        read_records(tmp_path / "pipe.txt")
    (tmp_path / "rain.txt").write_text("rain")
    records = list(read_records(tmp_path))
    assert brief(records) == ["pipe.txt", ("rain.txt", "rain")] and "pipe" in records[0].error


def test_a_link_to_nowhere_and_an_unreadable_folder_cost_one_record_each(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    (tmp_path / "link.txt").symlink_to("nowhere")
    (tmp_path / "rain.txt").write_text("rain")
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):  # the superuser, who may run this test, is refused nothing
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    records = list(read_records(tmp_path))
    assert brief(records) == ["link.txt", "locked/", ("rain.txt", "rain")]
    assert "link leads nowhere" in records[0].error and "Permission denied" in records[1].error
    assert total_bytes(tmp_path) == 4
    assert fingerprint(tmp_path)["input files"]
