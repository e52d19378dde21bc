"""What is said about parts of an album: once at most, and nothing where one has a text."""

import asyncio

from bot import albums
from bot.albums import Albums
from tests.bot.some_updates import message


def part(number, group="a", chat=1):
    return message("", chat=chat, number=number, media_group_id=group).message


def spoken(told, parts):
    async def ask():
        kept = Albums(pause_seconds=0)
        for each in told:
            kept.note(each)
        return [await kept.may_speak(each) for each in parts]

    return asyncio.run(ask())


def test_an_album_without_a_text_is_spoken_about_once():
    assert spoken([], [part(1), part(2), part(3)]) == [True, False, False]
    assert spoken([], [part(1), part(2, "b"), part(3, chat=2)]) == [True, True, True]


def test_an_album_with_a_text_is_not_spoken_about():
    assert spoken([part(1)], [part(2), part(3), part(4, "b")]) == [False, False, True]


def test_what_is_in_no_album_is_always_spoken_about():
    assert spoken([part(1, None)], [part(2, None), part(3, None)]) == [True, True]


def test_a_text_that_comes_a_moment_later_counts():
    async def scene():
        kept = Albums(pause_seconds=0.05)
        asked = asyncio.create_task(kept.may_speak(part(1)))
        await asyncio.sleep(0)
        kept.note(part(2))
        return await asked

    assert asyncio.run(scene()) is False


def test_only_the_latest_albums_are_kept(monkeypatch):
    monkeypatch.setattr(albums, "MOST_KEPT", 2)
    assert spoken([part(1, "a"), part(2, "b"), part(3, "c")], [part(4, "a"), part(5, "c")]) == [True, False]
