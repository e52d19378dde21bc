"""What an output must not contain, as sparse edits of log-probabilities before the candidates are cut.

A new constraint is a class with one method, `edits`, and one attribute, `hard` (see `Constraint`), and a line in
`constraints_of`; one that reads the text of outputs also counts in `SearchConfig.rules_about_text`.
"""

from __future__ import annotations

from collections.abc import Sequence

from nlp.config import SearchConfig
from nlp.constraints.characters import MaximumCharacters, MinimumCharacters, width
from nlp.constraints.edits import NO_EDITS, Constraint, Edits, Prefixes
from nlp.constraints.repetition import NoCopiedNgram, NoRepeatNgram, RepetitionPenalty
from nlp.constraints.tokens import ForbiddenTokens, MinimumLength
from nlp.constraints.words import BlockedWords, EndsOnlyWith, contains_word
from nlp.errors import DecodingError
from nlp.tokenizers.protocol import BOS, PAD, SEP, UNK

__all__ = [
    "FORBIDDEN",
    "NO_EDITS",
    "Constraint",
    "Edits",
    "Prefixes",
    "constraints_of",
    "contains_word",
    "width",
]

FORBIDDEN = (PAD, UNK, BOS, SEP)
"""Ids that no output ever holds."""


def constraints_of(config: SearchConfig, surfaces: Sequence[str] = ()) -> list[Constraint]:
    """The constraints that a search configuration asks for; UNK and the other specials are always ruled out.

    `surfaces` is what each id adds to a text (see `Tokenizer.surfaces`); rules about text need it.

    Raises:
        DecodingError: the configuration has a rule about text, and there are no surfaces.
    """
    if config.rules_about_text and not surfaces:
        raise DecodingError(
            "The search cannot keep to its limits in characters or its blocked and required words: nobody told it what "
            "each token looks like as text. Hand it the surfaces of the tokenizer, or leave these settings out."
        )
    narrowest, widest = config.min_characters, config.max_characters
    optional: list[tuple[object, Constraint]] = [
        (config.min_target_tokens, MinimumLength(config.min_target_tokens)),
        (config.no_repeat_ngram, NoRepeatNgram(config.no_repeat_ngram)),
        (config.no_copied_ngram, NoCopiedNgram(config.no_copied_ngram)),
        (config.repetition_penalty, RepetitionPenalty(config.repetition_penalty)),
        (narrowest, MinimumCharacters(narrowest, widest, surfaces)),
        (widest, MaximumCharacters(widest, surfaces)),
        (config.blocked_words, BlockedWords(config.blocked_words, surfaces)),
        (config.required_word, EndsOnlyWith(config.required_word)),
    ]
    return [ForbiddenTokens(FORBIDDEN), *(constraint for wanted, constraint in optional if wanted)]
