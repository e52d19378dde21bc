"""Versions of Kuaizui and of what it computes with, for the records of runs and models."""

from __future__ import annotations

import platform
from importlib import metadata

PACKAGES = ("kuaizui", "keras", "tensorflow", "jax", "onnx", "onnxruntime", "numpy", "sentencepiece", "jieba")


def installed_versions() -> dict[str, str]:
    """The version of Python and of each of `PACKAGES` that is installed."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
