"""Corpus files in, `Record`s out: TSV, JSONL and CSV, plain or compressed, one line in memory at a time."""

from corpora.readers.fields import Columns
from corpora.readers.problems import Problem, raise_problem
from corpora.readers.reading import ENDINGS, read_records

__all__ = ["ENDINGS", "Columns", "Problem", "raise_problem", "read_records"]
