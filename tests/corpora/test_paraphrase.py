"""The grammar over the small talk that ships: enough pairs, all different, replies as written, splits that hold."""

from __future__ import annotations

import functools
import json
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpora
from corpora import CorpusError, CorpusSource, PrepareConfig, Record, SplitConfig, prepare, read_prepared
from corpora.paraphrase import (
    Grammar,
    bare,
    expand_folder,
    folder_files,
    read_grammar,
    read_held_out,
    variants,
    without_held_out,
)
from corpora.paraphrase.grammar import matches
from corpora.paraphrase.talks import MAX_TURNS
from corpora.readers.small_talk import Conversation, Exchange, Placed, read_small_talk

SMALLTALK = Path(corpora.__file__).parent / "smalltalk"
LANGUAGES = ("en", "zh")
language = pytest.mark.parametrize("language", LANGUAGES)


@functools.cache
def grammar_of(language: str) -> Grammar:
    return read_grammar(SMALLTALK / language / "grammar.toml")


@functools.cache
def talk_of(language: str) -> list[Placed]:
    return list(read_small_talk(SMALLTALK / language))


@functools.cache
def expanded(language: str) -> list[Record]:
    return list(expand_folder(SMALLTALK / language, 4, 1))


PROMPTS = st.sampled_from(LANGUAGES).flatmap(
    lambda language: st.tuples(
        st.just(language),
        st.sampled_from([placed.content for placed in talk_of(language) if isinstance(placed.content, Exchange)]),
    )
)


@settings(max_examples=60, deadline=None)
@given(PROMPTS, st.integers(0, 9), st.integers(0, 10**6))
def test_variants_are_distinct_whole_and_follow_from_the_seed(
    drawn: tuple[str, Exchange], count: int, seed: int
) -> None:
    language, (intent, prompt, _) = drawn
    found = variants(prompt, intent, grammar_of(language), count, seed)
    assert found == variants(prompt, intent, grammar_of(language), count, seed)
    assert len(set(found)) == len(found) <= count and prompt not in found
    assert all(text.strip() == text and text for text in found)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(LANGUAGES),
    st.text(max_size=20).filter(str.strip),
    st.sampled_from(["food-hungry", "short-ok", "mood-bereaved"]),
)
def test_any_text_has_variants_that_say_something(language: str, prompt: str, intent: str) -> None:
    assert all(text.strip() for text in variants(prompt, intent, grammar_of(language), 5, 1))


@language
def test_pairs_are_a_hundred_thousand_and_all_different(language: str) -> None:
    pairs = [(record.pair.turns, record.pair.target) for record in expanded(language)]
    assert 100_000 <= len(pairs) == len(set(pairs))


@language
def test_replies_are_never_altered(language: str) -> None:
    contents = [placed.content for placed in talk_of(language)]
    written = {content.reply for content in contents if isinstance(content, Exchange)}
    written |= {turn for content in contents if isinstance(content, Conversation) for turn in content.turns[1::2]}
    found = {record.pair.target for record in expanded(language)}
    assert found <= written and len(found) > 0.99 * len(written), "a few have a held-out prompt only"
    said_before = {turn for record in expanded(language) for turn in record.pair.turns[-2:-1]}
    assert said_before <= written


@language
def test_turns_are_few_and_none_is_empty(language: str) -> None:
    turns = [record.pair.turns for record in expanded(language)]
    assert {len(each) for each in turns} == {1, MAX_TURNS}
    assert all(turn.strip() for each in turns for turn in each)
    share = sum(len(each) > 1 for each in turns) / len(turns)
    assert 0.1 < share < 0.4


@language
def test_what_leans_on_the_turn_before_never_follows_another_subject(language: str) -> None:
    grammar = grammar_of(language)
    leaning = {
        placed.content.reply
        for placed in talk_of(language)
        if isinstance(placed.content, Exchange) and matches(placed.content.intent, grammar.leaning)
    }
    found = [record for record in expanded(language) if record.path.endswith(".tsv") and record.pair.target in leaning]
    others = {
        placed.content.reply
        for placed in talk_of(language)
        if isinstance(placed.content, Exchange) and not matches(placed.content.intent, grammar.leaning)
    }
    assert len(found) > 1_000
    assert all(len(record.pair.turns) == 1 for record in found if record.pair.target not in others)


@language
def test_every_wording_alone_is_in_one_family(language: str) -> None:
    families = defaultdict(set)
    for record in expanded(language):
        if len(record.pair.turns) == 1:
            families[bare(record.pair.turns[-1])].add(record.conversation)
    assert len(families) > 15_000
    assert {len(found) for found in families.values()} == {1}


@language
def test_no_held_out_prompt_is_learnt(language: str) -> None:
    files = sorted((SMALLTALK / "held-out").glob(f"{language}-*.tsv"))
    held_out = read_held_out(files)
    assert len(held_out) >= 100 * len(files) > 0
    assert not [record for record in expanded(language) if bare(record.pair.turns[-1]) in held_out]


@language
def test_sober_intents_get_no_smile_and_no_filler(language: str) -> None:
    prompt, intent = {"en": ("I want to die.", "mood-self-harm"), "zh": ("想死", "mood-self-harm")}[language]
    for text in variants(prompt, intent, grammar_of(language), 60, 3):
        assert not any(unicodedata.category(character) == "So" for character in text), text
        assert not {"guess", "haha", "please", "哈哈", "请问", "对了"} & set(text.replace(",", " ").split()), text


SMALL_GRAMMAR = """
spaced = true
synonyms = [["big", "large"]]
[shares]
reword = 0.5
fill = 0.5
shorten = 0.5
slip = 0.5
capitals = 0.5
emoji = 0.5
after = 0.5
[intents]
verbatim = []
sober = []
leaning = ["yes"]
[acts]
question = '^(what|how)'
[endings]
question = ["", "?"]
sober = [""]
[[fillers]]
texts = ["so {}", "hey {}"]
acts = ["question"]
[[emoji]]
texts = [":)"]
[[rewordings]]
from = "what is"
to = ["what's"]
[slips]
kinds = ["drop", "swap", "double", "neighbour", "sound"]
words = "[a-z]{4,}"
protected = ""
neighbours = { a = "s" }
sounds = { you = ["u"] }
[short_forms]
you = ["u"]
[standing_alone]
least = 3
leaning = "^(yes|no)"
reply = "^then"
"""
SMALL_PHRASINGS = 'size = ["how {big|large|tall} are you"]\n'


def small_folder(root: Path) -> Path:
    folder = root / "en"
    folder.mkdir(parents=True)
    (folder / "grammar.toml").write_text(SMALL_GRAMMAR, encoding="utf-8")
    (folder / "phrasings.toml").write_text(SMALL_PHRASINGS, encoding="utf-8")
    lines = [f"size\thow big is part {number} of you\tTiny, part {number}." for number in range(40)]
    lines += ["yes\tyes\tYes to what?", "name\tWhat is your name?\tKuaizui.", "name\tyour name\tI am Kuaizui."]
    (folder / "topic.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    turns = ["i lost my keys", "Where?", "in the park", "Look again?", "what is a park for you", "Trees in words."]
    (folder / "conversations-1.jsonl").write_text(json.dumps({"topic": "keys", "turns": turns}), encoding="utf-8")
    return folder


def sources_of(folder: Path, count: int = 0) -> dict[tuple[str, ...], set[str]]:
    found = defaultdict(set)
    for record in expand_folder(folder, count, 1):
        found[record.pair.turns].add(record.pair.target)
    return found


def test_prompts_meet_all_replies_and_conversations_their_last_three_turns(tmp_path: Path) -> None:
    found = sources_of(small_folder(tmp_path))
    assert found[("What is your name?",)] == found[("your name",)] == {"Kuaizui.", "I am Kuaizui."}
    assert found[("i lost my keys",)] == {"Where?"}
    assert found[("i lost my keys", "Where?", "in the park")] == {"Look again?"}
    assert found[("in the park", "Look again?", "what is a park for you")] == {"Trees in words."}
    assert ("in the park",) not in found, "it answers the question before it"
    assert found[("what is a park for you",)] == {"Trees in words."}
    assert len(found) == 43 + 4


def test_held_out_prompts_go_however_they_are_typed(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    assert any(bare(turns[-1]) == "yourname" for turns in sources_of(folder, 9))
    held_out = tmp_path / "held-out"
    held_out.mkdir()
    (held_out / "en-smalltalk.tsv").write_text("who\tYour  NAME?! 😀\tit says its name\n", encoding="utf-8")
    (held_out / "en-everyday.tsv").write_text("I lost my keys...\n", encoding="utf-8")
    (held_out / "zh-everyday.tsv").write_text("yes\n", encoding="utf-8")
    left = sources_of(folder, 9)
    assert not {"yourname", "ilostmykeys"} & {bare(turns[-1]) for turns in left}
    assert ("yes",) in left and ("What is your name?",) in left


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("aB'? 好😀", min_size=1), st.text("xy", min_size=1)), max_size=12), st.data())
def test_without_held_out_drops_those_and_no_others(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    records = [Record(corpora.Pair((source,), target), "a", number) for number, (source, target) in enumerate(rows, 1)]
    chosen = frozenset(data.draw(st.sets(st.sampled_from([bare(source) for source, _ in rows])))) if rows else set()
    left = list(without_held_out(records, frozenset(chosen)))
    assert left == [record for record in records if bare(record.pair.turns[-1]) not in chosen]


def test_a_split_holds_out_whole_wordings(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    config = PrepareConfig(split=SplitConfig(task="dialogue", validation_share=0.2, test_share=0.2))
    prepared = prepare([CorpusSource(folder, expand=6)], config, tmp_path / "out", str.strip, lambda problem: None)
    turns = {
        split: [pair.turns for pair in read_prepared(prepared.path(split))] for split in ("train", "validation", "test")
    }
    assert min(map(len, turns.values())) > 10
    alone = {split: {bare(each[-1]) for each in found} for split, found in turns.items()}
    earlier = {split: {bare(each[0]) for each in found if len(each) > 1} for split, found in turns.items()}
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert alone[one].isdisjoint(alone[other] | earlier[other]) and earlier[one].isdisjoint(alone[other])
    assert [(file.name, file.pairs) for file in prepared.inputs] == [
        (f"{tmp_path.name}/en", sum(prepared.counts.values()))
    ]


def test_the_seed_decides_the_variants(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    one, again, other = (list(expand_folder(folder, 5, seed)) for seed in (1, 1, 2))
    assert one == again != other


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('sise = ["how big"]', "sise: no topic has this intent"),
        ('size = "how big"', "size: the value must be a list of texts"),
        ('size = ["how big", " "]', "list of texts"),
        ("size = [", "not valid TOML"),
    ],
)
def test_broken_phrasings_are_named(tmp_path: Path, text: str, message: str) -> None:
    folder = small_folder(tmp_path)
    (folder / "phrasings.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=message) as caught:
        list(expand_folder(folder, 2, 1))
    assert "phrasings.toml" in str(caught.value)


def test_phrasings_are_optional_and_count_among_the_files(tmp_path: Path) -> None:
    folder = small_folder(tmp_path)
    assert folder / "phrasings.toml" in folder_files(folder)
    with_phrasings = {record.pair.turns[-1].lower() for record in expand_folder(folder, 2, 1)}
    assert any("how tall are you" in prompt or "how large are you" in prompt for prompt in with_phrasings)
    (folder / "phrasings.toml").unlink()
    assert {record.pair.turns[-1].lower() for record in expand_folder(folder, 2, 1)} < with_phrasings


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("spaced = true", "", "'spaced' is missing"),
        ("spaced = true", "spaced = true\nfoo = 1", "unknown key 'foo'"),
        ("reword = 0.5", "reword = 2", "from 0 to 1"),
        ('"what is"', '"("', "no regular expression"),
        ('kinds = ["drop"', 'kinds = ["fall"', "unknown kind of slip"),
        ('you = ["u"]\n[standing', 'you = "u"\n[standing', "wrong kind"),
        ("question = '^", "query = '^", "unknown act"),
        ("spaced", "= spaced", "not valid TOML"),
    ],
)
def test_a_broken_grammar_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = small_folder(tmp_path)
    (folder / "grammar.toml").write_text(SMALL_GRAMMAR.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CorpusError, match=message) as caught:
        list(expand_folder(folder, 1, 1))
    assert "grammar.toml" in str(caught.value)


def test_expand_is_for_folders(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\n", encoding="utf-8")
    for path, count in ((tmp_path / "a.tsv", 3), (tmp_path, -1)):
        with pytest.raises(CorpusError, match=f"expand = {count}"):
            CorpusSource(path, expand=count)
