"""What concerns the running of the bot: who blocked it, and how it fares, for admins."""

from telegram import ChatMember

from bot.desk import Case, Outcome
from bot.handlers.words import unknown_command
from bot.store import Store

_OUT = (ChatMember.BANNED, ChatMember.LEFT)


async def membership(case: Case) -> Outcome:
    """The bot was blocked or let in again, in a private chat or a group."""
    change = case.update.my_chat_member
    is_out = change is not None and change.new_chat_member.status in _OUT
    await case.desk.recall(Store.mark_inactive if is_out else Store.mark_active, case.chat)
    return Outcome(detail="out" if is_out else "in")


async def status(case: Case) -> Outcome:
    """/status: how many updates ended how, and what waits; for admins."""
    if case.place.person not in case.desk.settings.admins:
        return await unknown_command(case)
    counts = await case.desk.recall(Store.counts)
    said = case.texts.status.format(
        counts="\n".join(f"{state}: {number}" for state, number in counts.items()),
        open=case.desk.arrivals.unfinished,
        jobs=case.desk.inference.waiting,
        sending=case.desk.pacing.waiting,
    )
    await case.say(said)
    return Outcome()
