"""The frozen configurations of tokenizer, network, (pre)training, retraining and search, and their strict reading.

All are plain dataclasses. `read_config` builds one from a mapping (TOML or JSON) and refuses unknown keys and wrong
types by name.
"""

from __future__ import annotations

from typing import Literal

from nlp.config.network import ModelConfig, TokenizerConfig
from nlp.config.pretraining import PretrainConfig
from nlp.config.retraining import RetrainConfig
from nlp.config.search import LARGEST_SETTING, SearchConfig
from nlp.config.strict import read_config
from nlp.config.training import TrainConfig

Task = Literal["headlines", "dialogue"]
Language = Literal["en", "zh"]

__all__ = [
    "LARGEST_SETTING",
    "Language",
    "ModelConfig",
    "PretrainConfig",
    "RetrainConfig",
    "SearchConfig",
    "Task",
    "TokenizerConfig",
    "TrainConfig",
    "read_config",
]
