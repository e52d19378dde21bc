"""The stages of a retraining before its first step: a grown network, what the parent teaches, and the mixed pairs.

Each leaves its result in the run's folder, whole or not at all, and is passed over where that is there already.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import click

import corpora
from corpora import Pair, PrepareConfig, prepare, read_prepared
from corpora.digests import folded
from corpora.leads import news_leads
from corpora.nearness import NearTexts
from corpora.prepared import PairWriter, split_path
from corpora.splitting import SPLITS
from nlp.config import ModelConfig, Task
from nlp.distillation import imagined_sources, teach
from nlp.encoding import encode_source, unreadable_share
from nlp.errors import UsageError
from nlp.generation import MAX_UNREADABLE
from nlp.generator import TextGenerator
from nlp.growth import Growth, Parent, grow_parent, grow_tokenizer
from nlp.probe import PROBE_LINES_FILE, ProbeItem, answered, read_probe, write_probe
from nlp.scoreboard import Domain
from nlp.text import normalize
from nlp.tokenizers import Tokenizer, load_tokenizer
from nlp.weights import load_weights, save_weights
from scripts.evaluation_tables import reporting
from scripts.preparation import problem_teller, tokenizer_texts
from scripts.retraining_request import Retraining
from scripts.run_folder import RunFolder

BEGINNING = "beginning.safetensors"
TAUGHT, PRACTICE, PROBE, REPLAY, MIXED = "taught.jsonl", "practice.jsonl", PROBE_LINES_FILE, "replay", "mixed"
BEFORE: dict[Domain, str] = {"new": "before-new.jsonl", "replay": "before-replay.jsonl"}
"""Held-out pairs with the parent's outputs, by domain of the scoreboard."""
SHOWN_PIECES = 12
SAMPLED_SOURCES = 500
"""New sources by which it is judged whether the parent can read them."""
FURTHER_PROBE_ITEMS = 100
TEACHING_SEED, PROBE_SEED = 1, 2
"""Other draws, so that the probe is not what was taught."""

Turns = tuple[str, ...]


def require_readable(run: RunFolder, parent: Parent) -> None:
    """See that the parent's vocabulary fits the new texts.

    Raises:
        UsageError: most of their signs are unknown to it.
    """
    pairs = islice(read_prepared(split_path(run.data, "train")), SAMPLED_SOURCES)
    model, task = parent.config.model, parent.info.task
    shares = [_unreadable(parent.tokenizer, pair.turns, model, task) for pair in pairs]
    if (share := sum(shares) / max(1, len(shares))) > MAX_UNREADABLE:
        raise UsageError(
            f"The vocabulary of {parent.info.name} does not fit these texts: {share:.0%} of what their sources are "
            "made of is unknown to it, too much to grow by. Train a new model on them: kuaizui train."
        )


def _unreadable(tokenizer: Tokenizer, turns: Sequence[str], model: ModelConfig, task: Task) -> float:
    return unreadable_share(tokenizer, encode_source(tokenizer, turns, model.max_source_tokens, task).ids)


def grow_for(run: RunFolder, request: Retraining) -> Growth:
    """The parent's vocabulary with what the new training texts need."""
    parent, settings = request.parent, request.settings
    texts = tokenizer_texts(run, tags=parent.config.model.tags)
    growth = grow_tokenizer(parent.tokenizer, texts, settings.new_pieces, least_count=settings.least_piece_count)
    click.echo("\n".join(growth_lines(growth)))
    return growth


def growth_lines(growth: Growth) -> list[str]:
    """What was added and what was left out, for a person."""
    lines = [f"Vocabulary: {growth.old_size:,} ids and {len(growth.new_surfaces):,} new ones."]
    if growth.new_surfaces:
        order = sorted(range(len(growth.uses)), key=lambda place: -growth.uses[place])[:SHOWN_PIECES]
        shown = ", ".join(f"{growth.new_surfaces[place].strip()!r} {growth.uses[place]:,}" for place in order)
        lines.append(f"  most used: {shown}")
    if growth.dropped:
        shown = ", ".join(repr(each.strip()) for each in growth.dropped[:SHOWN_PIECES])
        lines.append(f"  tried and left out, because the texts hardly use them: {len(growth.dropped):,} ({shown} ...)")
    return lines


def grow(run: RunFolder, request: Retraining) -> tuple[Parent, dict[str, int]]:
    """The parent with a grown vocabulary, kept in the run, and the number of pieces added and dropped."""
    parent, beginning = request.parent, run.root / BEGINNING
    if run.tokenizer.exists() and beginning.exists():
        tokenizer = load_tokenizer(run.tokenizer)
        added = tokenizer.vocab_size - parent.tokenizer.vocab_size
        config = replace(parent.config, model=replace(parent.config.model, vocab_size=tokenizer.vocab_size))
        return Parent(parent.info, config, tokenizer, load_weights(beginning)), {"added": added}
    growth = grow_for(run, request)
    grown = grow_parent(parent, growth, request.settings.new_piece_probability)
    scratch = run.root / "teaching.partial"
    save_weights(scratch, grown.weights)
    scratch.replace(beginning)
    partial = run.root / "tokenizer.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    growth.tokenizer.save(partial)
    shutil.rmtree(run.tokenizer, ignore_errors=True)
    partial.rename(run.tokenizer)
    return grown, {"added": len(growth.new_surfaces), "dropped": len(growth.dropped)}


def make_probe(run: RunFolder, request: Retraining) -> list[ProbeItem]:
    """The old-domain probe with the parent's own outputs: the one in its bundle, else a new one.

    What the new corpus holds is left out: there the old outputs are what shall be unlearned.
    """
    path = run.root / PROBE
    if not path.exists():
        parent = TextGenerator.load(request.parent.info.path)
        items = read_probe(request.parent.info.path)
        if not items:
            click.echo(f"{parent.name} has no probe of its old skill; making one from the packaged samples ...")
            further = _further_sources(parent, FURTHER_PROBE_ITEMS, PROBE_SEED, held_out=True)
            packaged = packaged_items(parent.task, parent.language)
            items = answered(parent, [*packaged, *(ProbeItem(turns) for turns in further)])
        new = {_key(pair.turns) for split in SPLITS for pair in read_prepared(split_path(run.data, split))}
        _write_whole(path, [item for item in items if _key(item.turns) not in new])
    return read_probe(run.root)


def _further_sources(parent: TextGenerator, count: int, seed: int, *, held_out: bool = False) -> list[Turns]:
    """Sources that no corpus has: news leads written for this project, or what a chat model makes up."""
    if not count:
        return []
    if parent.task == "headlines":
        return [(normalize(lead),) for lead in news_leads(parent.language, count, seed, held_out=held_out)]
    return imagined_sources(parent, count, seed)


def packaged_items(task: str, language: str) -> list[ProbeItem]:
    """The samples that were written for this project: none of them is in a training corpus of the shipped models."""
    package = Path(corpora.__file__).parent
    records = corpora.read_records(package / "samples" / f"{task}-{language}.tsv")
    items = [
        ProbeItem(tuple(map(normalize, record.pair.turns)), reference=normalize(record.pair.target))
        for record in records
    ]
    return items + [ProbeItem((normalize(line),)) for line in _packaged_lines(package, task, language)]


def _packaged_lines(package: Path, task: str, language: str) -> Iterator[str]:
    """Articles without a headline, or prompts that no training sees."""
    if task == "headlines":
        yield from (package / "samples" / f"news-{language}.txt").read_text(encoding="utf8").splitlines()
        return
    for file in sorted((package / "smalltalk" / "held-out").glob(f"{language}-*.tsv")):
        for line in file.read_text(encoding="utf8").splitlines():
            columns = line.split("\t")
            yield columns[1] if len(columns) > 1 else columns[0]


def _write_whole(path: Path, items: Iterable[ProbeItem]) -> None:
    partial = path.with_name("teaching.partial")
    write_probe(partial, items)
    partial.replace(path)


def have_taught(run: RunFolder, request: Retraining) -> None:
    """Let the parent write for a share of the new sources, and for sources that it makes up."""
    settings = request.settings
    if (run.root / TAUGHT).exists() and (run.root / PRACTICE).exists():
        return
    parent = TextGenerator.load(request.parent.info.path)
    new = [pair.turns for pair in read_prepared(split_path(run.data, "train"))]
    # In a chat the new pairs are facts and manners: what the parent says to the same words is what they put right.
    share = settings.taught_share if parent.task == "headlines" else 0.0
    chosen = random.Random(TEACHING_SEED).sample(new, round(share * len(new)))
    known = {_key(item.turns) for item in read_probe(run.root)}
    click.echo(f"{parent.name} writes for {len(chosen):,} of the new sources, and for up to ", nl=False)
    click.echo(f"{settings.practice_pairs:,} others ...")
    others = _further_sources(parent, settings.practice_pairs, TEACHING_SEED)
    others = [turns for turns in others if _key(turns) not in known]
    for name, sources, styles in ((TAUGHT, chosen, False), (PRACTICE, others, True)):
        with reporting("teaching") as progress:
            pairs = teach(parent, sources, every_style=styles, progress=progress)
        with PairWriter(run.root / "teaching.partial") as writer:
            for pair in pairs:
                writer.write(Pair(pair.turns, pair.target, style=pair.style))
        (run.root / "teaching.partial").replace(run.root / name)


def replayed(run: RunFolder, request: Retraining) -> None:
    """Prepare the old corpora, split by the same rule as the new ones: a text held out here is held out there."""
    if not request.replay or split_path(run.root / REPLAY, "test").exists():
        return
    limit = request.settings.replay_pairs or None
    sources = [replace(source, max_pairs=limit) for source in request.replay]
    click.echo("Reading the old corpora again ...")
    config: PrepareConfig = request.recipe.prepare
    prepared = prepare(sources, config, run.root / REPLAY, normalize, problem_teller())
    click.echo("\n".join(prepared.lines()))
    if len(prepared.inputs) > 1:  # small talk beside a person's own files, for instance
        click.echo(f"Kept: {', '.join(f'{file.pairs:,} of {file.name}' for file in prepared.inputs)}.")


def have_answered(run: RunFolder, request: Retraining) -> None:
    """Let the parent write for the held-out pairs, new and old, so that an export can compare without it."""
    folders: dict[Domain, Path] = {"new": run.data, "replay": run.root / REPLAY}
    for domain, name in BEFORE.items():
        path, test = run.root / name, split_path(folders[domain], "test")
        if path.exists() or not test.exists():
            continue
        pairs = islice(read_prepared(test), request.settings.test_pairs)
        items = [ProbeItem(pair.turns, reference=pair.target) for pair in pairs]
        click.echo(f"{request.parent.info.name} writes for {len(items):,} held-out pairs, to be compared with ...")
        _write_whole(path, answered(TextGenerator.load(request.parent.info.path), items))


def mix(run: RunFolder, request: Retraining, probe: Sequence[ProbeItem]) -> dict[str, int]:
    """Write the pairs of the training, and those that it is validated on; returns the number of each kind."""
    settings, folder = request.settings, run.root / MIXED
    held_out = {_key(item.turns) for item in probe}
    for split in ("validation", "test"):
        held_out |= {_key(pair.turns) for pair in read_prepared(split_path(run.data, split))}
    new = list(read_prepared(split_path(run.data, "train")))
    taught = _allowed(run.root / TAUGHT, held_out)
    old = {"practice": _allowed(run.root / PRACTICE, held_out), "replayed": []}
    if request.replay:
        old["replayed"] = _allowed(split_path(run.root / REPLAY, "train"), held_out)
    if request.recipe.task == "dialogue":
        old = _without_objections(new, old)
    weight = old_weight(sum(pair.weight for pair in new), sum(map(len, old.values())), settings.old_share)
    folder.mkdir(exist_ok=True)
    with PairWriter(split_path(folder, "train")) as writer:
        for pair in new:
            writer.write(pair)
        for pair in taught:
            writer.write(pair._replace(weight=settings.taught_weight))
        for pair in chain(*old.values()) if weight else ():
            writer.write(pair._replace(weight=weight * pair.weight))
    _mix_validation(run, request, probe)
    counts = {"new": len(new), "taught": len(taught), **{kind: len(pairs) for kind, pairs in old.items()}}
    said = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    click.echo(f"Learning from {said} pairs; practice and replayed ones weigh {weight:.2g} each.")
    click.echo(f"Validation looks at new pairs, and for {settings.probe_share:.0%} of it at the old skill's probe.")
    return counts


def _without_objections(new: Sequence[Pair], old: dict[str, list[Pair]]) -> dict[str, list[Pair]]:
    """Old pairs without those whose last turn is nearly that of a new one: there the new answer shall be learned."""
    near = NearTexts({pair.turns[-1] for pair in new})
    kept = {kind: [pair for pair in pairs if not near.has_near(pair.turns[-1])] for kind, pairs in old.items()}
    dropped = sum(map(len, old.values())) - sum(map(len, kept.values()))
    if dropped:
        click.echo(f"{dropped:,} old pairs are left out, because a new one answers nearly the same.")
    return kept


def old_weight(new_weight: float, old_pairs: int, old_share: float) -> float:
    """The weight of each old pair with which all of them are at most `old_share` of the whole, and none above 1."""
    return min(1.0, old_share / (1 - old_share) * new_weight / max(1, old_pairs))


def _allowed(path: Path, held_out: set[Turns]) -> list[Pair]:
    return [pair for pair in read_prepared(path) if _key(pair.turns) not in held_out]


def _mix_validation(run: RunFolder, request: Retraining, probe: Sequence[ProbeItem]) -> None:
    """New validation pairs, and the probe with the parent's outputs, weighted to its share of the loss."""
    share, limit = request.settings.probe_share, request.recipe.train.max_validation_pairs
    kept = [item for item in probe if item.output] if share else []
    new = list(islice(read_prepared(split_path(run.data, "validation")), max(1, limit - len(kept))))
    weight = share / (1 - share) * len(new) / max(1, len(kept))
    with PairWriter(split_path(run.root / MIXED, "validation")) as writer:
        for pair in new:
            writer.write(pair._replace(weight=1.0))
        for item in kept:
            writer.write(Pair(item.turns, item.output, weight))


def _key(turns: Sequence[str]) -> Turns:
    return tuple(map(folded, turns))
