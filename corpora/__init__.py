"""Corpora: reading, cleaning, de-duplication and leak-safe splitting of pairs to learn from.

`prepare` does it all for a list of files; the parts stand alone too. Only the standard library is needed.
"""

from corpora.cleaning import REASONS, CleaningConfig, reason_to_drop
from corpora.deduplication import Deduplicator
from corpora.errors import CorpusError
from corpora.pairs import Pair, Record
from corpora.prepare import CorpusSource, PrepareConfig, prepare
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
