"""The scoreboard of a retraining: measured with the exported graphs, written into the bundle, shown to a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import click

from corpora import Pair, read_prepared
from corpora.prepared import split_path
from nlp.bundle import SCOREBOARD_FILE
from nlp.generator import TextGenerator
from nlp.probe import PROBE_LINES_FILE, ProbeItem, answered, write_probe
from nlp.scoreboard import DOMAIN_NAMES, Domain, DomainScore, Scoreboard, compare
from nlp.text import normalize
from scripts.retraining_request import Retraining
from scripts.retraining_stages import REPLAY
from scripts.run_folder import RunFolder

SHOWN_SAMPLES = 4
SHOWN_CHARACTERS = 160


class Judge:
    """Draws up the scoreboard of a retraining while its bundle is being exported."""

    def __init__(self, run: RunFolder, request: Retraining, probe: Sequence[ProbeItem]) -> None:
        """Compare with the parent of `request` on the held-out pairs of `run` and on `probe`."""
        self._run, self._request, self._probe = run, request, probe
        self.scoreboard: Scoreboard | None = None
        """What was found; None until the export is over."""

    def __call__(self, after: TextGenerator, folder: Path) -> str:
        """Measure, write scoreboard.json and the probe into `folder`, and return the section of the card."""
        click.echo("Comparing with the parent ...")
        before = TextGenerator.load(self._request.parent.info.path)
        domains = [self._held_out("new", self._run.data, before, after)]
        if self._request.replay:
            domains.append(self._held_out("replay", self._run.root / REPLAY, before, after))
        own = answered(after, self._probe)
        domains += self._of_the_probe(own, after.language)
        parent = self._request.parent.info.name
        self.scoreboard = Scoreboard(parent, after.language, tuple(each for each in domains if each))
        text = json.dumps(self.scoreboard.to_json(), ensure_ascii=False, indent=2) + "\n"
        (folder / SCOREBOARD_FILE).write_text(text, encoding="utf8")
        write_probe(folder / PROBE_LINES_FILE, own)
        return f"## Retrained\n\nFrom {parent}. {self.scoreboard.sentence()} The figures are in `{SCOREBOARD_FILE}`."

    def _held_out(self, domain: Domain, data: Path, before: TextGenerator, after: TextGenerator) -> DomainScore | None:
        limit = self._request.settings.test_pairs
        pairs: list[Pair] = list(islice(read_prepared(split_path(data, "test")), limit))
        if not pairs:
            return None
        sources = [pair.turns for pair in pairs]
        then, now = _outputs(before, sources), _outputs(after, sources)
        references = [pair.target for pair in pairs]
        return compare(domain, sources, references, then, now, after.language, samples=SHOWN_SAMPLES)

    def _of_the_probe(self, own: Sequence[ProbeItem], language: str) -> list[DomainScore]:
        """What `own`, the outputs of the new model, are against references, and against the parent's outputs."""
        found = []
        both = list(zip(self._probe, own, strict=True))
        if written := [each for each in both if each[0].reference]:
            found.append(_compared("old", written, [then.reference for then, _ in written], language))
        if answered_then := [each for each in both if each[0].output]:
            found.append(_compared("agreement", answered_then, [then.output for then, _ in answered_then], language))
        return found


def _compared(
    domain: Domain, items: Sequence[tuple[ProbeItem, ProbeItem]], references: Sequence[str], language: str
) -> DomainScore:
    sources = [then.turns for then, _ in items]
    before, after = ([item.output for item in side] for side in zip(*items, strict=True))
    return compare(domain, sources, references, before, after, language, samples=SHOWN_SAMPLES)


def _outputs(generator: TextGenerator, sources: Sequence[Sequence[str]]) -> list[str]:
    generations = generator.generate(sources)
    return [normalize(each.candidates[0].text) if each.candidates else "" for each in generations]


def scoreboard_lines(board: Scoreboard) -> list[str]:
    """The table, samples side by side, and the sentence."""
    width = max(len(DOMAIN_NAMES[each.domain]) for each in board.domains)
    lines = [f"{'ROUGE-L':<{width}}  {'pairs':>6}  {'before':>6}  {'after':>6}  change, 95 % (paired bootstrap)"]
    for each in board.domains:
        value, interval = 100 * each.difference.value, each.difference.interval
        change = f"{value:+.1f} [{100 * interval.low:+.1f}, {100 * interval.high:+.1f}]"
        lines.append(
            f"{DOMAIN_NAMES[each.domain]:<{width}}  {each.examples:>6,}  {100 * each.before:>6.1f}  "
            f"{100 * each.after:>6.1f}  {change}"
        )
    for each in board.domains:
        if each.domain in ("new", "old"):
            lines += ["", f"{DOMAIN_NAMES[each.domain]}:"]
            for sample in each.samples:
                source = sample.source[:SHOWN_CHARACTERS] + (" ..." if len(sample.source) > SHOWN_CHARACTERS else "")
                lines += [f"  read       {source}", f"  reference  {sample.reference}"]
                lines += [f"  before     {sample.before}", f"  after      {sample.after}"]
    return [*lines, "", board.sentence()]
