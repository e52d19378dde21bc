"""Documents at work: one of each person, broken off at once; progress that is shown when it has changed, and calmly."""

import asyncio
import itertools

import pytest

from bot.document_progress import keep_showing
from bot.document_work import BrokenOff, Documents, TooMany
from bot.inference import Stopped
from tests.bot.virtual_time import run_virtual

ADA, BO, CHEN = 1, 2, 3


def test_one_of_each_person_and_a_few_of_everybody():
    documents = Documents()
    with documents.opened(ADA, 10, 2):
        with pytest.raises(TooMany) as own, documents.opened(ADA, 11, 2):
            pass
        with (
            documents.opened(BO, 12, 2),
            pytest.raises(TooMany) as many,
            documents.opened(CHEN, 13, 2),
        ):
            pass
        with documents.opened(CHEN, 13, 2):
            pass
    assert (own.value.own, many.value.own) == (True, False)
    with documents.opened(ADA, 14, 1):
        pass


def broken_off_by(break_off):
    """How work that would last for ever ends, and whether what it was doing was told."""

    async def main():
        documents, told = Documents(), []

        async def lasting():
            try:
                await asyncio.Event().wait()
            finally:
                told.append(asyncio.get_running_loop().time())

        with documents.opened(ADA, 10, 2) as opened:
            work = asyncio.create_task(opened.work(lasting()))
            await asyncio.sleep(5)
            said = break_off(documents)
            with pytest.raises(BrokenOff):
                await work
            assert told == [asyncio.get_running_loop().time()]  # at once
            return opened.ending, said

    return run_virtual(main())


def test_work_is_broken_off_at_once_for_each_reason():
    assert broken_off_by(lambda documents: documents.cancel(ADA, 10)) == ("cancelled", True)
    assert broken_off_by(lambda documents: documents.forget(ADA)) == ("forgotten", None)
    assert broken_off_by(lambda documents: documents.close()) == ("stopped", None)


def test_only_the_document_of_the_button_and_of_the_person_is_cancelled():
    async def main():
        documents = Documents()
        with documents.opened(ADA, 10, 2) as opened:
            assert not documents.cancel(ADA, 9) and not documents.cancel(BO, 10)
            assert await opened.work(asyncio.sleep(1, "done")) == "done"
            assert not documents.cancel(ADA, 10)  # nothing is left to cancel
        assert not documents.cancel(ADA, 10) and opened.ending == ""

    run_virtual(main())


def test_what_is_cancelled_before_it_begins_never_does():
    async def main():
        documents = Documents()
        with documents.opened(ADA, 10, 2) as opened:
            assert documents.cancel(ADA, 10) and not documents.cancel(ADA, 10)
            with pytest.raises(BrokenOff):
                await opened.work(asyncio.sleep(1))

    run_virtual(main())


def test_who_waits_for_the_work_being_cancelled_is_another_thing_and_ends_it_too():
    async def main():
        ended = []

        async def lasting():
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        with Documents().opened(ADA, 10, 2) as opened:
            waiting = asyncio.create_task(opened.work(lasting()))
            await asyncio.sleep(1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert ended == [True] and opened.ending == ""

    run_virtual(main())


def test_when_the_bot_goes_down_nothing_more_is_taken():
    documents = Documents()
    documents.close()
    with pytest.raises(Stopped), documents.opened(ADA, 10, 2):
        pass


def test_documents_take_turns():
    async def main():
        documents, order = Documents(), []

        async def batches(name):
            for _ in range(3):
                async with documents.turn:
                    order.append(name)
                    await asyncio.sleep(1)

        await asyncio.gather(batches("a"), batches("b"))
        return "".join(order)

    assert run_virtual(main()) == "ababab"


def shown(work_seconds, step_seconds, answer_seconds=0.0):
    """When which text was shown, in seconds from the start, of work that counts up every so often."""

    async def main():
        loop, done, seen = asyncio.get_running_loop(), asyncio.Event(), []
        start = loop.time()

        async def show(text):
            seen.append((round(loop.time() - start, 3), text))
            await asyncio.sleep(answer_seconds)

        def text():
            return str(int((loop.time() - start) / step_seconds))

        showing = asyncio.create_task(keep_showing(show, text, done, 1.0, 2.0))
        await asyncio.sleep(work_seconds)
        done.set()
        await showing
        return seen

    return run_virtual(main())


def test_progress_is_shown_when_work_lasts_and_not_more_often_than_every_pause():
    assert shown(0.9, 0.1) == []
    assert shown(6.5, 0.1) == [(1.0, "10"), (3.0, "30"), (5.0, "50")]
    times = [time for time, _ in shown(60, 0.1, answer_seconds=1.5)]
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 3.5


def test_progress_that_has_not_changed_is_not_shown_again():
    assert shown(20, 8) == [(1.0, "0"), (9.0, "1"), (17.0, "2")]
