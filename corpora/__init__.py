"""Corpora: reading, cleaning, de-duplication and leak-safe splitting of pairs to learn from.

`prepare` does it all for a list of files; the parts stand alone too. Only the standard library is needed. What this
package offers is loaded when it is first asked for: who only reads articles does not wait for the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpora.cleaning import REASONS, CleaningConfig, reason_to_drop
    from corpora.deduplication import Deduplicator
    from corpora.errors import CorpusError
    from corpora.pairs import Pair, Record
    from corpora.preparation import CorpusSource, PrepareConfig, prepare
    from corpora.prepared import InputFile, Prepared, read_prepared
    from corpora.readers import Columns, Problem, raise_problem, read_records
    from corpora.report import PreparationReport
    from corpora.splitting import Split, SplitConfig, split_of

__all__ = [
    "REASONS",
    "CleaningConfig",
    "Columns",
    "CorpusError",
    "CorpusSource",
    "Deduplicator",
    "InputFile",
    "Pair",
    "PreparationReport",
    "PrepareConfig",
    "Prepared",
    "Problem",
    "Record",
    "Split",
    "SplitConfig",
    "prepare",
    "raise_problem",
    "read_prepared",
    "read_records",
    "reason_to_drop",
    "split_of",
]

_HOMES = {
    "REASONS": "cleaning",
    "CleaningConfig": "cleaning",
    "reason_to_drop": "cleaning",
    "Deduplicator": "deduplication",
    "CorpusError": "errors",
    "Pair": "pairs",
    "Record": "pairs",
    "CorpusSource": "preparation",
    "PrepareConfig": "preparation",
    "prepare": "preparation",
    "InputFile": "prepared",
    "Prepared": "prepared",
    "read_prepared": "prepared",
    "Columns": "readers",
    "Problem": "readers",
    "raise_problem": "readers",
    "read_records": "readers",
    "PreparationReport": "report",
    "Split": "splitting",
    "SplitConfig": "splitting",
    "split_of": "splitting",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
