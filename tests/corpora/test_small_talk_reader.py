"""Folders of small talk: lines and conversations come through whole, bad ones are named and passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora import CorpusError, Problem
from corpora.readers.problems import FieldError
from corpora.readers.small_talk import Conversation, Exchange, parse_conversation, parse_exchange, read_small_talk

TEXT = st.text("ab 好?", min_size=1).filter(str.strip)


@settings(deadline=None)
@given(TEXT, TEXT, TEXT)
def test_an_exchange_comes_through_whole(intent: str, prompt: str, reply: str) -> None:
    assert parse_exchange(f"{intent}\t{prompt}\t{reply}") == Exchange(intent, prompt, reply)


@settings(deadline=None)
@given(st.lists(TEXT, min_size=2, max_size=8))
def test_conversations_need_a_reply_to_each_turn(turns: list[str]) -> None:
    line = json.dumps({"topic": "t", "turns": turns})
    if len(turns) % 2:
        with pytest.raises(FieldError, match="the program's last"):
            parse_conversation(line)
    else:
        assert parse_conversation(line) == Conversation("t", tuple(turns))


@pytest.mark.parametrize("line", ["[]", "{", '{"topic": "t"}', '{"topic": "t", "turns": ["a", " "]}', '{"turns": 3}'])
def test_broken_conversations_are_refused(line: str) -> None:
    with pytest.raises(FieldError):
        parse_conversation(line)


def test_a_folder_is_read_in_order_and_bad_lines_are_told(tmp_path: Path) -> None:
    (tmp_path / "b.tsv").write_text("bye\tsee you\tSoon!\n", encoding="utf-8")
    (tmp_path / "a.tsv").write_text("hi\thello\tHello!\nno columns\nhi\t \tHello!\n", encoding="utf-8")
    (tmp_path / "conversations-1.jsonl").write_text('{"topic": "t", "turns": ["a", "b"]}\n', encoding="utf-8")
    (tmp_path / "grammar.toml").write_text("not read here", encoding="utf-8")
    told: list[Problem] = []
    found = [(placed.content, Path(placed.path).name, placed.line) for placed in read_small_talk(tmp_path, told.append)]
    assert found == [
        (Exchange("hi", "hello", "Hello!"), "a.tsv", 1),
        (Exchange("bye", "see you", "Soon!"), "b.tsv", 1),
        (Conversation("t", ("a", "b")), "conversations-1.jsonl", 1),
    ]
    assert [(problem.line, problem.field) for problem in told] == [(2, "line"), (3, "prompt")]


def test_a_folder_without_talk_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no \.tsv file"):
        list(read_small_talk(tmp_path))
    with pytest.raises(CorpusError, match="no such folder"):
        list(read_small_talk(tmp_path / "gone"))
