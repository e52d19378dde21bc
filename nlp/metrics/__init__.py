"""How good outputs are: pure functions over lists of strings, all in [0, 1] unless their names say otherwise.

`score_system` gives every figure of one system; the modules behind it can be used one by one.
"""

from nlp.metrics.bootstrap import (
    Difference,
    Interval,
    bootstrap_interval,
    bootstrap_intervals,
    paired_bootstrap,
)
from nlp.metrics.diversity import (
    DISTINCT_NGRAMS,
    copies,
    distinct,
    empty_outputs,
    exact_matches,
    lengths,
    most_frequent_share,
    repetitions,
    unknown_marks,
)
from nlp.metrics.lead import LEAD_LENGTHS, best_lead_length, lead
from nlp.metrics.likelihood import bits_per_character, perplexity, token_accuracy
from nlp.metrics.overlap import CorpusScores, bleu, chrf
from nlp.metrics.rouge import RougeScores, rouge_l_scores, rouge_scores
from nlp.metrics.scores import Figure, SystemScores, main_figure, score_system
from nlp.metrics.tokens import TOKENIZATIONS, chinese_characters, chinese_words, english_words, main_tokenization

__all__ = [
    "DISTINCT_NGRAMS",
    "LEAD_LENGTHS",
    "TOKENIZATIONS",
    "CorpusScores",
    "Difference",
    "Figure",
    "Interval",
    "RougeScores",
    "SystemScores",
    "best_lead_length",
    "bits_per_character",
    "bleu",
    "bootstrap_interval",
    "bootstrap_intervals",
    "chinese_characters",
    "chinese_words",
    "chrf",
    "copies",
    "distinct",
    "empty_outputs",
    "english_words",
    "exact_matches",
    "lead",
    "lengths",
    "main_figure",
    "main_tokenization",
    "most_frequent_share",
    "paired_bootstrap",
    "perplexity",
    "repetitions",
    "rouge_l_scores",
    "rouge_scores",
    "score_system",
    "token_accuracy",
    "unknown_marks",
]
