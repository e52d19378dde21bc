"""What training needs beyond the serving installation, asked for before any work is done."""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.util import find_spec

from nlp.errors import UsageError, how_to_install

LIBRARIES = {
    "keras": "keras",
    "onnx": "onnx",
    "safetensors": "safetensors",
    "rouge_score": "rouge-score",
    "sacrebleu": "sacrebleu",
}
"""Modules and the packages that bring them."""
BACKENDS = ("tensorflow", "jax", "torch")
"""Keras computes with one of these."""


def require_training_libraries(purpose: str) -> None:
    """Ask for everything that training, export and the evaluation at their end import; `purpose` begins the message.

    Raises:
        UsageError: some are not installed; all of these are named.
    """
    missing = [package for module, package in LIBRARIES.items() if not _is_there(module)]
    if not any(map(_is_there, BACKENDS)):
        missing.append(BACKENDS[0])
    if missing:
        packages = (
            f"packages {', '.join(missing)}, which are" if len(missing) > 1 else f"package {missing[0]}, which is"
        )
        raise UsageError(f"{purpose} needs the {packages} not installed. {how_to_install('train')}")
    _require_backend()


def _require_backend() -> None:
    wanted = os.environ.get("KERAS_BACKEND")
    if wanted and wanted not in BACKENDS:
        raise UsageError(f"KERAS_BACKEND = {wanted!r}: choose one of {', '.join(BACKENDS)}.")
    if wanted and not _is_there(wanted):
        raise UsageError(f"KERAS_BACKEND asks for {wanted}, which is not installed. {how_to_install('train')}")


def load_training_libraries() -> None:
    """Import Keras with its backend: JAX where nothing else is asked for and TensorFlow is not installed.

    TensorFlow writes notes on the processor to the standard error that no setting keeps back; they are held here, and
    shown only if the import fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    there = [backend for backend in BACKENDS if _is_there(backend)]
    if "KERAS_BACKEND" not in os.environ and there:
        os.environ["KERAS_BACKEND"] = there[0]
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        visible = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            import nlp.training  # noqa: F401
        except Exception:
            held.seek(0)
            os.write(visible, held.read())
            raise
        finally:
            os.dup2(visible, 2)
            os.close(visible)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # imported already, by a program that made the module itself
        return True
