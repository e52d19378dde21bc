"""The old-domain probe: sources kept in a bundle, with what that very bundle writes for them.

A successor is measured on it for what it has kept. It holds texts written for this project and texts that the model
made up, and no line of any corpus, so a bundle can be given away with it.

```
probe.jsonl        one object a line: {"turns": [...], "output": "...", "reference": "..."}
```
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nlp.errors import BundleError
from nlp.generator import TextGenerator
from nlp.text import normalize

PROBE_LINES_FILE = "probe.jsonl"
_ANEW = "Export the model again; in the folder of a run, remove the file and go on with --resume."


@dataclass(frozen=True)
class ProbeItem:
    """One source."""

    turns: tuple[str, ...]
    output: str = ""
    """What the bundle writes for it, as it ships; empty where it writes nothing."""
    reference: str = ""
    """What a person wrote for it; empty where the source is made up."""


def read_probe(folder: Path) -> list[ProbeItem]:
    """The probe of the bundle in `folder`; empty where it has none, as bundles of a first training have.

    Raises:
        BundleError: a line is damaged.
    """
    return read_items(folder / PROBE_LINES_FILE)


def read_items(path: Path) -> list[ProbeItem]:
    """What `write_probe` wrote to the file `path`; empty where there is no such file.

    Raises:
        BundleError: a line is damaged.
    """
    if not path.exists():
        return []
    items = []
    for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), start=1):
        try:
            values = json.loads(line)
            items.append(ProbeItem(tuple(map(str, values["turns"])), str(values["output"]), str(values["reference"])))
        except (ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{path}:{number}: the line is damaged ({error}). {_ANEW}") from None
    return items


def write_probe(path: Path, items: Iterable[ProbeItem]) -> None:
    """Write `items` to the file `path`."""
    lines = [
        json.dumps({"turns": item.turns, "output": item.output, "reference": item.reference}, ensure_ascii=False)
        for item in items
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf8")


def answered(generator: TextGenerator, items: Sequence[ProbeItem]) -> list[ProbeItem]:
    """The same sources with what `generator` writes for them with its own settings."""
    generations = generator.generate([item.turns for item in items])
    return [
        replace(item, output=normalize(each.candidates[0].text) if each.candidates else "")
        for item, each in zip(items, generations, strict=True)
    ]
