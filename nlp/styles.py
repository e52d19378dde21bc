"""Styles: registers of output, such as newswire or teaser, that a model is asked for by control ids before the source.

A control code is made of the reserved ids, which no text can hold: it needs no room in any vocabulary, and no kind of
tokenizer has to know of it. Sennrich et al. (2016, "Controlling Politeness in Neural Machine Translation via Side
Constraints", NAACL) put such a mark at the end of the source; here it leads, where a cut source keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from nlp.errors import UsageError
from nlp.tokenizers.protocol import BOS, SEP

CODES = tuple(product((BOS, SEP), repeat=3))
"""Control ids of the first, second, ... style of a model."""


def style_ids(styles: Sequence[str], style: str) -> tuple[int, ...]:
    """Control ids of `style`, one of a model's `styles`; none for the empty name.

    Raises:
        UsageError: the model has no such style; its own are named.
    """
    if not style:
        return ()
    if style not in styles:
        known = f"it has {', '.join(styles)}" if styles else "it has none to choose from"
        raise UsageError(f"This model has no style {style!r}; {known}.")
    return CODES[list(styles).index(style)]
