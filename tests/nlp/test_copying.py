"""The tables behind copying, against plain loops: nothing is lost, nothing stands twice, no edit goes astray."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.constraints import Edits
from nlp.copying import copy_feeds, copy_tables
from nlp.tokenizers import EOS, PAD

VOCABULARY = 9
SOURCES = st.lists(st.lists(st.integers(1, VOCABULARY + 3), max_size=6).map(lambda ids: [*ids, EOS]), min_size=1)


def tables_of(sources):
    lengths = np.array([len(source) for source in sources], np.int32)
    padded = np.full((len(sources), lengths.max() + 2), PAD, np.int64)
    for row, source in enumerate(sources):
        padded[row, : len(source)] = source
    return copy_tables(padded, lengths, VOCABULARY)


@settings(deadline=None)
@given(SOURCES)
def test_each_token_has_the_place_where_it_stands_first(sources):
    tables = tables_of(sources)
    for row, source in enumerate(sources):
        assert tables["first_places"][row, : len(source)].tolist() == [source.index(token) for token in source]
        fresh = [token if source.index(token) == place else PAD for place, token in enumerate(source)]
        assert tables["copied_tokens"][row].tolist() == [
            *fresh,
            *[PAD] * (tables["copied_tokens"].shape[1] - len(fresh)),
        ]
        for token, place in enumerate(tables["places"][row]):
            assert place == (source.index(token) if token in source else -1)


@settings(deadline=None)
@given(SOURCES, st.integers(1, 3), st.data())
def test_every_edit_arrives_once_where_its_token_is_a_candidate(sources, rows, data):
    count = len(sources) * rows
    drawn = data.draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, VOCABULARY - 1)), unique=True))
    edits = Edits(
        np.array([row for row, _ in drawn], np.int64),
        np.array([token for _, token in drawn], np.int64),
        np.arange(len(drawn), dtype=np.float32),
    )
    feeds = copy_feeds(tables_of(sources), edits, np.full((count, 1), EOS), VOCABULARY, 4)
    generated = dict(zip(map(tuple, feeds["edit_places"].tolist()), feeds["edit_addends"].tolist(), strict=True))
    copied = dict(
        zip(map(tuple, feeds["copied_edit_places"].tolist()), feeds["copied_edit_addends"].tolist(), strict=True)
    )
    assert len(generated) == len(feeds["edit_addends"])  # nothing twice: the runtime's threads would race
    wanted_generated = {
        (row, token): -np.inf for row in range(count) for token in sources[row // rows] if token < VOCABULARY
    }
    wanted_copied = {}
    for number, (row, token) in enumerate(drawn):
        source = sources[row // rows]
        if token in source:
            wanted_copied[row, source.index(token)] = number
        else:
            wanted_generated[row, token] = number
    assert generated == wanted_generated and copied == wanted_copied
    assert feeds["wanted_places"][:, 0].tolist() == [sources[row // rows].index(EOS) for row in range(count)]
