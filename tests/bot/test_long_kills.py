"""Twenty rounds of SIGKILL at random under load: nothing is lost, and each chat keeps its order."""

import asyncio

import pytest

from tests.bot.killing_rounds import kill_again_and_again


@pytest.mark.slow
def test_nothing_is_lost_over_twenty_long_rounds_of_kills_at_random(tmp_path, bot_models):
    rounds = kill_again_and_again(20, people=10, each=10, seed=20, folder=tmp_path, settings=bot_models)
    messages, kills, again = asyncio.run(rounds)
    print(f"{messages} messages, {kills} kills: none lost, {again} replies sent twice")
    assert messages == 2000 and kills >= 20
