"""The scoreboard of a retraining: measured with the exported graphs, written into the bundle, shown to a person."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from nlp.bundle import SCOREBOARD_FILE
from nlp.errors import UsageError
from nlp.generator import TextGenerator
from nlp.probe import PROBE_LINES_FILE, ProbeItem, answered, read_items, read_probe, write_probe
from nlp.scoreboard import DOMAIN_NAMES, Domain, DomainScore, Scoreboard, compare
from scripts.retraining_stages import BEFORE
from scripts.run_folder import RunFolder

SHOWN_SAMPLES = 4
SHOWN_CHARACTERS = 160


class Judge:
    """Draws up the scoreboard of a retraining while its bundle is being exported.

    All that is needed of the parent, its outputs, lies in the run.
    """

    def __init__(self, run: RunFolder) -> None:
        """Compare with the parent of `run` on the pairs that were held out, and on the run's probe.

        Raises:
            UsageError: the run lacks the parent's outputs.
        """
        for name in (BEFORE["new"], PROBE_LINES_FILE):
            if not (run.root / name).exists():
                raise UsageError(
                    f"{run.root}: {name}, which the model is compared with its parent on, is missing, as in runs of "
                    "older versions. Give the command of this retraining again with --resume: it makes the file, goes "
                    "on where the run stands, and exports the model."
                )
        self._run = run
        self.scoreboard: Scoreboard | None = None
        """What was found; None until the export is over."""

    def __call__(self, after: TextGenerator, folder: Path) -> str:
        """Measure, write scoreboard.json and the probe into `folder`, and return the section of the card."""
        click.echo("Comparing with the parent ...")
        domains = [self._held_out(domain, after) for domain in BEFORE]
        then = read_probe(self._run.root)
        now = answered(after, then)
        domains += _of_the_probe(then, now, after.language)
        parent = self._run.read_record()["parent"]["name"]
        self.scoreboard = Scoreboard(parent, after.language, tuple(each for each in domains if each))
        text = json.dumps(self.scoreboard.to_json(), ensure_ascii=False, indent=2) + "\n"
        (folder / SCOREBOARD_FILE).write_text(text, encoding="utf8")
        write_probe(folder / PROBE_LINES_FILE, now)
        return f"## Retrained\n\nFrom {parent}. {self.scoreboard.sentence()} The figures are in `{SCOREBOARD_FILE}`."

    def conclude(self, path: Path) -> None:
        """Show the scoreboard of the bundle that was exported to `path`; the run keeps that of its own bundle."""
        if path.resolve() == self._run.bundle.resolve():
            shutil.copyfile(path / SCOREBOARD_FILE, self._run.root / SCOREBOARD_FILE)
        if self.scoreboard is not None:
            click.echo("\n".join(scoreboard_lines(self.scoreboard)))

    def _held_out(self, domain: Domain, after: TextGenerator) -> DomainScore | None:
        then = read_items(self._run.root / BEFORE[domain])
        if not then:
            return None
        references = [item.reference for item in then]
        return _compared(domain, list(zip(then, answered(after, then), strict=True)), references, after.language)


def _of_the_probe(then: Sequence[ProbeItem], now: Sequence[ProbeItem], language: str) -> list[DomainScore]:
    """What `now`, the outputs of the new model, are against references, and against the parent's outputs."""
    found = []
    both = list(zip(then, now, strict=True))
    if written := [each for each in both if each[0].reference]:
        found.append(_compared("old", written, [item.reference for item, _ in written], language))
    if answered_then := [each for each in both if each[0].output]:
        found.append(_compared("agreement", answered_then, [item.output for item, _ in answered_then], language))
    return found


def _compared(
    domain: Domain, items: Sequence[tuple[ProbeItem, ProbeItem]], references: Sequence[str], language: str
) -> DomainScore:
    sources = [then.turns for then, _ in items]
    before, after = ([item.output for item in side] for side in zip(*items, strict=True))
    return compare(domain, sources, references, before, after, language, samples=SHOWN_SAMPLES)


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
