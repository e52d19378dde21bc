"""A random language model of a few ids behind the Stepper interface, and every output it could give, by brute force."""

import functools
import itertools

import numpy as np

from nlp.search import Candidates
from nlp.tokenizers import EOS

FIRST_WORD = 5


class TableModel:
    """Log-probabilities drawn for each (source, last two tokens). A row's state is its source and those tokens."""

    def __init__(self, vocab_size, seed, spread=1.5):
        self.vocab_size, self.seed, self.spread = vocab_size, seed, spread
        self.log_probs = functools.cache(self._draw)

    def _draw(self, source, history):
        random = np.random.default_rng([self.seed, *source, 0, *history])
        logits = random.normal(scale=self.spread, size=self.vocab_size)
        return (logits - np.log(np.exp(logits).sum())).astype(np.float32)

    def start(self, sources):
        return [(tuple(source), ()) for source in sources]

    def step(self, tokens, state, edits, wanted, count):
        state = [(source, (*history, int(token))[-2:]) for (source, history), token in zip(state, tokens, strict=True)]
        edited = np.stack([self.log_probs(*row) for row in state])
        np.add.at(edited, (edits.rows, edits.tokens), edits.addends)
        best = np.argsort(-edited, axis=1, kind="stable")[:, :count]
        return Candidates(best, np.take_along_axis(edited, best, 1), np.take_along_axis(edited, wanted, 1)), state

    def select(self, state, rows):
        return [state[row] for row in rows.reshape(-1)]

    def words(self, source):
        """The ids that an output may hold."""
        return range(FIRST_WORD, self.vocab_size)

    def token_log_probs(self, source, tokens):
        """Of each of `tokens` and of EOS after them, read from the table one by one."""
        history, found = (2,), []
        for token in (*tokens, EOS):
            found.append(float(self.log_probs(tuple(source), history)[token]))
            history = (*history, token)[-2:]
        return found


class CopyingTable(TableModel):
    """A table with `unknown` more columns for words outside the vocabulary, possible where the source holds them."""

    def __init__(self, vocab_size, unknown, seed, spread=1.5):
        super().__init__(vocab_size + unknown, seed, spread)
        self.known = vocab_size

    def _draw(self, source, history):
        log_probs = super()._draw(source, history).astype(np.float64)
        log_probs[[token for token in range(self.known, self.vocab_size) if token not in source]] = -np.inf
        return (log_probs - np.log(np.exp(log_probs).sum())).astype(np.float32)

    def words(self, source):
        return [*range(FIRST_WORD, self.known), *sorted({token for token in source if token >= self.known})]


def repeats_ngram(tokens, size):
    """Whether an n-gram of `size` tokens stands twice in `tokens`."""
    ngrams = [tuple(tokens[start : start + size]) for start in range(len(tokens) - size + 1)]
    return size > 0 and len(set(ngrams)) < len(ngrams)


def brute_force(model, source, config):
    """(tokens, score) of every output that `config` permits, best first."""
    found = []
    for length in range(config.min_target_tokens, config.max_target_tokens + 1):
        for tokens in itertools.product(model.words(source), repeat=length):
            if not repeats_ngram(tokens, config.no_repeat_ngram):
                total = sum(model.token_log_probs(source, tokens))
                found.append((tokens, total / ((5 + length + 1) / 6) ** config.length_penalty))
    return sorted(found, key=lambda each: -each[1])
