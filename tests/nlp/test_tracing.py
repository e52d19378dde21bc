"""A traced output against its score, and against the table that the model was made from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.constraints import FORBIDDEN, NO_EDITS
from nlp.engine import Engine
from nlp.search import score_targets
from nlp.search.tracing import LOOKAHEAD, trace
from nlp.tokenizers import BOS, EOS
from tests.nlp.fake_stepper import FIRST_WORD, TableModel

SOURCE = (5, 6, 3)
VOCABULARY = 12
TARGETS = st.lists(st.integers(FIRST_WORD, VOCABULARY - 1), max_size=5).map(lambda tokens: [*tokens, EOS])


@given(TARGETS, st.integers(0, 4), st.integers(0, 9))
def test_log_probs_are_those_of_the_score(target, count, seed):
    model = TableModel(VOCABULARY, seed)
    steps = trace(model, SOURCE, target, count)
    assert [step.token for step in steps] == target
    assert [step.log_prob for step in steps] == pytest.approx(model.token_log_probs(SOURCE, target[:-1]))
    total = score_targets(model, [SOURCE], [target])[0].log_prob
    assert sum(step.log_prob for step in steps) == pytest.approx(total)
    assert all(step.attention is None and step.gate is None for step in steps)


@given(TARGETS, st.integers(1, 20), st.integers(0, 9))
def test_alternatives_are_the_best_other_tokens_an_output_may_hold(target, count, seed):
    model = TableModel(VOCABULARY, seed)
    history = (BOS,)
    for step in trace(model, SOURCE, target, count):
        table = model.log_probs(SOURCE, history)
        others = [token for token in np.argsort(-table).tolist() if token not in (*FORBIDDEN, step.token)]
        assert [each.tokens[0] for each in step.alternatives] == others[:count]
        for each in step.alternatives:
            so_far = history
            for token, log_prob in zip(each.tokens, each.log_probs, strict=True):
                assert log_prob == pytest.approx(float(model.log_probs(SOURCE, so_far)[token]))
                so_far = (*so_far, token)[-2:]
            assert not set(each.tokens) & set(FORBIDDEN) and EOS not in each.tokens[:-1]
            assert len(each.tokens) == LOOKAHEAD + 1 or each.tokens[-1] == EOS
        history = (*history, step.token)[-2:]


def test_alternatives_go_on_greedily():
    model = TableModel(VOCABULARY, 3)
    step = trace(model, SOURCE, [7, EOS], 3)[0]
    for each in step.alternatives:
        history = (BOS, each.tokens[0])
        for token in each.tokens[1:]:
            table = model.log_probs(SOURCE, history[-2:]).copy()
            table[list(FORBIDDEN)] = -np.inf
            assert token == int(table.argmax())
            history = (*history, token)


def test_a_real_engine_gives_attention_over_the_source_alone(random_bundle):
    engine = Engine(random_bundle, 300, threads=1)
    source, target = [20, 30, 40, 50, 60, EOS], [70, 80, 90, EOS]
    steps = trace(engine, source, target, 3)
    for step in steps:
        assert step.attention.shape == (len(source),) and step.attention.sum() == pytest.approx(1, abs=1e-5)
    assert len({step.attention.tobytes() for step in steps}) == len(target)
    total = score_targets(engine, [source], [target])[0].log_prob
    assert sum(step.log_prob for step in steps) == pytest.approx(total, abs=1e-4)
    # The first step, asked for by hand.
    first, _ = engine.step(np.array([BOS]), engine.start([source]), NO_EDITS, np.array([[70]]), 1)
    assert np.array_equal(steps[0].attention, first.attention[0, : len(source)])
