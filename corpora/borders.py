"""Conversations that run over the border of two blocks of dialogue lines.

Line after line of a dialogue file repeats the turns of the lines before it: "a, b → c" is followed by "b, c → d". Where
such a run crosses from one block into another, the held-out block would hold turns that training has seen. The cure:
a held-out pair is dropped when any text of it, turn or target, also stands in a line of another group at most
`border_lines` away. Training loses nothing, and a held-out block loses only lines near its two ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from corpora.digests import folded
from corpora.pairs import Record
from corpora.splitting import Split


class Assigned(NamedTuple):
    """A record, its group and the split that its group falls into."""

    record: Record
    group: int
    split: Split


class Judged(NamedTuple):
    """An assigned record, and whether it must go because a neighbour in another group shares a text with it."""

    assigned: Assigned
    leaks: bool


def judge_borders(records: Iterable[Assigned], border_lines: int) -> Iterator[Judged]:
    """Judge the records of one file, given and returned in the order of their lines.

    Groups are compared, not splits, because the limits on held-out pairs may yet send a whole group into training.
    Memory: the records of `2 * border_lines + 1` lines.
    """
    past: deque[Assigned] = deque()
    waiting: deque[Assigned] = deque()
    for assigned in records:
        while waiting and waiting[0].record.line + border_lines < assigned.record.line:
            yield _judge_first(past, waiting, border_lines)
        waiting.append(assigned)
    while waiting:
        yield _judge_first(past, waiting, border_lines)


def _judge_first(past: deque[Assigned], waiting: deque[Assigned], border_lines: int) -> Judged:
    assigned = waiting.popleft()
    while past and past[0].record.line + border_lines < assigned.record.line:
        past.popleft()
    leaks = assigned.split != "train" and (_leaks(assigned, past) or _leaks(assigned, waiting))
    past.append(assigned)
    return Judged(assigned, leaks)


def _leaks(assigned: Assigned, neighbours: Iterable[Assigned]) -> bool:
    texts = _texts(assigned.record)
    return any(
        other.group != assigned.group
        and not _in_named_conversations(assigned.record, other.record)
        and not texts.isdisjoint(_texts(other.record))
        for other in neighbours
    )


def _in_named_conversations(one: Record, other: Record) -> bool:
    """Whether the file itself says that the two belong to different conversations, given different groups."""
    return one.conversation is not None and other.conversation is not None


def _texts(record: Record) -> set[str]:
    return {folded(text) for text in (*record.pair.turns, record.pair.target)}
