"""The bot as a process on a disk without room, and on a damaged store: it says so, loses nothing, and goes on.

The disk is full for the bot alone: the system forbids it, from outside, to let its files grow (RLIMIT_FSIZE).
"""

import contextlib
import os
import resource
import sqlite3

import pytest

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.faulty_lives import DoomedBot, everybody_says, repeated, sooner_or_later

PEOPLE, PAGE_BYTES = 3, 4096
PAGES_WRITTEN = 8
"""How many pages the store's -wal file holds at least when the disk is full; the bot's log must stay below them."""
needs_prlimit = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")


def fill_disk(bot):
    """Let no file of the bot grow beyond the store's -wal as it is; the log must stay writable, and is far below."""
    write_to_store(bot)
    most_bytes = os.path.getsize(f"{bot.store}-wal")
    assert bot.log.stat().st_size < most_bytes // 2
    limit(bot, most_bytes)


def write_to_store(bot):
    """Write to the store from beside, so that its -wal file is not empty.

    Pruning empties it when the bot starts, be it before what people said is stored or after that.
    """
    with contextlib.closing(sqlite3.connect(bot.store)) as beside:
        ((version,),) = beside.execute("PRAGMA user_version").fetchall()
        for _ in range(PAGES_WRITTEN):
            beside.execute(f"PRAGMA user_version = {version}")  # a page is written though nothing changes


def limit(bot, most_bytes=resource.RLIM_INFINITY):
    """Let no file of the bot grow beyond so many bytes."""
    resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))


def complaints(bot):
    """What the log says of a store that cannot be written."""
    said = [line for line in bot.log.read_text().splitlines() if "Trying again in" in line]
    assert all("The store bot.db does not work" in line and "free" in line.lower() for line in said)
    return said


async def at_work_and_held(server, bot):
    """Messages whose replies have been sent; the answers to the bot are held until the fault is released."""
    hold = server.faults.hold("sendMessage")
    said = everybody_says(server, PEOPLE, 2)
    await server.until(lambda: hold.met == PEOPLE, timeout=60)
    await sooner_or_later(lambda: not server.world.updates.pending)  # so nothing but the marks is left to be stored
    return hold, said


@needs_prlimit
@scenario
async def test_a_full_disk_is_said_and_loses_nothing_and_the_bot_goes_on_when_there_is_room(tmp_path, bot_models):
    async with FakeBotApi() as server, DoomedBot(server, tmp_path, **bot_models, quote="always") as bot:
        hold, said = await at_work_and_held(server, bot)
        process = bot.process
        fill_disk(bot)
        unstored = everybody_says(server, PEOPLE, 2)
        await sooner_or_later(lambda: complaints(bot))
        hold.release()
        await sooner_or_later(lambda: len(complaints(bot)) >= 1 + PEOPLE)  # the poller, and who wants to mark
        assert server.world.updates.pending.keys() == {message.update_id for message in unstored}
        assert bot.waiting(said) == len(said) and process.returncode is None
        limit(bot)
        await bot.answered(said + unstored)
        assert bot.process is process and repeated(server, said + unstored) == 0
        assert bot.events("The store works again.")


@needs_prlimit
@scenario
async def test_a_stop_on_a_full_disk_is_a_stop_and_the_next_start_answers(tmp_path, bot_models):
    settings = {**bot_models, "quote": "always", "drain_seconds": 1}
    async with FakeBotApi() as server, DoomedBot(server, tmp_path, **settings) as bot:
        hold, said = await at_work_and_held(server, bot)
        fill_disk(bot)
        unstored = everybody_says(server, PEOPLE, 1)
        await sooner_or_later(lambda: complaints(bot))
        hold.release()
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log.read_text() and "never retrieved" not in bot.log.read_text()
        assert server.world.updates.pending.keys() == {message.update_id for message in unstored}
        await bot.start()
        await bot.answered(said + unstored)
        repeated(server, said + unstored, deaths=1)


def page_that_holds(path, text):
    """The number of the page in which a text stands."""
    return path.read_bytes().index(text.encode()) // PAGE_BYTES


def damage(path, first_page, pages=1):
    """Write nonsense over pages of a database."""
    with path.open("r+b") as file:
        file.seek(first_page * PAGE_BYTES)
        file.write(b"\xa5" * PAGE_BYTES * pages)


@scenario
async def test_a_store_damaged_under_a_running_bot_is_set_aside_and_what_is_at_work_ends_once(tmp_path, bot_models):
    async with FakeBotApi() as server, DoomedBot(server, tmp_path, **bot_models, quote="always") as bot:
        hold, said = await at_work_and_held(server, bot)
        process = bot.process
        with contextlib.closing(sqlite3.connect(bot.store)) as beside:
            beside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            damage(bot.store, 1, bot.store.stat().st_size // PAGE_BYTES - 1)
            with contextlib.suppress(sqlite3.DatabaseError), beside:  # a change, so that the bot reads the file again
                beside.execute("PRAGMA user_version = 1")
        hold.release()
        await bot.answered(said)
        later = everybody_says(server, PEOPLE, 1)
        await bot.answered(later)
        assert bot.process is process and repeated(server, said + later) == 0
        assert len(list(tmp_path.glob("bot.db.damaged-*Z"))) == 1 and "It was set aside as" in bot.log.read_text()


@scenario
async def test_a_store_damaged_between_two_lives_is_set_aside_and_what_can_be_read_is_answered(tmp_path, bot_models):
    settings = {**bot_models, "quote": "always", "open_per_person": 1000}
    async with FakeBotApi() as server, DoomedBot(server, tmp_path, **settings) as bot:
        _, said = await at_work_and_held(server, bot)
        said += everybody_says(server, PEOPLE, 10)
        await sooner_or_later(lambda: not server.world.updates.pending)
        await bot.kill()
        server.faults.coming.clear()
        with contextlib.closing(sqlite3.connect(bot.store)) as beside:
            beside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        damage(bot.store, page_that_holds(bot.store, said[-5].text))
        polls = len(server.calls("getUpdates"))
        await bot.start()
        await server.called("getUpdates", polls + 1, timeout=60)
        (line,) = [line for line in bot.log.read_text().splitlines() if "It was set aside as" in line]
        assert "is damaged" in line
        saved = {number for (number,) in bot.rows("SELECT update_id FROM updates")}
        kept = [message for message in said if message.update_id in saved]
        print(f"{len(kept)} of {len(said)} messages could be read")
        assert len(said) // 2 < len(kept) < len(said)
        await bot.answered([*kept, *everybody_says(server, PEOPLE, 1)])
