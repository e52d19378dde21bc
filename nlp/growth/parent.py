"""A bundle read back as the beginning of a training: its settings, its tokenizer and its weights as float32."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nlp.bundle import TOKENIZER_FOLDER, WEIGHTS_FILE, BundleConfig, BundleInfo, read_bundle_config, read_info
from nlp.errors import BundleError
from nlp.growth.rows import OUTPUT_BIAS, UNHEARD, grow_weights
from nlp.growth.vocabulary import Growth, grower_of
from nlp.tokenizers import Tokenizer, load_tokenizer
from nlp.weights import EMBEDDING, dequantize, load_weights

if TYPE_CHECKING:
    from nlp.model import Objective, Seq2Seq

_ANEW = "Export it again, or train a new model."


@dataclass(frozen=True)
class Parent:
    """A model that another one is to be trained from."""

    info: BundleInfo
    """Of the bundle; it does not change when the parent grows."""
    config: BundleConfig
    tokenizer: Tokenizer
    weights: dict[str, NDArray[np.float32]]
    """By the names and in the shapes of `nlp.model.named_weights`."""


def load_parent(folder: Path) -> Parent:
    """Read the bundle in `folder` (see `nlp.bundle.resolve`), int8 or float32; its files are never written.

    Neither Keras nor ONNX Runtime is needed.

    Raises:
        BundleError: the bundle is damaged, from another version, or of a kind that cannot be trained on.
    """
    config, info = read_bundle_config(folder), read_info(folder)
    tokenizer = load_tokenizer(folder / TOKENIZER_FOLDER)
    try:
        grower_of(tokenizer)
    except BundleError as error:
        raise BundleError(f"{folder / TOKENIZER_FOLDER}: {error}") from None
    weights = dequantize(load_weights(folder / WEIGHTS_FILE))
    sizes = {"its tokenizer": tokenizer.vocab_size, "its configuration": config.model.vocab_size}
    sizes |= {f"its weights ({name})": len(weights.get(name, ())) for name in (EMBEDDING, OUTPUT_BIAS)}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{size} in {where}" for where, size in sizes.items())
        raise BundleError(f"{folder}: the parts of this model disagree on the number of ids: {listed}. {_ANEW}")
    return Parent(info, config, tokenizer, weights)


def grow_parent(parent: Parent, growth: Growth, most_probability: float = UNHEARD) -> Parent:
    """The parent with the vocabulary of `growth`, a growth of its own tokenizer; see `grow_weights`."""
    size = growth.tokenizer.vocab_size
    config = replace(
        parent.config,
        model=replace(parent.config.model, vocab_size=size),
        tokenizer=replace(parent.config.tokenizer, vocab_size=max(size, parent.config.tokenizer.vocab_size)),
    )
    return Parent(parent.info, config, growth.tokenizer, grow_weights(parent.weights, growth, most_probability))


def network_of(parent: Parent, objective: Objective | None = None) -> Seq2Seq:
    """A Keras network with the weights of `parent`, to be trained for `objective`.

    Raises:
        BundleError: weights are missing, left over or of another shape than the configuration says.
    """
    from nlp.model import create_model

    network = create_model(parent.config.model, objective)
    give_weights(parent, network)
    return network


def give_weights(parent: Parent, network: Seq2Seq) -> None:
    """Put the weights of `parent` into a network made from its configuration.

    Raises:
        BundleError: as for `network_of`.
    """
    from nlp.model import assign_weights, named_weights

    wanted = {name: tuple(variable.shape) for name, variable in named_weights(network).items()}
    found = {name: array.shape for name, array in parent.weights.items()}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise BundleError(
                f"{parent.info.path / WEIGHTS_FILE}: the weight {name} has the shape {found.get(name)} and should have "
                f"{wanted.get(name)}, so this model cannot be trained on. {_ANEW}"
            )
    assign_weights(network, parent.weights)
