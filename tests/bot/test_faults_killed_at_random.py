"""Three rounds of SIGKILL at random under load; `test_long_kills` has twenty longer ones."""

import asyncio

from tests.bot.killing_rounds import kill_again_and_again


def test_nothing_is_lost_over_three_rounds_of_kills_at_random(tmp_path, bot_models):
    rounds = kill_again_and_again(3, people=4, each=4, seed=3, folder=tmp_path, settings=bot_models)
    messages, kills, again = asyncio.run(rounds)
    assert messages == 48 and kills >= 3 and again <= 4 * kills
