"""/stats: how the bot fares, in figures, for admins."""

from collections.abc import Sequence

from bot.desk import Case, Outcome
from bot.handlers.arena import contender_name
from bot.handlers.words import unknown_command
from bot.measures import resident_bytes, wilson_interval
from bot.store import Store
from bot.store.arena import Standing
from bot.store.figures import Ratings
from bot.texts.admins import AdminTexts, admin_texts_of


def is_admin(case: Case) -> bool:
    """Whether an admin asks."""
    return case.place.person in case.desk.settings.admins


async def stats(case: Case) -> Outcome:
    """Updates by state, latency, queues, memory, and what people think of each model's replies."""
    if not is_admin(case):
        return await unknown_command(case)
    texts, desk = admin_texts_of(case.language), case.desk
    counts = await desk.recall(Store.counts)
    said = texts.stats.format(
        states="\n".join(f"{getattr(texts, f'state_{state}')}: {number:,}" for state, number in counts.items()),
        open=desk.arrivals.unfinished,
        jobs=desk.inference.waiting,
        sending=desk.pacing.waiting,
        memory=f"{resident_bytes() / 2**20:,.0f}",
        latency=_latency(case, texts),
        ratings=_shares(texts, await desk.recall(Store.ratings)),
        arena=_standings(case, texts, await desk.recall(Store.standings)),
        days=f"{desk.settings.retention_days:g}",
    )
    await case.say(said)
    return Outcome()


def _latency(case: Case, texts: AdminTexts) -> str:
    measures = case.desk.arrivals.measures
    middle, high = measures.latest_seconds(0.5), measures.latest_seconds(0.95)
    if middle is None or high is None:
        return texts.none_yet
    return texts.latency.format(median=f"{middle:.2f}", high=f"{high:.2f}", count=f"{measures.latest:,}")


def _shares(texts: AdminTexts, ratings: Sequence[Ratings]) -> str:
    lines = [f"{each.model}: {share_line(each.up, each.up + each.down)}" for each in ratings]
    return "\n".join(lines) or texts.none_yet


def _standings(case: Case, texts: AdminTexts, standings: Sequence[Standing]) -> str:
    lines = [
        texts.arena.format(
            one=contender_name(case.texts, each.one),
            other=contender_name(case.texts, each.other),
            won=each.won,
            lost=each.lost,
            tied=each.tied,
            share=share_line(each.won, each.won + each.lost),
        )
        for each in standings
    ]
    return "\n".join(lines) or texts.none_yet


def share_line(successes: int, trials: int) -> str:
    """A share with its counts and its 95 % interval, in per cent."""
    if not trials:
        return f"({successes} / {trials})"
    low, high = wilson_interval(successes, trials)
    return f"{successes / trials:.0%} [{low:.0%}, {high:.0%}] ({successes:,} / {trials:,})"
