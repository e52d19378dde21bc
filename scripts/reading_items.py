"""What lies on a sheet for blind reading: the texts of a model, and of what it is compared with."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from corpora.pairs import Pair
from corpora.paraphrase.held_out import read_prompts
from corpora.readers import read_records
from nlp.companion import Companion
from nlp.companion import Generator as ChatGenerator
from nlp.errors import UsageError
from scripts.generators import Generator

if TYPE_CHECKING:
    from nlp.config import Language

SYSTEMS = {"headlines": ("model", "reference", "lead"), "dialogue": ("model", "random")}
"""Whose texts lie on a sheet. `lead` is the beginning of the article, `random` a reply to something else."""


@dataclass(frozen=True)
class Item:
    """One text to judge."""

    source: str
    text: str
    system: str
    expected: str = ""
    """What a right answer does, in words."""


@dataclass(frozen=True)
class Sheet:
    """What readers judge, and by which questions (see `scripts.reading.QUESTIONS`)."""

    kind: str
    items: list[Item]


def corpus_sheet(generator: Generator, corpus: Path, count: int, draw: random.Random) -> Sheet:
    """`count` sources of a corpus, drawn by `draw`, each with a text of every system."""
    pairs = list(dict.fromkeys(record.pair for record in read_records(corpus)))
    chosen = draw.sample(pairs, min(count, len(pairs)))
    outputs = _outputs(generator, [pair.turns for pair in chosen])
    others = list(_others(generator, chosen, draw))
    texts = zip(chosen, outputs, *others, strict=True)
    return Sheet(
        generator.task,
        [
            Item(" | ".join(pair.turns), text, system)
            for pair, *each in texts
            for system, text in zip(SYSTEMS[generator.task], each, strict=True)
        ],
    )


def prompts_sheet(
    generator: Generator, prompts: Path, random_from: Path | None, count: int, draw: random.Random
) -> Sheet:
    """`count` prompts of a file, drawn by `draw`, each with the model's reply, and with one drawn from a corpus.

    Raises:
        UsageError: the model is not for dialogue, or a file holds nothing to draw.
    """
    if generator.task != "dialogue":
        raise UsageError(f"{prompts}: prompts are answered by chat models, and this model is for {generator.task}.")
    known = list(dict.fromkeys(read_prompts(prompts)))
    replies = [] if random_from is None else [record.pair.target for record in read_records(random_from)]
    for path, found in ((prompts, known), (random_from, replies)):
        if path is not None and not found:
            raise UsageError(f"{path}: there is nothing in it to draw.")
    chosen = draw.sample(known, min(count, len(known)))
    outputs = _outputs(generator, [(prompt.text,) for prompt in chosen])
    items = [Item(prompt.text, text, "model", prompt.expected) for prompt, text in zip(chosen, outputs, strict=True)]
    if replies:
        items += [Item(prompt.text, draw.choice(replies), "random", prompt.expected) for prompt in chosen]
    return Sheet("small talk" if any(prompt.expected for prompt in chosen) else "dialogue", items)


def _outputs(generator: Generator, sources: Sequence[Sequence[str]]) -> list[str]:
    if generator.task == "dialogue":
        chatting = cast(ChatGenerator, generator)
        return [reply.text for reply in Companion({chatting.language: chatting}).replies(sources)]
    return [each.candidates[0].text if each.candidates else "" for each in generator.generate(sources)]


def _others(generator: Generator, pairs: Sequence[Pair], draw: random.Random) -> Iterator[list[str]]:
    references = [pair.target for pair in pairs]
    if generator.task == "dialogue":
        shift = draw.randrange(1, max(2, len(pairs)))
        yield [*references[shift:], *references[:shift]]
        return
    from nlp.metrics import best_lead_length, lead
    from nlp.text import script_language

    language: Language = script_language(" ".join(references))
    sources = [pair.turns[-1] for pair in pairs]
    length = best_lead_length(sources, references, language)
    yield references
    yield [lead(source, length, language) for source in sources]
