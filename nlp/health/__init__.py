"""A training judged in words: what is seen, with its figures; whether that is a problem; what to change in the recipe.

`check_health` is the door. `losses` reads the history of a training, `outputs` what the model writes for validation
sources, `data` what became of the corpus on its way to ids. Thresholds stand in these modules, each with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from nlp.health.data import DataShares, check_data
from nlp.health.finding import SEVERITIES, Finding, Severity
from nlp.health.losses import Record, check_losses
from nlp.health.outputs import ValidationOutputs, check_outputs

__all__ = ["DataShares", "Finding", "Record", "Severity", "ValidationOutputs", "check_health"]


def check_health(history: Sequence[Record], outputs: ValidationOutputs, data: DataShares) -> tuple[Finding, ...]:
    """Everything that can be said about a training, worst first.

    `history` holds the records of log.jsonl in their order: `step`, `pairs`, `loss`, `validation_loss` or None.

    Raises:
        UsageError: the language is English and rouge-score, which cuts its words, is not installed.
    """
    findings = (*check_losses(history), *check_outputs(outputs), *check_data(data))
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity), reverse=True))
