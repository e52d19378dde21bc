"""A folder of small talk: `TOPIC.tsv` with `intent<TAB>prompt<TAB>reply`, and `conversations-N.jsonl`.

Prompts of one intent mean the same, so every reply of an intent suits every prompt of it, in whatever file they stand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from corpora.errors import CorpusError
from corpora.readers.fields import text_field
from corpora.readers.lines import read_lines
from corpora.readers.problems import FieldError, Problem, Problems, raise_problem


class Exchange(NamedTuple):
    """One line of a topic: what a person may say, and a reply to it."""

    intent: str
    """What the prompt means, whatever its wording."""
    prompt: str
    reply: str


class Conversation(NamedTuple):
    """One talk: the person's turns at even places, the program's at odd ones."""

    topic: str
    turns: tuple[str, ...]


class Placed(NamedTuple):
    """An exchange or a conversation, and where it stands."""

    content: Exchange | Conversation
    path: str
    line: int
    """1-based."""


_Content = TypeVar("_Content", Exchange, Conversation)


def small_talk_files(folder: Path) -> list[Path]:
    """The files of the folder that hold talk, topics before conversations.

    Raises:
        CorpusError: there is no such folder, or no topic in it.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder}: there is no such folder.")
    topics = sorted(folder.glob("*.tsv"))
    if not topics:
        raise CorpusError(f"{folder}: no .tsv file is in this folder; small talk is in TOPIC.tsv, three columns each.")
    return [*topics, *sorted(folder.glob("conversations-*.jsonl"))]


def read_small_talk(folder: Path, problems: Problems = raise_problem) -> Iterator[Placed]:
    """Every exchange and conversation of a folder, file by file; a bad line is told to `problems` and skipped.

    Raises:
        CorpusError: see `small_talk_files` and `read_records`.
    """
    for path in small_talk_files(folder):
        if path.suffix == ".tsv":
            yield from _read(path, parse_exchange, problems)
        else:
            yield from _read(path, parse_conversation, problems)


def parse_exchange(line: str) -> Exchange:
    """Parse one line of a topic, without its line end.

    Raises:
        FieldError: not three columns, an empty one, or bytes that are not UTF-8.
    """
    fields = line.split("\t")
    if len(fields) != 3:
        raise FieldError("line", f"3 columns (intent, tab, prompt, tab, reply) are wanted; there are {len(fields)}.")
    for name, field in zip(Exchange._fields, fields, strict=True):
        if not text_field(field, name).strip():
            raise FieldError(name, "this column is empty.")
    return Exchange(*fields)


def parse_conversation(line: str) -> Conversation:
    """Parse one conversation.

    Raises:
        FieldError: broken JSON, a missing key, turns that are no list of texts, or not an even number of them.
    """
    try:
        values = json.loads(line)
        topic, turns = values["topic"], values["turns"]
    except (ValueError, RecursionError) as error:
        raise FieldError("line", f"broken JSON: {error}.") from None
    except (KeyError, TypeError):
        raise FieldError("line", 'an object with "topic" and "turns" is wanted.') from None
    if not isinstance(turns, list) or not turns or len(turns) % 2:
        raise FieldError("turns", "a list of turns is wanted, the person's first and the program's last.")
    texts = tuple(text_field(turn, f"turns[{index}]") for index, turn in enumerate(turns))
    if not all(map(str.strip, texts)):
        raise FieldError("turns", "one of the turns is empty.")
    return Conversation(text_field(topic, "topic"), texts)


def _read(path: Path, parse: Callable[[str], _Content], problems: Problems) -> Iterator[Placed]:
    for line in read_lines(path, problems):
        if not (text := line.text.rstrip("\r\n")):
            continue
        try:
            yield Placed(parse(text), str(path), line.number)
        except FieldError as error:
            problems(Problem(str(path), line.number, error.field, error.message))
