"""The network: a recurrent encoder, a recurrent decoder and Luong attention, in Keras 3 operations only.

Shape letters, used in every comment of `nlp`: B sources in a batch, S source tokens, T target tokens, E width of the
embedding and of the attentional vector, H width of an encoder state, R width of a decoder state, V vocabulary.

The attentional vector is fed to the output but not back into the decoder (no input feeding, see Luong et al. 2015,
arXiv 1508.04025, section 3.3, for what is left out): so encoder, decoder and attention each run over a whole sequence
at once in training. Source, target and output share one embedding table.

`seq2seq` is the network, `attention` its attention, `likelihood` what it is trained for, `rollout` the decoder on its
own words, `named_weights` the names under which a bundle and a checkpoint keep its weights.
"""

from nlp.model.likelihood import Objective
from nlp.model.named_weights import assign_weights, named_weights, weights_as_arrays
from nlp.model.seq2seq import Decoded, Encoded, Seq2Seq, create_model

__all__ = [
    "Decoded",
    "Encoded",
    "Objective",
    "Seq2Seq",
    "assign_weights",
    "create_model",
    "named_weights",
    "weights_as_arrays",
]
