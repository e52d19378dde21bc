"""Schedules: the shape of each curve."""

from dataclasses import replace

import pytest

from nlp.config import TrainConfig
from nlp.training.schedules import LEAST_RATE, learning_rate, own_words_share

CONFIG = TrainConfig(learning_rate=1.0, warmup_steps=10)


def curve(schedule, steps=100, **options):
    config = replace(CONFIG, schedule=schedule)
    return [learning_rate(config, step=step, share_done=step / steps, **options) for step in range(steps + 1)]


@pytest.mark.parametrize("schedule", ["constant", "cosine", "inverse_sqrt", "plateau"])
def test_every_schedule_warms_up_in_a_straight_line_to_its_full_rate(schedule):
    rates = curve(schedule)
    assert rates[:9] == pytest.approx([(step + 1) / 10 for step in range(9)])
    assert 0.95 < max(rates) <= 1.0 and rates.index(max(rates)) <= 10
    without = learning_rate(replace(CONFIG, schedule=schedule, warmup_steps=0), step=0, share_done=0.0)
    assert without == pytest.approx(1.0)


def test_a_constant_rate_stays():
    assert set(curve("constant")[9:]) == {1.0}


def test_a_cosine_falls_all_the_way_to_a_twentieth():
    rates = curve("cosine")
    assert rates[11:] == sorted(rates[11:], reverse=True) and rates[-1] == pytest.approx(LEAST_RATE)
    assert rates[50] == pytest.approx((1 + LEAST_RATE) / 2)


def test_an_inverse_square_root_halves_when_the_steps_are_four_times_as_many():
    rates = curve("inverse_sqrt")
    assert rates[39] == pytest.approx(0.5) and rates[89] == pytest.approx(1 / 3)


def test_a_plateau_takes_its_part_at_every_step():
    assert curve("plateau", plateau=0.25)[9:] == [0.25] * 92
    assert curve("constant", plateau=0.25)[20] == 1.0


def test_the_share_of_own_words_rises_from_its_start_to_the_end():
    config = replace(CONFIG, own_words="hard", own_words_share=0.8, own_words_start=0.5)
    shares = [own_words_share(config, share) for share in (0.0, 0.5, 0.75, 1.0)]
    assert shares == pytest.approx([0.0, 0.0, 0.4, 0.8])
