"""One thing that a health check has to say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

Severity = Literal["fine", "look", "wrong"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From nothing to do, over worth a look, to something that spoils the model."""


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it stands, and what to do."""

    kind: str
    """A short name of what was looked at, such as `over-fitting`."""
    severity: Severity
    message: str
    """What is seen, with its figures; unless it is fine, also what it means and which key of the recipe to change."""


def judge(value: float, look: float, wrong: float = math.inf) -> Severity:
    """How bad a figure is that should be small: `look` from one threshold on, `wrong` from the other, if given."""
    return "wrong" if value >= wrong else "look" if value >= look else "fine"


def advised(kind: str, severity: Severity, seen: str, advice: str) -> Finding:
    """A finding that says what to do only where there is something to do."""
    return Finding(kind, severity, seen if severity == "fine" else f"{seen} {advice}")


def percent(share: float) -> str:
    """A share as people read it: whole per cent from 10 % on, else one decimal; a little is never written as none."""
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.0995 or share == 0 else f"{100 * share:.1f} %"
