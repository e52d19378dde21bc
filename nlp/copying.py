"""The tables by which a step copies: where each source holds its tokens, and which edits belong to these places.

Two ways lead to a token that stands in a source, and their sum is one log-probability. So its entry among the
vocabulary is barred, and the place where it stands first takes its part: its log-probability, the edits meant for it
and its turn as a candidate. A word that the vocabulary lacks has such a place and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.constraints import Edits
from nlp.search import Ints
from nlp.tokenizers.protocol import PAD

Arrays = Mapping[str, NDArray[Any]]


def copy_tables(padded: Ints, lengths: NDArray[np.int32], vocab_size: int) -> Arrays:
    """What is known of the sources (B, S): arrays with a line for each.

    `first_places` (B, S) is where the token of each place stands first; `copied_tokens` (B, S) are the tokens at these
    first places, PAD elsewhere; `places` (B, U) is where each id stands first, -1 where it stands nowhere.
    """
    here = np.arange(padded.shape[1])
    firsts = (padded[:, :, None] == padded[:, None, :]).argmax(axis=2)
    tokens = np.where((firsts == here) & (here < lengths[:, None]), padded, PAD)
    places = np.full((len(padded), max(int(padded.max()) + 1, vocab_size)), -1, np.int32)
    lines, columns = np.nonzero(tokens)
    places[lines, tokens[lines, columns]] = columns
    return {"first_places": firsts, "copied_tokens": tokens, "places": places}


def copy_feeds(tables: Arrays, edits: Edits, wanted: Ints, vocab_size: int, count: int) -> dict[str, NDArray[Any]]:
    """What a step of the graph is fed: the tables row by row, the `edits`, the `wanted` tokens (N, W) of its rows, and
    how many candidates to keep of the vocabulary and the places together."""
    rows = len(wanted) // len(tables["places"])  # of one source
    places = tables["places"][edits.rows // rows, edits.tokens]
    copied, generated = places >= 0, (places < 0) & (edits.tokens < vocab_size)
    lines, columns = np.nonzero((tables["copied_tokens"] > PAD) & (tables["copied_tokens"] < vocab_size))
    barred_rows = (lines[:, None] * rows + np.arange(rows)).ravel()
    barred_tokens = np.repeat(tables["copied_tokens"][lines, columns], rows)
    barred = np.stack([barred_rows, barred_tokens], axis=1)
    return {
        "first_places": np.repeat(tables["first_places"], rows, axis=0),
        "copied_tokens": np.repeat(tables["copied_tokens"], rows, axis=0),
        "edit_places": np.concatenate([np.stack([edits.rows, edits.tokens], axis=1)[generated], barred]),
        "edit_addends": np.concatenate([edits.addends[generated], np.full(len(barred), -np.inf, np.float32)]),
        "copied_edit_places": np.stack([edits.rows, places], axis=1)[copied].astype(np.int64),
        "copied_edit_addends": edits.addends[copied],
        "total": np.array([min(count, min(count, vocab_size) + tables["copied_tokens"].shape[1])], np.int64),
        "wanted_places": tables["places"][np.arange(len(wanted))[:, None] // rows, wanted].astype(np.int64),
    }
