"""Word vectors of every text dialect come to the right rows; what cannot be used is counted or named."""

import gzip
import lzma
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import TokenizerConfig
from nlp.errors import ConfigError, UsageError
from nlp.tokenizers import UNK, train_tokenizer
from nlp.tokenizers.vocabulary import Vocabulary
from nlp.tokenizers.word_tokenizer import WordTokenizer
from nlp.vectors import read_vectors

LINES = ["The storm hit the coast of Wales", "storms hit the coast, the storm", "北京大雨 北京大雨 iPhone"] * 20
DIMENSION = 4


def words(*tokens):
    return WordTokenizer("words", Vocabulary(tokens), str.split)


def pieces(lines=LINES, size=60):
    return train_tokenizer(TokenizerConfig(vocab_size=size, character_coverage=1.0), lines)


def fresh(tokenizer):
    return np.random.default_rng(1).normal(size=(tokenizer.vocab_size, DIMENSION), scale=0.08).astype(np.float32)


def read(path, tokenizer, counts=None):
    """The report, the table before and after."""
    before = fresh(tokenizer)
    after, counts = before.copy(), np.ones(tokenizer.vocab_size, np.int64) if counts is None else counts
    return read_vectors(path, tokenizer, after, counts), before, after


def changed(before, after):
    return np.flatnonzero((before != after).any(axis=1)).tolist()


def written(path, *lines):
    path.write_bytes(b"".join(line if isinstance(line, bytes) else (line + "\n").encode() for line in lines))
    return path


def test_known_rows_are_filled_and_the_others_keep_their_fresh_values(tmp_path):
    tokenizer = words("▁storm", "▁coast", "北京")
    path = written(tmp_path / "v.txt", "storm 1 0 0 0", "tree 0 0 9 0", "北京 0 3 0 0")
    report, before, after = read(path, tokenizer)
    assert changed(before, after) == [5, 7]
    assert after[5, 1:].tolist() == [0, 0, 0] and after[7, 0] == 0
    assert after[7, 1] / after[5, 0] == pytest.approx(3)  # one factor for all
    fresh_norm = np.linalg.norm(before, axis=1).mean()
    assert np.linalg.norm(after[[5, 7]], axis=1).mean() == pytest.approx(fresh_norm, rel=1e-5)
    assert (report.lines_read, report.lines_skipped, report.covered, report.vocabulary) == (3, 0, 2, 3)


@pytest.mark.parametrize("header", ["3 4", ""])
@pytest.mark.parametrize("end", ["\n", " \n", "\r\n"])
@pytest.mark.parametrize("gap", [" ", "\t"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_every_dialect_gives_the_same_rows(tmp_path, header, end, gap, pack):
    lines = [line.replace(" ", gap) for line in ("storm 1 0 0 0", "of 0.5 -1e-1 .25 0", "coast 0 2 0 0")]
    text = "".join(line + end for line in ([header] if header else []) + lines)
    (tmp_path / "v.vec").write_bytes(pack(text.encode()))
    report, before, after = read(tmp_path / "v.vec", words("▁storm", "▁coast"))
    assert changed(before, after) == [5, 6]
    assert (report.lines_read, report.lines_skipped) == (3, 0)


def test_words_with_spaces_are_no_damage(tmp_path):
    path = written(
        tmp_path / "v.txt", ". . . 1 2 3 4", "at name@domain.com 1 1 1 1", *["x 1 2 3 4"] * 5, "storm 1 0 0 0"
    )
    report, before, after = read(path, words("▁storm"))
    assert report.lines_skipped == 0 and changed(before, after) == [5]


def test_damaged_lines_are_counted_and_skipped(tmp_path):
    path = written(
        tmp_path / "v.txt",
        "of 1 1 1 1",
        "short 1 2",
        b"\xff\xfe 1 2 3 4\n",
        "storm 1 two 3 4",
        "coast 1 nan 3 4",
        "hit 0 0 0 0",
        "wales 1e300 0 0 0",
        "ran " + "1 2 3 4 " * 9 + "together 1 2 3 4",
        "",
        "x" * 2**21 + " 1 1 1 1",
        "coast 1 0 0 0",
    )
    report, before, after = read(path, words("▁storm", "▁coast", "▁hit", "▁wales"))
    assert changed(before, after) == [6]
    assert (report.lines_read, report.lines_skipped) == (11, 9)
    assert "9 of 11 lines are damaged" in "\n".join(report.lines())


def test_a_word_as_written_comes_before_its_lower_case(tmp_path):
    tokenizer = words("▁Wales", "▁Storm", "▁storm")
    for lines in (
        ["wales 1 0 0 0", "storm 0 1 0 0", "Storm 0 0 1 0"],
        ["Storm 0 0 1 0", "storm 0 1 0 0", "wales 1 0 0 0"],
    ):
        _, _, after = read(written(tmp_path / "v.txt", *lines), tokenizer)
        assert [int(np.argmax(row)) for row in after[5:]] == [0, 2, 1]


def test_of_a_word_that_comes_twice_the_first_counts(tmp_path):
    _, _, after = read(written(tmp_path / "v.txt", "storm 1 0 0 0", "storm 0 1 0 0"), words("▁storm"))
    assert after[5, 0] > 0 and after[5, 1] == 0


def test_a_marked_and_a_bare_word_share_a_vector(tmp_path):
    _, before, after = read(written(tmp_path / "v.txt", "storm 1 0 0 0"), words("▁storm", "storm", "▁"))
    assert changed(before, after) == [5, 6] and after[5].tolist() == after[6].tolist()


def test_vectors_go_to_pieces_that_are_words_and_never_to_parts_of_words(tmp_path):
    tokenizer = pieces()
    surfaces = tokenizer.surfaces()
    lines = [f"{text} 1 0 0 0" for text in {surface.strip() for surface in surfaces} if text]
    report, before, after = read(written(tmp_path / "v.txt", *lines), tokenizer)
    filled = [surfaces[number] for number in changed(before, after)]
    inside = [text for text in surfaces if text.strip() and text[0].isascii() and text[0].isalnum()]
    assert " storm" in filled and " coast" in filled and inside
    assert not set(inside) & set(filled)
    assert report.vocabulary - report.words == len(inside)
    assert tokenizer.encode("storm") == [surfaces.index(" storm")]


def test_chinese_pieces_are_words_without_a_space(tmp_path):
    tokenizer = pieces([line for line in LINES if "北" in line] + ["北京", "大雨"] * 30, size=30)
    path = written(tmp_path / "v.txt", "北京 1 0 0 0", "大雨 0 1 0 0")
    _, before, after = read(path, tokenizer)
    assert {tokenizer.surfaces()[number].strip() for number in changed(before, after)} == {"北京", "大雨"}


def test_the_report_says_what_is_covered_and_what_is_not(tmp_path):
    tokenizer = words("▁the", "▁storm", "▁brexit", "▁selfie", "▁never")
    counts = np.array([100, 10, 7, 7, 0, 60, 10, 15, 5, 0])  # padding, begin and end are no running tokens
    report, _, _ = read(written(tmp_path / "v.txt", "the 1 0 0 0", "storm 0 1 0 0"), tokenizer, counts)
    assert report.vocabulary_share == pytest.approx(2 / 5)
    assert report.token_share == pytest.approx(70 / (90 + counts[UNK]))
    assert report.uncovered == (("brexit", 15), ("selfie", 5))
    told = "\n".join(report.lines())
    assert "2 of 5 ids have one (40%), 70% of the running tokens" in told and "brexit (15), selfie (5)" in told


def test_vectors_of_another_language_change_nothing_and_say_so(tmp_path):
    report, before, after = read(written(tmp_path / "v.txt", "Sturm 1 0 0 0"), words("▁storm"))
    assert np.array_equal(before, after) and report.covered == 0
    assert "That is little" in "\n".join(report.lines())


def test_another_dimension_names_the_key_to_set(tmp_path):
    path = written(tmp_path / "v.txt", "2 6", "storm 1 2 3 4 5 6", "coast 1 2 3 4 5 6")
    with pytest.raises(ConfigError, match=r"v\.txt.*6 numbers.*Set model\.embedding_units = 6"):
        read(path, words("▁storm"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"2 4\nstorm " + np.random.default_rng(1).normal(size=400).astype(np.float32).tobytes(),
            r"line 2.*binary.*gensim",
        ),
        (np.random.default_rng(1).bytes(2**21).replace(b"\n", b""), r"line 1.*binary.*\.vec"),
        (b"PK\x03\x04" + bytes(100), "packed with zip. Unpack"),
        (b"", "no word vectors here"),
        (b"4 300\n", "no word vectors here"),
        (b"a\nb\nc\n", "no word vectors here"),
        (gzip.compress(b"storm 1 2 3 4\n" * 9000)[:-20], r"line \d+: the file cannot be read"),
        (lzma.compress(b"storm 1 2 3 4\n" * 9000)[:-20], r"line \d+: the file cannot be read"),
    ],
    ids=["word2vec binary", "noise", "zip", "empty", "header only", "words only", "cut gzip", "cut xz"],
)
def test_files_that_are_no_text_vectors_are_refused_with_a_remedy(tmp_path, content, said):
    (tmp_path / "v.bin").write_bytes(content)
    tokenizer = words("▁storm")
    with pytest.raises(UsageError, match=f"{re.escape(str(tmp_path))}.*{said}"):
        read(tmp_path / "v.bin", tokenizer)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.vec"):
        read(tmp_path / "nowhere.vec", words("▁storm"))


def test_a_table_of_another_tokenizer_is_refused(tmp_path):
    path = written(tmp_path / "v.txt", "storm 1 2 3 4")
    with pytest.raises(ValueError, match="6 ids"):
        read_vectors(path, words("▁storm"), np.ones((7, 4), np.float32), np.ones(7, np.int64))


WORDS = st.text(st.sampled_from("abC北 é"), min_size=1, max_size=4).map(str.strip).filter(bool)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(WORDS, st.lists(st.integers(1, 9), min_size=4, max_size=4)), min_size=1), st.booleans())
def test_a_row_holds_the_first_vector_of_its_word(tmp_path_factory, entries, header):
    vocabulary = sorted({word for word, _ in entries if " " not in word} | {"zz"})
    lines = [f"{word} {' '.join(map(str, vector))}" for word, vector in entries]
    path = written(tmp_path_factory.mktemp("v") / "v.txt", *([f"{len(lines)} 4"] if header else []), *lines)
    report, before, after = read(path, words(*("▁" + word for word in vocabulary)))
    known = dict(reversed(entries))
    filled = {number: vocabulary[number - 5] for number in changed(before, after)}
    assert set(filled.values()) >= {word for word in vocabulary if word in known}
    scales = {
        round(float(np.linalg.norm(after[number]) / np.linalg.norm(known[word])), 5)
        for number, word in filled.items()
        if word in known
    }
    assert len(scales) <= 1 and report.lines_skipped == 0
