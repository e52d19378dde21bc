"""Inline queries over fake models in virtual time: what is asked, what is shown, and what expires."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest
from telegram.error import BadRequest, NetworkError, TimedOut

from bot.arrivals import STALE_SECONDS
from bot.desk import INLINE_AT_ONCE, Case
from bot.handlers.inline import MOST_DESCRIBED, MOST_QUERY_UNITS, PAUSE_SECONDS, offer_headlines
from bot.newest import Newest
from bot.places import place_of
from bot.texts import texts_of
from tests.bot.some_updates import update_of
from tests.bot.virtual_time import run_virtual

NEWS = "The city council voted on Monday to close the old bridge for repairs until spring."
TOO_OLD = BadRequest("Query is too old and response timeout expired or query id is invalid")
TEXTS = texts_of("en")


class Desk:
    """Models that take `seconds` and write what they are given, a Telegram that meets answers with `faults`."""

    def __init__(self, seconds=0.1, languages=("en",), faults=(), written=None):
        self.seconds, self.faults, self.written = seconds, list(faults), written
        self.models = SimpleNamespace(headlines=dict.fromkeys(languages))
        self.newest, self.bot, self.arrivals = Newest(INLINE_AT_ONCE), self, self
        self.asked, self.answers, self.at_once, self.most_at_once, self.came = [], {}, 0, 0, {}

    async def ask(self, run, article):
        self.asked.append(article)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.at_once -= 1
        texts = [f"{article[:10]} {number}" for number in range(run.count)] if self.written is None else self.written
        return SimpleNamespace(candidates=[SimpleNamespace(text=text) for text in texts])

    async def answer_inline_query(self, number, results, **about):
        await asyncio.sleep(0.05)
        if self.faults:
            raise self.faults.pop(0)
        self.answers[number] = (results, about)

    def is_stale(self, update_id):
        return asyncio.get_running_loop().time() - self.came[update_id] > STALE_SECONDS["inline_query"]


async def typed(desk, text, person=1, number=1, after=0.0):
    """How the query ends that a person has typed."""
    await asyncio.sleep(after)
    desk.came[number] = asyncio.get_running_loop().time()
    sender = {"id": person, "is_bot": False, "first_name": "Ada", "language_code": "en"}
    content = {"id": str(number), "from": sender, "query": text, "offset": ""}
    update = update_of(content, "inline_query", number)
    return await offer_headlines(Case(desk, update, place_of(update), "en", {}, None, text))


async def all_typed(desk, *queries):
    return [outcome.state for outcome in await asyncio.gather(*(typed(desk, *query) for query in queries))]


def test_three_headlines_are_offered_for_this_person_alone_with_the_beginning_of_the_text():
    desk = Desk()
    assert run_virtual(typed(desk, NEWS * 2)).state == "answered"
    results, about = desk.answers["1"]
    titles = [result.title for result in results]
    assert len({result.id for result in results}) == len(set(titles)) == 3
    assert titles == [result.input_message_content.message_text for result in results]
    assert {result.description for result in results} == {NEWS + NEWS[: MOST_DESCRIBED - 1 - len(NEWS)].rstrip() + "…"}
    assert about["is_personal"] and about["cache_time"] > 0 and about["button"] is None


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", TEXTS.inline_empty),
        ("  ", TEXTS.inline_empty),
        ("rain in town", TEXTS.inline_short),
        ("市议会周一投票决定关闭旧桥进行维修。", TEXTS.no_headline_model),
    ],
)
def test_a_text_that_headlines_cannot_be_written_for_is_answered_by_a_hint_at_once(text, hint):
    desk = Desk()

    async def scene():
        began = asyncio.get_running_loop().time()
        outcome = await typed(desk, text)
        return outcome.state, asyncio.get_running_loop().time() - began < PAUSE_SECONDS

    assert run_virtual(scene()) == ("answered", True)
    results, about = desk.answers["1"]
    assert not results and about["button"].text == hint and about["button"].start_parameter and desk.asked == []


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        ("a" * MOST_QUERY_UNITS, True),
        ("😀" * 128, True),
        ("a" + "😀" * 127, True),
        ("a" * (MOST_QUERY_UNITS - 2), False),
    ],
)
def test_who_reaches_the_limit_of_telegram_is_told_where_the_whole_text_goes(text, is_cut):
    desk = Desk()
    run_virtual(typed(desk, text))
    results, about = desk.answers["1"]
    assert results and (about["button"] is not None) == is_cut
    assert not is_cut or str(MOST_QUERY_UNITS) in about["button"].text


def test_nothing_fit_to_show_is_said_and_the_same_headline_is_shown_once():
    desk = Desk(written=["", " "])
    run_virtual(typed(desk, NEWS))
    assert desk.answers["1"][1]["button"].text == TEXTS.headline_none
    desk = Desk(written=["Bridge shut", "Bridge  shut"])
    run_virtual(typed(desk, NEWS))
    assert [result.title for result in desk.answers["1"][0]] == ["Bridge shut"]


def test_only_the_newest_text_of_a_person_is_worked_on_and_the_others_expire():
    desk = Desk()
    typing = [(NEWS[: 60 + number], 1, number, 0.1 * number) for number in range(5)]
    other = (NEWS, 2, 9, 0.15)
    assert run_virtual(all_typed(desk, *typing, other)) == [*["expired"] * 4, *["answered"] * 2]
    assert sorted(desk.asked) == sorted([NEWS[:64], NEWS]) and set(desk.answers) == {"4", "9"}


def test_a_hint_ends_older_work_too():
    desk = Desk(seconds=3.0)
    assert run_virtual(all_typed(desk, (NEWS, 1, 1), ("", 1, 2, 1.0))) == ["expired", "answered"]
    assert desk.asked == [NEWS] and set(desk.answers) == {"2"}


def test_an_answer_that_comes_too_late_expires():
    desk = Desk(seconds=STALE_SECONDS["inline_query"])
    assert run_virtual(typed(desk, NEWS)).state == "expired"
    assert desk.asked == [NEWS] and desk.answers == {}


def test_few_queries_are_before_the_models_at_once_and_those_that_wait_too_long_expire_unasked():
    desk = Desk(seconds=4.0)
    states = run_virtual(all_typed(desk, *[(NEWS, person, person) for person in range(1, 21)]))
    assert desk.most_at_once == INLINE_AT_ONCE
    assert Counter(states) == {"answered": 2 * INLINE_AT_ONCE, "expired": 20 - 2 * INLINE_AT_ONCE}
    assert len(desk.asked) == 3 * INLINE_AT_ONCE  # the third four come too late, the others are not asked at all


@pytest.mark.parametrize("faults", [[TOO_OLD], [NetworkError("Bad Gateway")] * 1000])
def test_an_answer_that_telegram_takes_no_more_expires(faults):
    assert run_virtual(typed(Desk(faults=faults), NEWS)).state == "expired"


def test_an_outage_is_sat_out_as_long_as_the_answer_is_wanted():
    desk = Desk(faults=[NetworkError("Bad Gateway")] * 2)
    assert run_virtual(typed(desk, NEWS)).state == "answered" and desk.answers


def test_an_answer_that_may_have_arrived_is_not_made_twice():
    desk = Desk(faults=[TimedOut()])
    assert run_virtual(typed(desk, NEWS)).state == "answered" and desk.answers == {}


def test_another_refusal_is_a_fault():
    with pytest.raises(BadRequest):
        run_virtual(typed(Desk(faults=[BadRequest("RESULT_ID_INVALID")]), NEWS))
