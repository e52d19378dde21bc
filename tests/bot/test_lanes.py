"""The order of work, in virtual time: order within a chat, slots, admission, draining; and the real Application."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lanes import Bounds, Lanes, Work
from bot.pacing import Pacing
from tests.bot.pacing_scenes import Call, Server, send
from tests.bot.some_updates import message
from tests.bot.virtual_time import run_virtual

PATIENTLY = settings(max_examples=60, deadline=None)
BOUNDS = Bounds(slots=3, slots_of_chat=2, of_person=4, of_chat=6, all=10)
WIDE = Bounds(of_person=10_000, of_chat=10_000, all=100_000)
IN_TOPIC = {"is_topic_message": True, "message_thread_id": 7}


@dataclass(eq=False)
class Event:
    """An update of a test, and what became of it; times in seconds from the start."""

    chat: int
    person: int
    in_topic: bool
    work: Work
    at: float
    lasts: float
    cancelled_after: float | None = None
    attempts: int | None = None
    start: float | None = None
    end: float | None = None
    refused: bool = False
    left: float | None = None

    def update(self, number):
        return message(chat=self.chat, person=self.person, number=number, **IN_TOPIC if self.in_topic else {})

    @property
    def line(self):
        return self.chat, self.in_topic


class Scene:
    """Feeds events to lanes in the order of their times, each as a task of its own, as the Application does."""

    def __init__(self, events, bounds=WIDE):
        self.events = sorted(events, key=lambda event: event.at)
        self.lanes = Lanes(
            lambda update: self.of(update).work, self.busy, bounds, lambda update: self.of(update).attempts
        )
        self.start = asyncio.get_running_loop().time()

    def of(self, update):
        return self.events[update.update_id]

    def now(self):
        return asyncio.get_running_loop().time() - self.start

    async def busy(self, update):
        self.of(update).refused = True

    async def handled(self, event):
        event.start = self.now()
        try:
            await asyncio.sleep(event.lasts)
        finally:
            event.end = self.now()

    async def processed(self, event, number):
        try:
            async with asyncio.timeout(event.cancelled_after):
                await self.lanes.process_update(event.update(number), self.handled(event))
        except TimeoutError:
            pass
        finally:
            event.left = self.now()

    async def feed(self):
        tasks = []
        for number, event in enumerate(self.events):
            await asyncio.sleep(event.at - self.now())
            tasks.append(asyncio.create_task(self.processed(event, number)))
        return tasks


def play(events, bounds=WIDE):
    """All events, to their end, in the order in which they came."""

    async def main():
        scene = Scene(events, bounds)
        await asyncio.gather(*await scene.feed())
        assert scene.lanes.open == 0
        assert not scene.lanes._slots_taken and not scene.lanes._counts and not scene.lanes._lines
        return scene.events

    return run_virtual(main())


EVENTS = st.lists(
    st.builds(
        Event,
        chat=st.sampled_from([1, 2, -1, -2]),
        person=st.integers(1, 4),
        in_topic=st.booleans(),
        work=st.sampled_from(Work),
        at=st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0]),
        lasts=st.sampled_from([0.0, 0.3, 1.0, 5.0]),
        cancelled_after=st.none() | st.none() | st.sampled_from([0.2, 1.2]),
    ),
    max_size=30,
)


@PATIENTLY
@given(EVENTS, st.sampled_from([BOUNDS, WIDE]))
def test_order_is_kept_within_a_chat_and_nothing_is_lost(events, bounds):
    events = play(events, bounds)
    for event in events:
        assert (event.start is not None) + event.refused == 1 or event.cancelled_after
    for line in {event.line for event in events}:
        mine = [e for e in events if e.line == line and e.work is not Work.AT_ONCE and e.start is not None]
        for place, later in enumerate(mine):
            assert all(before.end <= later.start for before in mine[:place])


@PATIENTLY
@given(EVENTS, st.sampled_from([BOUNDS, WIDE]))
def test_light_work_waits_for_nothing_but_its_own_chat(events, bounds):
    events = play(events, bounds)
    for place, event in enumerate(events):
        if event.start is not None and event.work is not Work.MODEL:
            before = [e.left for e in events[:place] if e.line == event.line and e.work is not Work.AT_ONCE]
            held = max(before, default=0.0) if event.work is Work.ORDERED else 0.0
            assert event.start == pytest.approx(max(event.at, held))


@PATIENTLY
@given(EVENTS)
def test_slots_are_kept_and_no_chat_fills_them(events):
    running = [event for event in play(events, BOUNDS) if event.start is not None and event.work is Work.MODEL]
    for event in running:
        together = [e for e in running if e.start <= event.start < e.end]
        assert len(together) <= BOUNDS.slots
        assert sum(e.chat == event.chat for e in together) <= BOUNDS.slots_of_chat


@PATIENTLY
@given(EVENTS)
def test_busy_is_said_when_a_bound_is_reached_and_only_then(events):
    """Counted again from what was open when each event came; events at the very moment another ends decide nothing."""
    events = play(events, BOUNDS)
    admitted = []
    for event in events:
        still = [e for e in admitted if e.left > event.at]
        leaving = [e for e in admitted if e.left == pytest.approx(event.at)]
        if not leaving:
            alike = [e for e in still if (e.work is Work.MODEL) == (event.work is Work.MODEL)]
            full = (
                sum(e.person == event.person for e in alike) >= BOUNDS.of_person
                or sum(e.chat == event.chat for e in alike) >= BOUNDS.of_chat
                or len(still) >= BOUNDS.all
            )
            assert full == event.refused
        if not event.refused:
            admitted.append(event)


def model_work(chat=1, at=0.0, lasts=1.0, work=Work.MODEL, in_topic=False, person=None):
    return Event(chat, person or abs(chat), in_topic, work, at, lasts)


def test_each_message_beyond_the_bound_is_refused_until_there_is_room():
    flood = [model_work(at=number / 10, lasts=1.05) for number in range(9)]
    later = [model_work(at=1.2, lasts=9.0), *(model_work(at=1.3 + number / 10) for number in range(3))]
    events = play(flood + later, Bounds(of_person=4))
    assert [event.refused for event in events] == [*[False] * 4, *[True] * 5, False, *[True] * 3]


def test_a_chat_with_much_to_do_does_not_hold_up_another():
    """One chat in two threads holds its two slots; the third is for the others, first come, first served."""
    hog = [model_work(-1, lasts=10.0, in_topic=topic) for topic in (True, False) for _ in range(3)]
    others = [model_work(chat, at=1.0) for chat in (2, 3)]
    play(hog + others, BOUNDS)
    assert [event.start for event in others] == pytest.approx([1.0, 2.0])


def test_commands_go_while_all_slots_are_taken():
    work = [model_work(chat, lasts=100.0) for chat in range(1, 10)]
    light = [model_work(1, at=1.0, work=Work.AT_ONCE), model_work(20, at=1.0, work=Work.ORDERED)]
    play(work + light, Bounds(slots=3))
    assert [event.start for event in light] == pytest.approx([1.0, 1.0])


def test_draining_lets_work_finish_and_takes_no_more():
    async def main():
        scene = Scene([model_work(at=at) for at in (0.0, 0.0, 0.5)])
        feeding = asyncio.create_task(scene.feed())
        await asyncio.sleep(0.1)
        assert await scene.lanes.drain(30.0) == 0
        assert scene.now() == pytest.approx(2.0)
        await asyncio.gather(*await feeding)
        return [event.start for event in scene.events]

    assert run_virtual(main()) == [pytest.approx(0.0), pytest.approx(1.0), None]


def test_draining_ends_at_its_limit():
    """What runs and what waits is cancelled, and counted: it is not answered, so the store keeps it."""

    async def main():
        scene = Scene([model_work(lasts=20.0), model_work(), model_work(2, lasts=1.0)])
        tasks = await scene.feed()
        await asyncio.sleep(0)
        assert await scene.lanes.drain(5.0) == 2
        assert scene.now() == pytest.approx(5.0)
        assert scene.lanes.open == 0
        assert [type(left) for left in await asyncio.gather(*tasks, return_exceptions=True)][:2] == [
            asyncio.CancelledError
        ] * 2
        return [event.start for event in scene.events]

    assert run_virtual(main()) == [pytest.approx(0.0), None, pytest.approx(0.0)]


def test_a_handler_that_fails_frees_its_place():
    async def fails():
        raise OSError("no")

    async def main():
        scene = Scene([model_work(), model_work()], Bounds(slots=1))
        with pytest.raises(OSError, match="no"):
            await scene.lanes.process_update(scene.events[0].update(0), fails())
        await scene.processed(scene.events[1], 1)
        return scene.events[1].end

    assert run_virtual(main()) == pytest.approx(1.0)


def test_what_light_work_sends_goes_before_replies():
    """In the order of lanes, with one message a second: two replies wait, then come a command and a refusal."""

    async def main():
        pacing, server = Pacing(), Server()

        async def sends(number):
            await send(pacing, server, Call(1, None, number=number))

        async def busy(update):
            await sends(update.update_id)

        lanes = Lanes(lambda update: works[update.update_id], busy, Bounds(of_person=2))
        tasks = [
            asyncio.create_task(lanes.process_update(message(chat=-number, number=number), sends(number)))
            for number in range(len(works))
        ]
        await asyncio.gather(*tasks)
        return [one.call.number for one in server.tries]

    works = [Work.MODEL, Work.MODEL, Work.MODEL, Work.ORDERED]
    assert run_virtual(main()) == [0, 2, 3, 1]


@pytest.mark.parametrize("name", ["slots", "slots_of_chat", "of_person", "of_chat", "all"])
def test_bounds_that_let_nothing_through_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} = 0"):
        Bounds(**{name: 0})
