"""The contract that tokenizers of all five kinds keep, and what is particular to each."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import TokenizerConfig
from nlp.errors import BundleError, TrainingError
from nlp.text import normalize
from nlp.tokenizers import BOS, EOS, PAD, SEP, SPECIAL_TOKENS, UNK, Tokenizer, load_tokenizer, train_tokenizer
from nlp.tokenizers.jieba_words import _segmenter
from nlp.tokenizers.sampling import MAX_LINE_CHARACTERS, sample_lines
from nlp.tokenizers.spacing import SPACE_MARK
from nlp.tokenizers.vocabulary import Vocabulary, load_vocabulary

KINDS = ("unigram", "bpe", "jieba", "words", "characters")
ROOT = Path(__file__).parents[2]
LINES = [
    "The storm hit the coast, and ten people don't know why.",
    'Growth slowed to 3.5% on Monday: "We\'ll see," said the minister (54).',
    "Police would want a C\\D answer, e.g. in co-operation with a/b < c > d_e",
    "北京今天下大雨，交通很堵。",
    "苹果公司发布 iPhone 新手机，股价上涨10%！",
    "你好 世界，hello世界",
    "<pad> <unk> <s> </s> <sep>",
]
CHUNKS = sorted({chunk for line in LINES for chunk in line.split()})
ALPHABET = sorted(set("".join(LINES)))
MODEL_FILES = {
    "unigram": "sentencepiece.model",
    "bpe": "sentencepiece.model",
    "jieba": "vocabulary.txt",
    "words": "vocabulary.txt",
    "characters": "vocabulary.txt",
}


def trained(kind: str, **options: object) -> Tokenizer:
    config = TokenizerConfig(kind=kind, **{"vocab_size": 500, "character_coverage": 1.0, **options})  # type: ignore
    return train_tokenizer(config, iter(LINES * 3 + CHUNKS))


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, Tokenizer]:
    return {kind: trained(kind) for kind in KINDS}


@pytest.fixture(params=KINDS, scope="module")
def tokenizer(request: pytest.FixtureRequest, tokenizers: dict[str, Tokenizer]) -> Tokenizer:
    return tokenizers[request.param]


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_reserved_ids() -> None:
    assert (PAD, UNK, BOS, EOS, SEP) == (0, 1, 2, 3, 4)
    assert SPECIAL_TOKENS == ("<pad>", "<unk>", "<s>", "</s>", "<sep>")


@given(chunks=st.lists(st.sampled_from(CHUNKS)))
def test_text_of_known_words_survives(tokenizer: Tokenizer, chunks: list[str]) -> None:
    text = normalize(" ".join(chunks))
    ids = tokenizer.encode(text)
    assert UNK not in ids
    assert tokenizer.decode(ids) == text


@given(text=st.text(st.sampled_from(ALPHABET)).map(normalize))
def test_text_of_known_characters_survives(tokenizers: dict[str, Tokenizer], text: str) -> None:
    for kind, tokenizer in tokenizers.items():
        ids = tokenizer.encode(text)
        assert UNK not in ids or kind in ("words", "jieba")
        assert UNK in ids or tokenizer.decode(ids) == text


@given(text=st.text(st.characters(exclude_categories=())))
def test_any_text_encodes(tokenizer: Tokenizer, text: str) -> None:
    for form in (text, normalize(text)):
        ids = tokenizer.encode(form)
        assert all(token == UNK or SEP < token < tokenizer.vocab_size for token in ids)
        tokenizer.decode(ids)


@given(parts=st.lists(st.sampled_from([*SPECIAL_TOKENS, *CHUNKS, "", " "]), min_size=1))
def test_typed_specials_never_become_reserved_ids(tokenizer: Tokenizer, parts: list[str]) -> None:
    assert not {PAD, BOS, EOS, SEP} & set(tokenizer.encode(normalize("".join(parts))))


@pytest.mark.parametrize("name", SPECIAL_TOKENS)
def test_typed_specials_are_ordinary_text(tokenizer: Tokenizer, name: str) -> None:
    ids = tokenizer.encode(name)
    assert min(ids) > SEP
    assert tokenizer.decode(ids) == name


@given(data=st.data())
def test_decode_skips_reserved_ids(tokenizer: Tokenizer, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(LINES))
    ids = tokenizer.encode(line)
    for _ in range(data.draw(st.integers(0, 5))):
        ids.insert(data.draw(st.integers(0, len(ids))), data.draw(st.sampled_from([PAD, UNK, BOS, EOS, SEP])))
    assert tokenizer.decode(ids) == line
    assert tokenizer.decode(np.array(ids, np.int32)) == line  # type: ignore[arg-type]


def test_only_reserved_ids_are_no_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode([BOS, UNK, SEP, PAD, EOS]) == ""
    assert tokenizer.decode([]) == ""
    assert tokenizer.encode("") == []


def test_an_id_beyond_the_vocabulary_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(IndexError):
        tokenizer.decode([tokenizer.vocab_size])


def test_unknown_characters_are_unk_and_leave_no_trace(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("storm 龘 coast")
    assert ids.count(UNK) == 1
    assert tokenizer.decode(ids) == "storm coast"


def test_save_and_load_keep_every_encoding(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert loaded.vocab_size == tokenizer.vocab_size
    for text in (*LINES, *CHUNKS, "storm in 北京 龘", "".join(ALPHABET)):
        ids = tokenizer.encode(text)
        assert loaded.encode(text) == ids
        assert loaded.decode(ids) == tokenizer.decode(ids)
    second = tmp_path / "again"
    second.mkdir()
    loaded.save(second)
    assert contents(second) == {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}


@pytest.mark.parametrize("kind", KINDS)
def test_training_is_deterministic(kind: str, tmp_path: Path) -> None:
    results = []
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        trained(kind, max_training_lines=20).save(tmp_path / run)
        results.append(contents(tmp_path / run))
    assert results[0] == results[1]


@pytest.mark.parametrize("kind", KINDS)
def test_vocabulary_stays_within_its_size_and_its_corpus(kind: str) -> None:
    whole = trained(kind, vocab_size=100_000).vocab_size
    assert whole < 1000
    assert trained(kind, vocab_size=whole - 1).vocab_size == whole - 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lines", [[], ["", "  "]])
def test_an_empty_corpus_is_refused(kind: str, lines: list[str]) -> None:
    with pytest.raises(TrainingError, match="no text to learn from"):
        train_tokenizer(TokenizerConfig(kind=kind), lines)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_vocabulary_smaller_than_the_alphabet_is_explained(kind: str) -> None:
    with pytest.raises(TrainingError, match=r"vocab_size = 20 cannot hold .* \d+ are needed"):
        trained(kind, vocab_size=20)


@pytest.mark.parametrize("kind", KINDS)
def test_a_chinese_word_is_the_same_piece_at_the_start_and_inside(kind: str) -> None:
    lines = ["北京今天下大雨", "今天北京下雪", "我在北京", "北京很大"] * 20
    tokenizer = train_tokenizer(TokenizerConfig(kind=kind, vocab_size=60), lines)  # type: ignore[arg-type]
    first = tokenizer.encode("北京今天")[0]
    assert tokenizer.decode([first]).startswith("北")
    assert first in tokenizer.encode("我在北京今天")


@settings(deadline=None)
@given(data=st.data())
def test_a_text_is_the_join_of_its_surfaces(tokenizers: dict[str, Tokenizer], data: st.DataObject) -> None:
    for tokenizer in tokenizers.values():
        surfaces = tokenizer.surfaces()
        ids = data.draw(st.lists(st.integers(0, tokenizer.vocab_size - 1)))
        assert tokenizer.decode(ids) == " ".join("".join(surfaces[token] for token in ids).split())


UNKNOWN = "龘üŻ😀ﷺQ"  # in none of LINES


@settings(deadline=None)
@given(text=st.text(st.sampled_from([*ALPHABET, *UNKNOWN, " "])).map(normalize))
def test_what_is_outside_the_vocabulary_is_spelled_with_the_spaces_it_had(
    tokenizers: dict[str, Tokenizer], text: str
) -> None:
    for tokenizer in tokenizers.values():
        ids, unknown = tokenizer.encode_with_unknown(text)
        assert ids == tokenizer.encode(text)
        assert len(unknown) == ids.count(UNK)
        own = iter(range(tokenizer.vocab_size, tokenizer.vocab_size + len(unknown)))
        assert tokenizer.decode([next(own) if token == UNK else token for token in ids], unknown) == text
        assert not any("  " in surface or SPACE_MARK in surface or not surface for surface in unknown)


def test_a_word_outside_the_vocabulary_is_whole_where_words_are_tokens(tokenizers: dict[str, Tokenizer]) -> None:
    ids, unknown = tokenizers["words"].encode_with_unknown("the Ürümqi storm (Ürümqi)")
    assert unknown == [" Ürümqi", "Ürümqi"] and ids.count(UNK) == 2
    assert tokenizers["unigram"].encode_with_unknown("storm 龘龘 hit")[1] == ["龘龘"]


def test_an_id_beyond_the_unknown_words_is_an_error(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode([tokenizer.vocab_size], [" 龘"]) == "龘"
    with pytest.raises(IndexError):
        tokenizer.decode([tokenizer.vocab_size + 1], [" 龘"])
    with pytest.raises(IndexError):
        tokenizer.decode([tokenizer.vocab_size])


def test_surfaces_are_one_list_of_a_text_for_each_id(tokenizer: Tokenizer) -> None:
    surfaces = tokenizer.surfaces()
    assert tokenizer.surfaces() is surfaces
    assert len(surfaces) == tokenizer.vocab_size
    assert surfaces[:5] == [""] * 5
    assert all(surfaces[5:])
    assert not any("  " in surface or SPACE_MARK in surface for surface in surfaces)
    assert " " in "".join(surfaces)


@pytest.mark.parametrize("kind", ["words", "jieba"])
def test_a_latin_word_is_the_same_token_at_the_start_and_inside(kind: str, tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer = tokenizers[kind]
    assert tokenizer.encode("storm") == tokenizer.encode("the storm")[1:]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("don't stop, O’Neill!", ["don't", "stop", ",", "O’Neill", "!"]),
        ("1,000.5 of 3D_x", ["1,000.5", "of", "3", "D", "_", "x"]),
        ("北京 GDP涨10%。", ["北", "京", "GDP", "涨", "10", "%", "。"]),
    ],
)
def test_words_are_split_as_people_would(text: str, parts: list[str]) -> None:
    tokenizer = train_tokenizer(TokenizerConfig(kind="words"), [text])
    assert [tokenizer.decode([token]) for token in tokenizer.encode(text)] == parts


def test_a_user_dictionary_keeps_words_whole_after_loading_too(tmp_path: Path) -> None:
    line = "我们请快嘴小机灵写标题"
    plain = train_tokenizer(TokenizerConfig(kind="jieba"), [line])
    assert "快嘴小机灵" not in [plain.decode([token]) for token in plain.encode(line)]
    config = TokenizerConfig(kind="jieba", user_dictionary=("快嘴小机灵",))
    train_tokenizer(config, [line]).save(tmp_path)
    _segmenter.cache_clear()
    loaded = load_tokenizer(tmp_path)
    assert "快嘴小机灵" in [loaded.decode([token]) for token in loaded.encode(line)]


@pytest.mark.parametrize("word", ["New York", "", "甲·乙"])
def test_a_user_word_that_jieba_cannot_keep_is_refused(word: str) -> None:
    with pytest.raises(TrainingError, match="user_dictionary"):
        train_tokenizer(TokenizerConfig(kind="jieba", user_dictionary=(word,)), LINES)


def test_vocabulary_is_by_frequency_then_code_point() -> None:
    one, other = (train_tokenizer(TokenizerConfig(kind="words"), lines) for lines in (["c b b a"], ["a c b b"]))
    assert one.encode("b a c") == other.encode("b a c") == [6, 7, 8]


@given(tokens=st.lists(st.text(st.sampled_from("\\nr\n\rab\x85\u2028▁"), min_size=1), min_size=1, unique=True))
@settings(max_examples=50)
def test_vocabulary_file_escapes_every_token(tmp_path_factory: pytest.TempPathFactory, tokens: list[str]) -> None:
    directory = tmp_path_factory.mktemp("vocabulary")
    Vocabulary(tokens).save(directory)
    loaded = load_vocabulary(directory)
    assert [loaded.token_of(number) for number in range(5, len(loaded))] == tokens


def test_sample_is_bounded_cut_and_spread_over_the_corpus() -> None:
    lines = [f"line {number}" for number in range(1000)]
    sample = sample_lines(iter(lines), 50)
    assert sample == sample_lines(iter(lines), 50)
    assert len(set(sample)) == 50 and set(sample) <= set(lines)
    assert set(sample) & set(lines[500:])
    assert sample_lines(["", " ", "x" * 9999], 5) == ["x" * MAX_LINE_CHARACTERS]


def metadata(**changes: object) -> bytes:
    return json.dumps({"format_version": 1, "kind": "words", "user_dictionary": [], **changes}).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "missing"),
        (b"{", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[]", "kind"),
        (metadata(kind=3), "kind"),
        (metadata(kind="klingon"), "klingon"),
        (metadata(format_version=2), "version 2"),
        (b"\xff", "UTF-8"),
        (metadata(kind="jieba", user_dictionary="快"), "user_dictionary"),
    ],
)
def test_damaged_metadata_is_named(content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(BundleError, match=message) as caught:
        load_tokenizer(tmp_path)
    assert str(tmp_path / "tokenizer.json") in str(caught.value)


@pytest.mark.parametrize("damage", [None, b"", b"\xff\xfe\n", b"half a line", b"a\n\nb\n", b"a\nb\na\n", b"a\\x\n"])
def test_damaged_model_files_are_named(tokenizers: dict[str, Tokenizer], damage: bytes | None, tmp_path: Path) -> None:
    for kind, tokenizer in tokenizers.items():
        path = tmp_path / kind / MODEL_FILES[kind]
        path.parent.mkdir()
        tokenizer.save(path.parent)
        if damage is None:
            path.unlink()
        else:
            path.write_bytes(damage)
        with pytest.raises(BundleError) as caught:
            load_tokenizer(path.parent)
        assert str(path) in str(caught.value)


def run_python(code: str, *options: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    "code",
    [
        "import nlp.tokenizers",
        "from nlp.tokenizers import *; from nlp.config import *; "
        "train_tokenizer(TokenizerConfig(kind='words'), ['a b']).encode('北京 a')",
    ],
)
def test_heavy_libraries_are_imported_only_for_their_kind(code: str) -> None:
    assert run_python(f"import sys; {code}; print(sorted({{'jieba', 'sentencepiece'}} & set(sys.modules)))") == "[]\n"


def test_jieba_starts_without_warnings_logs_or_temporary_files(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    code = (
        "from nlp.tokenizers import *; from nlp.config import *; "
        "print(len(train_tokenizer(TokenizerConfig(kind='jieba'), ['北京今天下雨']).encode('北京今天下雨')))"
    )
    compiled = f"pycache_prefix={tmp_path / 'compiled'}"  # Compile anew: the warnings come when there is no .pyc file.
    assert run_python(code, "-W", "error", "-X", compiled, TMPDIR=str(temporary)) == "3\n"
    assert not list(temporary.iterdir())
