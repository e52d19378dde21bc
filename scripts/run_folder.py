"""The folder of one training run: what lies where, and what it was started with.

```
run.json       recipe and versions      data/       train, validation and test pairs, report.json
tokenizer/     trained on data/train    latest.npz, best.npz   checkpoints
log.jsonl      progress                 bundle/     the exported model
```
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.errors import UsageError


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run, and its record."""

    root: Path

    @property
    def data(self) -> Path:
        """Prepared pairs."""
        return self.root / "data"

    @property
    def report(self) -> Path:
        """What preparing kept and dropped; written last, so its presence says that `data` is whole."""
        return self.data / "report.json"

    @property
    def tokenizer(self) -> Path:
        """The trained tokenizer."""
        return self.root / "tokenizer"

    @property
    def log(self) -> Path:
        """One JSON object per progress report."""
        return self.root / "log.jsonl"

    @property
    def bundle(self) -> Path:
        """The exported model."""
        return self.root / "bundle"

    def read_record(self) -> dict[str, Any]:
        """The contents of run.json.

        Raises:
            UsageError: this is not the folder of a run.
        """
        try:
            record: dict[str, Any] = json.loads((self.root / "run.json").read_text(encoding="utf8"))
        except FileNotFoundError:
            raise UsageError(f"{self.root}: there is no run.json here; name the folder of a training run.") from None
        except ValueError as error:
            raise UsageError(f"{self.root / 'run.json'}: the file is damaged ({error}).") from None
        return record

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Write run.json whole or not at all."""
        self.root.mkdir(parents=True, exist_ok=True)
        partial = self.root / "run.json.partial"
        partial.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf8")
        partial.replace(self.root / "run.json")
