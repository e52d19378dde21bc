"""Grown tokenizers of all five kinds: old ids and old texts stay, new texts become shorter, nothing idle is added."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import TokenizerConfig
from nlp.errors import TrainingError, UsageError
from nlp.growth import grow_tokenizer
from nlp.growth.candidates import Candidate
from nlp.growth.sentencepiece_kinds import SentencePieceGrower
from nlp.growth.vocabulary import grower_of, read_length
from nlp.growth.word_kinds import WordGrower
from nlp.tags import tag
from nlp.text import normalize
from nlp.tokenizers import SEP, UNK, load_tokenizer, train_tokenizer
from nlp.tokenizers.spacing import SPACE_MARK

KINDS = ("unigram", "bpe", "jieba", "words", "characters")
ROOT = Path(__file__).parents[2]
OLD = [
    "The storm hit the coast, and ten people don't know why.",
    "Growth slowed to 3.5% on Monday: see the minister (54) and the coast.",
    "北京今天下大雨，交通很堵。我在北京，他也在北京。",
    "苹果公司发布 iPhone 新手机，股价上涨10%！",
    "你好 世界，hello世界",
]
OLD_WORDS = sorted({word for line in OLD for word in line.split()})
NEW_WORDS = [
    "Zelensky",
    "Zürich",
    "coastal",
    "stormed",
    "naïve",
    "2024",
    "龘",
    "龘山",
    "鳗鱼饭",
    "新股",
    "!!!",
    "x",
    "Ωmega",
]


def trained(kind, lines=tuple(OLD * 3 + OLD_WORDS), **options):
    return train_tokenizer(
        TokenizerConfig(kind=kind, **{"vocab_size": 160, "character_coverage": 1.0, **options}), lines
    )


@pytest.fixture(scope="module")
def tokenizers():
    mostly_english = OLD[:2] * 9 + OLD  # so that SentencePiece puts a space before each text
    english = {f"{kind} english": trained(kind, mostly_english) for kind in ("unigram", "bpe")}
    return {kind: trained(kind) for kind in KINDS} | english


@pytest.fixture(params=[*KINDS, "unigram english", "bpe english"], scope="module")
def tokenizer(request, tokenizers):
    return tokenizers[request.param]


def spelled_by(tokenizer, text):
    """What the ids of a text decode to, those of unknown words included."""
    ids, unknown = tokenizer.encode_with_unknown(text)
    own = iter(range(tokenizer.vocab_size, tokenizer.vocab_size + len(unknown)))
    return tokenizer.decode([next(own) if token == UNK else token for token in ids], unknown)


texts_of_words = st.lists(st.sampled_from([*OLD_WORDS, *NEW_WORDS, *NEW_WORDS]), min_size=1, max_size=8).map(
    lambda words: normalize(" ".join(words))
)
characters = st.text(st.sampled_from(sorted(set("".join(OLD + NEW_WORDS)))), min_size=1).map(normalize)
new_texts = st.lists(texts_of_words | characters, min_size=1, max_size=12).filter(any)


@settings(deadline=None, max_examples=60)
@given(texts=new_texts, most_new=st.integers(0, 60), least_count=st.integers(1, 3), others=st.lists(characters))
def test_a_grown_tokenizer_keeps_every_promise(tokenizer, texts, most_new, least_count, others):
    size, before = tokenizer.vocab_size, [tokenizer.encode(text) for text in (*texts, *OLD, *others)]
    growth = grow_tokenizer(tokenizer, texts, most_new, least_count=least_count)
    grown = growth.tokenizer
    assert (growth.old_size, grown.vocab_size) == (size, size + len(growth.new_surfaces))
    assert len(growth.new_surfaces) == len(growth.uses) == len(growth.pieces_of_new) <= most_new
    assert grown.surfaces() == [*tokenizer.surfaces(), *growth.new_surfaces]
    for text, ids in zip((*texts, *OLD, *others), before, strict=True):
        assert tokenizer.encode(text) == ids
        if not any(surface in f" {text}" for surface in growth.new_surfaces):
            assert grown.encode(text) == ids
    for text in texts:
        assert spelled_by(grown, text) == text
        assert read_length(grown, text) <= read_length(tokenizer, text)
        assert grown.encode(text).count(UNK) <= len(text)
    uses = Counter(token for text in texts for token in grown.encode(text))
    assert growth.uses == tuple(uses[token] for token in range(size, grown.vocab_size))
    needed = [surface for surface, count in zip(growth.new_surfaces, growth.uses, strict=True) if count >= least_count]
    for surface in growth.new_surfaces:  # used, or with BPE a part of what is
        assert surface in needed or (grown.kind == "bpe" and any(surface in each for each in needed))
    for pieces in growth.pieces_of_new:
        assert pieces and all(token == UNK or SEP < token < size for token in pieces)


@settings(deadline=None, max_examples=10)
@given(texts=new_texts)
def test_a_grown_tokenizer_is_saved_and_loaded_as_any_other(tokenizer, tmp_path_factory, texts):
    grown = grow_tokenizer(tokenizer, texts, 40, least_count=1).tokenizer
    folder = tmp_path_factory.mktemp("grown")
    grown.save(folder)
    loaded = load_tokenizer(folder)
    assert loaded.surfaces() == grown.surfaces()
    for text in (*texts, *OLD):
        assert loaded.encode_with_unknown(text) == grown.encode_with_unknown(text)


def test_missing_characters_come_first_and_then_what_is_frequent(tokenizer):
    texts = ["龘 storm storm Zelensky Zelensky Zelensky", "龘 storm Zelensky"]
    first = grow_tokenizer(tokenizer, texts, 1).new_surfaces
    assert first == ("龘",) if tokenizer.kind in ("words", "jieba") else first[0].strip() in set("Zk龘")
    growth = grow_tokenizer(tokenizer, texts, 60)
    assert not any(UNK in growth.tokenizer.encode(text) for text in texts)
    if tokenizer.kind in ("words", "jieba"):
        assert growth.new_surfaces == ("龘", " Zelensky")


@pytest.mark.parametrize("kind", ["unigram english", "bpe english", "jieba", "words"])
def test_a_frequent_name_becomes_one_id(tokenizers, kind):
    old = tokenizers[kind]
    growth = grow_tokenizer(old, ["Zelensky met the minister", "The minister met Zelensky"] * 3, 60)
    name = growth.tokenizer.encode("Zelensky")
    assert len(name) == 1 and name[0] >= old.vocab_size
    assert growth.tokenizer.decode(name) == "Zelensky"
    assert name[0] in growth.tokenizer.encode("the storm Zelensky")


def test_a_growth_of_a_growth_is_possible(tokenizer):
    first = grow_tokenizer(tokenizer, ["Zelensky in Zürich"] * 3, 40).tokenizer
    second = grow_tokenizer(first, ["Zelensky eats naïve 鳗鱼饭"] * 3, 40)
    assert second.old_size == first.vocab_size
    assert second.new_surfaces and not set(second.new_surfaces) & set(first.surfaces())


def test_nothing_new_changes_nothing(tokenizers):
    for kind in ("jieba", "words", "characters"):
        growth = grow_tokenizer(tokenizers[kind], OLD[:2], 50, least_count=1)
        assert (growth.new_surfaces, growth.dropped, growth.uses, growth.pieces_of_new) == ((), (), (), ())
    for tokenizer in tokenizers.values():
        assert grow_tokenizer(tokenizer, ["Zelensky"] * 5, 0).tokenizer.vocab_size == tokenizer.vocab_size


def test_bpe_pieces_bring_the_merges_that_lead_to_them(tokenizers):
    old = tokenizers["bpe english"]
    growth = grow_tokenizer(old, ["Zelensky"] * 4, 60)
    name = growth.new_surfaces.index(" Zelensky")
    assert growth.uses[name] == 4
    steps = [surface for surface, count in zip(growth.new_surfaces, growth.uses, strict=True) if not count]
    assert steps and all(growth.new_surfaces.index(step) < name and step in " Zelensky" for step in steps)
    alone = SentencePieceGrower(old).grown([Candidate(f"{SPACE_MARK}Zelensky", -500.0)])
    assert alone.encode("Zelensky") == old.encode("Zelensky")  # which is why they are brought


def test_unigram_scores_stay_within_the_old_ones(tokenizers):
    grower = SentencePieceGrower(tokenizers["unigram"])
    found = grower.candidates(["龘 Zelensky"] * 50, 60, 1)
    assert found and all(grower._lowest <= candidate.score <= grower._highest for candidate in found)


def test_what_the_texts_hardly_use_is_left_out_and_named(tokenizers, monkeypatch):
    class Hopeful(WordGrower):
        def candidates(self, texts, most, least_count):
            return [Candidate(f"{SPACE_MARK}never"), *super().candidates(texts, most, 1)]

    monkeypatch.setattr("nlp.growth.vocabulary.grower_of", Hopeful)
    growth = grow_tokenizer(tokenizers["words"], ["Zelensky twice", "Zelensky once"], 5)
    assert growth.new_surfaces == (" Zelensky",)
    assert growth.dropped == (" never", " once", " twice")
    assert growth.tokenizer.decode([growth.old_size]) == "Zelensky"


def test_a_piece_that_makes_a_text_longer_is_left_out_and_no_other(tokenizers, monkeypatch):
    class Cutting(SentencePieceGrower):
        """Its second piece wins over two old ones that it cuts into three."""

        def candidates(self, texts, most, least_count):
            return [Candidate(f"{SPACE_MARK}Zelensky", -4.0), Candidate("oas", 90.0)]

    old, text = tokenizers["unigram english"], "the coast"
    assert read_length(SentencePieceGrower(old).grown([Candidate("oas", 90.0)]), text) > read_length(old, text)
    monkeypatch.setattr("nlp.growth.vocabulary.grower_of", Cutting)
    growth = grow_tokenizer(old, [text, f"{text} Zelensky"] * 2, 5)
    assert (growth.new_surfaces, growth.dropped) == ((" Zelensky",), ("oas",))


@pytest.mark.parametrize(
    ("kind", "new", "old_words"),
    [
        ("words", "coast", ["coast"]),  # in a word of its own, where only " coast" was known
        ("words", " Storm", [" storm"]),
        ("words", " Zelensky", None),
        ("jieba", "发布股价", ["发布", "股价"]),
        ("jieba", "龘北京龘", ["北京"]),
        ("jieba", "龘龘", None),
        ("characters", "龘", None),
        ("bpe", "龘", None),
        ("unigram", "龘", None),
    ],
)
def test_a_new_word_begins_as_what_it_was_read_as(tokenizers, kind, new, old_words):
    tokenizer = tokenizers[kind]
    parts = grower_of(tokenizer).parts(new.replace(" ", SPACE_MARK))
    expected = [" coast"] if new == "coast" else old_words
    assert [tokenizer.surfaces()[token] for token in parts] == (expected or [""])
    assert expected or parts == [UNK]


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_the_parts_of_a_piece_spell_it_with_and_without_a_space(tokenizers, kind):
    tokenizer = tokenizers[kind]
    grower = grower_of(tokenizer)
    for token in ("oast", f"{SPACE_MARK}coastal", "stormy", "北京雨", "3.5"):
        surfaces = [tokenizer.surfaces()[part] for part in grower.parts(token)]
        assert "".join(surfaces) == token.replace(SPACE_MARK, " ")


def test_tags_are_never_part_of_a_longer_piece():
    line = tag("2024年5月3日 北京 iPhone 涨10%").text
    assert set(line) & set("\ue000\ue001\ue002")
    for kind in ("unigram", "bpe"):
        growth = grow_tokenizer(trained(kind), [line] * 9, 60)
        tags = [surface for surface in growth.new_surfaces if set(surface) & set("\ue000\ue001\ue002")]
        assert tags and all(len(surface) == 1 for surface in tags)


def test_pieces_are_written_where_sentencepiece_reads_them(tokenizers):
    import sentencepiece

    old = tokenizers["unigram"]
    pieces = [Candidate("龘", -7.5), Candidate("\U00020000" * 16, -3.25), Candidate(f"{SPACE_MARK}x", 0.0)]
    processor = sentencepiece.SentencePieceProcessor(model_proto=SentencePieceGrower(old).grown(pieces).model)
    new = range(old.vocab_size, old.vocab_size + 3)
    assert processor.get_piece_size() == old.vocab_size + 3
    assert [(processor.id_to_piece(n), processor.get_score(n)) for n in new] == [(p.token, p.score) for p in pieces]
    assert not any(processor.is_unused(n) or processor.is_control(n) or processor.is_unknown(n) for n in new)


def test_the_same_texts_give_the_same_pieces_in_every_process():
    code = (
        "from nlp.growth import *; from nlp.config import *; from nlp.tokenizers import *; "
        f"old, new = {OLD!r} * 3, ['Zelensky eats 鳗鱼饭 in Zürich', 'naïve 龘山 stormed 2024'] * 3\n"
        "for kind in ('unigram', 'bpe', 'words'):\n"
        "    tokenizer = train_tokenizer(TokenizerConfig(kind=kind, vocab_size=160), old)\n"
        "    growth = grow_tokenizer(tokenizer, new, 30)\n"
        "    print(ascii((growth.new_surfaces, growth.pieces_of_new, growth.dropped)))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1] and "Zelensky" in said[0]


def test_refusals(tokenizers):
    class Foreign:
        vocab_size = 6

    with pytest.raises(UsageError, match="Foreign"):
        grow_tokenizer(Foreign(), OLD, 5)
    with pytest.raises(UsageError, match="most_new = -1"):
        grow_tokenizer(tokenizers["words"], OLD, -1)
    with pytest.raises(UsageError, match="least_count = 0"):
        grow_tokenizer(tokenizers["words"], OLD, 5, least_count=0)
    with pytest.raises(TrainingError, match="no text"):
        grow_tokenizer(tokenizers["words"], ["", " "], 5)
