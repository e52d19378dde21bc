"""The decoder on its own words: for scheduled sampling, free-running training, and outputs to look at.

No gradient runs through here. The words that a decoder was fed are found first, one step after the other; the pass that
learns then runs over the whole sequence at once, fed with them. For a likeliest word that changes nothing, because none
has a gradient; for a mean of embeddings it leaves out the way through earlier words (Goyal et al. 2017, arXiv
1704.06970, section 3, has it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops, tree

from nlp.model.likelihood import Predictions

if TYPE_CHECKING:
    from nlp.model.seq2seq import Encoded, Seq2Seq

Tensor = Any


def rollout(
    model: Seq2Seq, source: Tensor, encoded: Encoded, fed: Tensor, own: Tensor, *, soft: bool
) -> tuple[Tensor, Tensor]:
    """Run the decoder step by step over the embeddings `fed` (B, T, E), of which the first is that of BOS.

    Where `own` (B, T) is True, it is fed its own last word instead of the one in `fed` (Bengio et al. 2015, arXiv
    1506.03099). Returns what it was fed, (B, T, E), and its likeliest words, (B, T) ids.
    """
    memory, states = ops.stop_gradient(encoded.memory), tree.map_structure(ops.stop_gradient, encoded.states)
    places = ops.arange(ops.shape(fed)[1])

    def step(place: Tensor, carried: Any) -> Any:
        states, before, inputs, words = carried
        here = ops.cast(places == place, inputs.dtype)[None, :, None]  # (1, T, 1)
        given = ops.sum(inputs * here, axis=1)  # (B, E)
        mine = ops.any(own & (places == place)[None, :], axis=1)[:, None]
        given = ops.where(mine, before, given)
        inputs = inputs + here * (given[:, None, :] - inputs)
        decoded = model.decode_embedded(given[:, None, :], states, memory, encoded.mask)
        said = model.predictions(decoded)
        chosen = _likeliest(said, source, copy=model.config.copy)  # (B,)
        after = _mean_embedding(model, said, source) if soft else model.embed(chosen)
        words = ops.where(places == place, chosen[:, None], words)
        return decoded.states, ops.cast(after, before.dtype), inputs, words

    words = ops.zeros(ops.shape(fed)[:2], "int32")
    carried = (states, ops.zeros_like(fed[:, 0]), ops.stop_gradient(fed), words)
    _, _, inputs, words = ops.fori_loop(0, ops.shape(fed)[1], step, carried)
    return ops.stop_gradient(inputs), words


def _likeliest(said: Predictions, source: Tensor, *, copy: bool) -> Tensor:
    """(B,) the best word of the vocabulary, or the best one to copy where that is likelier."""
    best = ops.cast(ops.argmax(said.logits[:, 0], axis=-1), "int32")
    if not copy:
        return best
    gate = ops.sigmoid(said.gate[:, 0])
    generated = gate * ops.max(ops.softmax(said.logits[:, 0], axis=-1), axis=-1)
    same = ops.cast(source[:, :, None] == source[:, None, :], "float32")  # (B, S, S)
    copied = ops.einsum("bs,bsz->bz", said.attention[:, 0], same)  # (B, S) probability of the word at each place
    place = ops.argmax(copied, axis=-1)
    word = ops.take_along_axis(ops.cast(source, "int32"), place[:, None], axis=1)[:, 0]
    return ops.where((1 - gate) * ops.max(copied, axis=-1) > generated, word, best)


def _mean_embedding(model: Seq2Seq, said: Predictions, source: Tensor) -> Tensor:
    """(B, E) embeddings averaged under the distribution over the next word."""
    probabilities = ops.softmax(said.logits[:, 0], axis=-1)
    mean = ops.matmul(probabilities, ops.cast(model.embedding.embeddings, "float32"))
    if not model.config.copy:
        return mean
    gate = ops.sigmoid(said.gate)  # (B, 1)
    copied = ops.einsum("bs,bse->be", said.attention[:, 0], ops.cast(model.embed(source), "float32"))
    return gate * mean + (1 - gate) * copied
