"""A folder of small talk, expanded into pairs by the grammar that lies in it.

Split-safe: a record's `conversation` names the family of its wording, and an earlier exchange before a prompt comes
from the same family. So a split holds out whole families: wordings, with all their variants, replies and contexts.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, cycle, islice
from pathlib import Path
from typing import NamedTuple

from corpora.digests import bare, digest
from corpora.errors import CorpusError
from corpora.pairs import Pair, Record
from corpora.paraphrase.families import Families
from corpora.paraphrase.grammar import Grammar, matches, read_grammar
from corpora.paraphrase.held_out import read_held_out, without_held_out
from corpora.paraphrase.phrasings import PHRASINGS, read_phrasings
from corpora.paraphrase.talks import expand_conversation
from corpora.paraphrase.variants import variants
from corpora.readers.problems import Problems, raise_problem
from corpora.readers.small_talk import Conversation, Exchange, Placed, read_small_talk, small_talk_files

GRAMMAR = "grammar.toml"
HELD_OUT = "held-out"
REPLIES_PER_VARIANT = 2
"""Replies that each variant is paired with; over its variants a prompt meets all replies of its intent in turn."""


class _Prompt(NamedTuple):
    """A prompt of an intent, and where it stands."""

    intent: str
    text: str
    path: str
    line: int


def folder_files(folder: Path) -> list[Path]:
    """Every file that decides what `expand_folder` yields.

    Raises:
        CorpusError: see `small_talk_files`.
    """
    return [*small_talk_files(folder), folder / GRAMMAR, *_phrasings(folder), *_held_out_files(folder)]


def held_out_prompts(folder: Path) -> frozenset[str]:
    """The prompts, bare, that nothing is to be learned from where this folder of small talk is in use.

    Raises:
        CorpusError: a file of them cannot be read.
    """
    return read_held_out(_held_out_files(folder))


def _held_out_files(folder: Path) -> list[Path]:
    return sorted((folder.parent / HELD_OUT).glob(f"{folder.name}-*.tsv"))


def _phrasings(folder: Path) -> list[Path]:
    return [path for path in (folder / PHRASINGS,) if path.exists()]


def expand_folder(folder: Path, count: int, seed: int, problems: Problems = raise_problem) -> Iterator[Record]:
    """The pairs of a folder, all different: each prompt with each reply of its intent, `count` variants of each prompt,
    and the conversations. What `../held-out/FOLDER-*.tsv` holds is left out.

    Raises:
        CorpusError: a file is missing or cannot be read, or the grammar is broken.
    """
    grammar = read_grammar(folder / GRAMMAR)
    held_out = held_out_prompts(folder)
    talk = list(read_small_talk(folder, problems))
    return without_held_out(_distinct(_Expansion(talk, grammar, count, seed, folder).records()), held_out)


def _distinct(records: Iterator[Record]) -> Iterator[Record]:
    seen: set[tuple[tuple[str, ...], str]] = set()
    for record in records:
        key = (record.pair.turns, record.pair.target)
        if key not in seen:
            seen.add(key)
            yield record


class _Expansion:
    """One run of `expand_folder`: what its steps share."""

    def __init__(self, talk: Sequence[Placed], grammar: Grammar, count: int, seed: int, folder: Path) -> None:
        self._grammar = grammar
        self._count = count
        self._seed = seed
        self._folder = folder
        self._talk = talk
        self._families = Families()
        self._prompts = self._read_prompts()
        self._replies: defaultdict[str, list[str]] = defaultdict(list)
        for placed in talk:
            if isinstance(placed.content, Exchange):
                self._replies[placed.content.intent].append(placed.content.reply)
        self._phrasings = self._phrased()
        self._by_family: defaultdict[int, list[_Prompt]] = defaultdict(list)
        for prompt in self._prompts:
            if not matches(prompt.intent, grammar.leaning + grammar.sober + grammar.verbatim):
                self._by_family[self._families.of(prompt.text)].append(prompt)

    def _read_prompts(self) -> list[_Prompt]:
        """The prompts as written, each once in its intent; all wordings of the corpus get their families first."""
        prompts: dict[tuple[str, str], _Prompt] = {}
        for content, path, line in self._talk:
            if isinstance(content, Exchange):
                prompt = _Prompt(content.intent, content.prompt, path, line)
                prompts.setdefault((content.intent, content.prompt), prompt)
            self._families.of(content.prompt if isinstance(content, Exchange) else content.turns[0])
        return list(prompts.values())

    def records(self) -> Iterator[Record]:
        """Everything, crossings first."""
        steps = (
            map(self._crossed, self._prompts),
            map(self._varied, chain(self._prompts, self._phrasings)),
            map(self._talked, self._talk),
        )
        return chain.from_iterable(chain.from_iterable(steps))

    def _phrased(self) -> list[_Prompt]:
        """The further phrasings, as prompts."""
        path = self._folder / PHRASINGS
        found = list(read_phrasings(path))
        if unknown := next((intent for intent, _ in found if intent not in self._replies), None):
            raise CorpusError(f"{path}: {unknown}: no topic has this intent.")
        return [_Prompt(intent, template, str(path), 1) for intent, template in found]

    def _crossed(self, prompt: _Prompt) -> Iterator[Record]:
        family = self._families.of(prompt.text)
        return (self._record(prompt, (prompt.text,), reply, family) for reply in self._replies[prompt.intent])

    def _varied(self, prompt: _Prompt) -> Iterator[Record]:
        """Variants of a prompt, some of them after an earlier exchange about something else."""
        chance = random.Random(digest("varied", str(self._seed), prompt.intent, prompt.text))
        family = self._families.of(prompt.text)
        replies = list(self._replies[prompt.intent])
        chance.shuffle(replies)
        turn = cycle(replies)
        for text in variants(prompt.text, prompt.intent, self._grammar, self._count, self._seed):
            if not self._families.admits(text, family):
                continue
            for reply in islice(turn, min(REPLIES_PER_VARIANT, len(replies))):
                turns = (*self._earlier(prompt, family, chance), text)
                yield self._record(prompt, turns, reply, family)

    def _earlier(self, prompt: _Prompt, family: int, chance: random.Random) -> tuple[str, ...]:
        """An exchange of another intent in the same family; none for most, and for what leans on the turn before."""
        if chance.random() >= self._grammar.shares["after"] or matches(prompt.intent, self._grammar.leaning):
            return ()
        own = bare(prompt.text)  # the same words can stand in two intents
        others = [each for each in self._by_family[family] if each.intent != prompt.intent and bare(each.text) != own]
        if not others:
            return ()
        other = chance.choice(others)
        return other.text, chance.choice(self._replies[other.intent])

    def _talked(self, placed: Placed) -> Iterator[Record]:
        content, path, line = placed
        if isinstance(content, Conversation):
            family = self._families.of(content.turns[0])
            for turns, reply in expand_conversation(content, self._grammar, self._count, self._seed):
                if len(turns) > 1 or self._families.admits(turns[0], family):
                    yield Record(Pair(turns, reply), path, line, self._group(family))

    def _record(self, prompt: _Prompt, turns: tuple[str, ...], reply: str, family: int) -> Record:
        return Record(Pair(turns, reply), prompt.path, prompt.line, self._group(family))

    def _group(self, family: int) -> str:
        return f"{self._folder.name}-family-{family}"
