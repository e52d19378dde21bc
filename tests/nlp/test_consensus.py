"""The output that the others agree with comes first."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.config import SearchConfig
from nlp.consensus import by_consensus
from nlp.generator import TextGenerator
from nlp.search import Hypothesis
from tests.conftest import write_random_bundle


def hypothesis(tokens, score):
    return Hypothesis(tuple(tokens), (score,), score)


HYPOTHESES = st.lists(
    st.builds(hypothesis, st.lists(st.integers(5, 9), max_size=5), st.floats(-5, 0)), min_size=1, max_size=6
)


def gain(one, all_of_them):
    """The definition, with exact counts and without NumPy."""
    best = max(each.score for each in all_of_them)
    weights = [2.718281828459045 ** (each.score - best) for each in all_of_them]
    total = 0.0
    for weight, other in zip(weights, all_of_them, strict=True):
        left, common = list(other.tokens), 0
        for token in one.tokens:
            if token in left:
                left.remove(token)
                common += 1
        tokens = len(one.tokens) + len(other.tokens)
        total += weight * (1.0 if one is other else 2 * common / tokens if tokens else 1.0)
    return total / sum(weights)


@given(HYPOTHESES)
def test_hypotheses_stand_by_falling_expected_overlap(hypotheses):
    (ordered,) = by_consensus([hypotheses])
    assert sorted(map(id, ordered)) == sorted(map(id, hypotheses))
    if len(hypotheses) > 2:
        gains = [gain(each, hypotheses) for each in ordered]
        assert all(first >= second - 1e-9 for first, second in itertools.pairwise(gains))
    else:
        assert ordered == hypotheses


def test_two_that_agree_win_over_a_likelier_third():
    odd, first, second = hypothesis([7, 8, 9], -0.9), hypothesis([5, 6], -1.0), hypothesis([5, 6, 5], -1.1)
    assert by_consensus([[odd, first, second]]) == [[first, second, odd]]


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles") / "random-en"
    write_random_bundle(folder)
    return TextGenerator.load(folder, threads=1)


def test_a_generator_chooses_among_its_whole_beam(generator):
    sources = [["Oil prices rose on Monday."], ["Banks lend less money to small firms this year."]]
    plain = replace(generator.search, beam_size=5, n_best=5, faithful=False)
    everything = generator.generate(sources, plain)
    agreed = generator.generate(sources, replace(plain, n_best=1, consensus=True))
    for found, chosen in zip(everything, agreed, strict=True):
        assert len(chosen.candidates) == 1 and chosen.candidates[0] in found.candidates
    assert not SearchConfig().reranked and SearchConfig(consensus=True).reranked
