"""Training: `run` is the loop, `checkpoint` what it leaves on the disk; schedules, precision, the compiled network,
validation and the estimate of time and memory are a module each."""

from nlp.training.checkpoint import CheckpointFacts, Position, load_weights, read_header, trained_model
from nlp.training.compiled import compile_model
from nlp.training.progress import Progress
from nlp.training.run import TrainingRun
from nlp.training.validation import greedy_outputs, mean_loss

__all__ = [
    "CheckpointFacts",
    "Position",
    "Progress",
    "TrainingRun",
    "compile_model",
    "greedy_outputs",
    "load_weights",
    "mean_loss",
    "read_header",
    "trained_model",
]
