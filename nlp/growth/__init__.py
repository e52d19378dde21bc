"""Growing a trained model: a parent read back from its bundle, and a vocabulary that takes in what new texts need.

Old ids never move, text without any new surface encodes as before, and until it is trained the grown network says of
such text what its parent said.

`parent` reads a bundle and builds its network, `vocabulary` grows a tokenizer of any kind, `rows` gives the new ids
their weights. `word_kinds`, `sentencepiece_kinds` and `merges` are how each kind finds new pieces, `candidates` what
`vocabulary` knows of them.
"""

from nlp.growth.parent import Parent, give_weights, grow_parent, load_parent, network_of
from nlp.growth.rows import grow_weights
from nlp.growth.vocabulary import Growth, grow_tokenizer

__all__ = [
    "Growth",
    "Parent",
    "give_weights",
    "grow_parent",
    "grow_tokenizer",
    "grow_weights",
    "load_parent",
    "network_of",
]
