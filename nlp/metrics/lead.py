"""The lead baseline of headline writing: the beginning of the article, which a model must beat to be worth running."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from nlp.errors import UsageError
from nlp.metrics.rouge import rouge_l_scores
from nlp.metrics.tokens import CHARACTER_TOKEN, main_tokenization

LEAD_LENGTHS: dict[str, range] = {"en": range(4, 21), "zh": range(8, 41, 2)}
"""Lengths worth trying: words of English, characters of Chinese."""
_PAUSES = {"en": " ,;:-–—(\"'“‘", "zh": " ，、；：。！？,;:.!?—…·（(《【“‘"}


def lead(source: str, length: int, language: str) -> str:
    """The first `length` words (English) or characters (Chinese) of `source`, without punctuation left dangling.

    A run of Latin letters and digits in Chinese counts as one character and is never cut.
    """
    if language == "zh":
        tokens = list(islice(CHARACTER_TOKEN.finditer(source), length))
        start = source[: tokens[-1].end()] if tokens else ""
    else:
        start = " ".join(source.split()[:length])
    return start.rstrip(_PAUSES[language])


def best_lead_length(
    sources: Sequence[str], references: Sequence[str], language: str, lengths: Iterable[int] | None = None
) -> int:
    """The length whose leads have the highest mean ROUGE-L against `references`; the shorter one on a tie.

    Chinese is compared by character. `lengths` defaults to `LEAD_LENGTHS` of the language.

    Raises:
        UsageError: there are no pairs, or rouge-score is not installed.
    """
    if not sources:
        raise UsageError("Nothing to choose the lead baseline's length on: the corpus holds no pairs.")
    _, tokenize = main_tokenization(language)

    def mean_rouge_l(length: int) -> float:
        leads = [lead(source, length, language) for source in sources]
        return float(rouge_l_scores(leads, references, tokenize).mean())

    return max(sorted(LEAD_LENGTHS[language] if lengths is None else lengths), key=mean_rouge_l)
