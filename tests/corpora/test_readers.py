"""Reading: what is written comes back, and a bad line costs that line only."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import Columns, CorpusError, Pair, Problem, read_records

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), max_size=30)
PAIRS = st.lists(st.tuples(TEXTS.filter(lambda text: "__eot__" not in text), TEXTS), max_size=8)


def read(path: Path, columns: Columns | None = None) -> tuple[list[Pair], list[Problem]]:
    problems: list[Problem] = []
    records = list(read_records(path, columns or Columns(), problems.append))
    return [record.pair for record in records], problems


def pack(path: Path, content: bytes) -> Path:
    match path.suffix:
        case ".gz":
            content = gzip.compress(content)
        case ".xz":
            content = lzma.compress(content)
    path.write_bytes(content)
    return path


@given(PAIRS, st.sampled_from(["", ".gz", ".xz"]), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_every_format_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], packing: str, mark: bool, end: str
) -> None:
    folder = tmp_path_factory.mktemp("round-trip")
    start = b"\xef\xbb\xbf" if mark else b""
    expected = [Pair((source,), target) for source, target in pairs]
    tsv = "".join(f"{source}\t{target}{end}" for source, target in pairs)
    jsonl = "".join(json.dumps({"source": source, "target": target}) + end for source, target in pairs)
    table = folder / "table"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator=end).writerows([("source", "target"), *pairs])
    for ending, content in ((".tsv", tsv.encode()), (".jsonl", jsonl.encode()), (".csv", table.read_bytes())):
        assert read(pack(folder / f"pairs{ending}{packing}", start + content)) == (expected, [])


def test_turns_are_split_at_the_separator_and_lists_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hi! __eot__ Hello.\tHow are you?\n", encoding="utf-8")
    values = {"turns": ["a __eot__ b", "c"], "target": "d", "weight": 2, "conversation": 7}
    (tmp_path / "a.jsonl").write_text(json.dumps(values))
    assert read(tmp_path / "a.txt")[0] == [Pair(("Hi!", "Hello."), "How are you?")]
    (record,) = read_records(tmp_path / "a.jsonl")
    assert record.pair == Pair(("a __eot__ b", "c"), "d", 2.0)
    assert record.conversation == "7"


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    columns = Columns(source="text", target="summary", weight="trust", conversation="thread")
    values = {"summary": "标题", "text": "正文", "trust": 0.5, "thread": "x"}
    (tmp_path / "a.jsonl").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "a.csv").write_text('thread,summary,n,trust,text\nx,标题,1,0.5,"正文, two\nlines"\n', encoding="utf-8")
    for name, source in (("a.jsonl", "正文"), ("a.csv", "正文, two\nlines")):
        (record,) = read_records(tmp_path / name, columns)
        assert (record.pair, record.conversation) == (Pair((source,), "标题", 0.5), "x")


@pytest.mark.parametrize(
    ("ending", "good", "bad_lines"),
    [
        (
            ".tsv",
            b"a\tb",
            {b"one column": "line", b"a\tb\tc": "line", b"a\tb\xffc": "target", b"\xe4\xb8\tb": "source"},
        ),
        (
            ".jsonl",
            b'{"source": "a", "target": "b"}',
            {
                b'{"source": "a", "target"': "line",
                b"[1]": "line",
                b"[" * 100_000: "line",
                b'{"source": "a"}': "target",
                b'{"source": 3, "target": "b"}': "source",
                b'{"source": [], "target": "b"}': "source",
                b'{"source": ["a", null], "target": "b"}': "source[1]",
                b'{"source": "a", "target": null}': "target",
                b'{"source": "a", "target": "\\udc41"}': "target",
                b'{"source": "a\xff", "target": "b"}': "source",
                b'{"source": "a", "target": "b", "weight": true}': "weight",
                b'{"source": "a", "target": "b", "weight": NaN}': "weight",
                b'{"source": "a", "target": "b", "weight": -1}': "weight",
                b'{"source": "a", "target": "b", "weight": 1' + b"0" * 400 + b"}": "weight",
                b'{"source": "a", "target": "b", "conversation": [1]}': "conversation",
            },
        ),
        (".csv", b"a,b", {b"a": "line", b"a,b,c": "line", b"a,\xff": "target"}),
    ],
)
def test_bad_lines_are_reported_by_number_and_the_rest_goes_through(
    tmp_path: Path, ending: str, good: bytes, bad_lines: dict[bytes, str]
) -> None:
    rows = [b"source,target"] if ending == ".csv" else []
    expected = []
    for bad, field in bad_lines.items():
        rows += [good, bad]
        expected.append((len(rows), field))
    path = pack(tmp_path / f"a{ending}", b"\n".join([*rows, good]))
    pairs, problems = read(path)
    assert [(problem.line, problem.field) for problem in problems] == expected
    assert pairs == [Pair(("a",), "b")] * (len(bad_lines) + 1)
    assert str(problems[0]).startswith(f"{path}:{expected[0][0]}: {expected[0][1]}: ")


def test_nul_and_blank_lines_do_not_stop_a_file(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.tsv", b"a\0\tb\n\n\r\nc\td")
    problems: list[Problem] = []
    records = list(read_records(path, problems=problems.append))
    assert [(record.line, record.pair.turns) for record in records] == [(1, ("a\0",)), (4, ("c",))]
    assert not problems


def test_an_endless_line_is_skipped_without_being_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpora.readers.lines.MAX_LINE_BYTES", 10)
    path = pack(tmp_path / "a.tsv", b"a\tb\n" + b"x" * 95 + b"\nc\td\n" + b"12345\t6789\n")
    pairs, problems = read(path)
    assert pairs == [Pair(("a",), "b"), Pair(("c",), "d")]
    assert [problem.line for problem in problems] == [2, 4]


def test_an_open_quote_is_reported_once_and_its_damage_is_bounded(tmp_path: Path) -> None:
    rows = "".join(f"source {number},target {number}\n" for number in range(20_000))
    path = pack(tmp_path / "a.csv", f'source,target\na,b\n"open,c\n{rows}'.encode())
    pairs, problems = read(path)
    assert pairs[0] == Pair(("a",), "b")
    assert pairs[-1] == Pair(("source 19999",), "target 19999")
    assert any("quote" in problem.message for problem in problems)


def many_lines() -> bytes:
    words = random.Random(1)
    return b"".join(b"source %d\ttarget %d\n" % (number, words.getrandbits(64)) for number in range(20_000))


@pytest.mark.parametrize("packing", [".gz", ".xz"])
def test_a_cut_file_yields_what_came_before_and_then_an_error(tmp_path: Path, packing: str) -> None:
    path = pack(tmp_path / f"a.tsv{packing}", many_lines())
    whole, _ = read(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    before: list[Pair] = []
    with pytest.raises(CorpusError, match=r"a\.tsv.*line \d+.*ends too early.*again"):
        before.extend(record.pair for record in read_records(path))
    assert len(before) > 10_000
    assert before == whole[: len(before)]


@pytest.mark.parametrize("packing", [".gz", ".xz"])
def test_damage_in_the_middle_yields_the_first_part_and_then_an_error(tmp_path: Path, packing: str) -> None:
    path = pack(tmp_path / f"a.tsv{packing}", many_lines())
    whole, _ = read(path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 1000] = bytes(1000)
    path.write_bytes(content)
    before: list[Pair] = []
    with pytest.raises(CorpusError, match=r"line \d+.*damaged.*again"):
        before.extend(record.pair for record in read_records(path, problems=lambda problem: None))
    assert before[:5000] == whole[:5000]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.doc", b"a\tb", r"ending.*\.tsv, \.txt, \.jsonl, \.csv.*\.gz or \.xz"),
        ("a.tsv.gz", b"a\tb\n", "not packed with gzip"),
        ("a.tsv.xz", b"a\tb\n", "not packed with xz"),
        ("a.tsv.gz", b"", "ends too early"),
        ("a.tsv.xz", b"", "ends too early"),
        ("a.tsv", gzip.compress(b"a\tb\n"), r"packed with gzip; name it a\.tsv\.gz"),
        ("a.jsonl", lzma.compress(b"{}\n"), r"packed with xz; name it a\.jsonl\.xz"),
        ("a.tsv", bytes(range(256)) * 8, "binary data"),
        ("a.tsv", "有一部讲两姐妹开渡船的电影\t挺不错\n".encode("gb18030") * 9, "iconv -f GB18030 -t UTF-8"),
        ("a.tsv", "a\tb\n".encode("utf-16"), "iconv -f UTF-16 -t UTF-8"),
        ("a.csv", b"", "no header row"),
        ("a.csv", b"text,sumary\na,b\n", r"line 1.*'summary'.*Did you mean 'sumary'.*Present: 'text', 'sumary'"),
        ("a.csv", b"text,summary,text\na,b,c\n", "'text' is there twice"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=message) as error:
        read(path, Columns(source="text", target="summary"))
    assert str(path) in str(error.value)
    assert error.value.exit_code == 2


def test_missing_files_and_folders_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(CorpusError, match="no such file"):
        read_records(tmp_path / "none.tsv")
    with pytest.raises(CorpusError, match="folder"):
        read_records(tmp_path / "folder.tsv")


def test_without_a_receiver_the_first_problem_is_an_error(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.tsv", b"a\tb\nc\n")
    with pytest.raises(CorpusError, match=r"a\.tsv:2: line: 2 columns"):
        list(read_records(path))
