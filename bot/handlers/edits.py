"""A message that was answered and is edited into a command: the command runs, and the answer to what it was goes."""

from collections.abc import Awaitable, Callable

from bot.desk import Case, Outcome
from bot.sending import delete_messages
from bot.store import Store


async def run_in_place(handle: Callable[[Case], Awaitable[Outcome]], case: Case) -> Outcome:
    """Handle a command that a message has become.

    Where nothing is known to have been said to the message, it may have been this command all the time: Telegram tells
    of edits that nobody sees, too. Nothing is done then, or an old /reset would reset once more.
    """
    before, case.earlier = case.earlier, None
    if before is None or case.message is None:
        return Outcome("refused", "an edited command")
    outcome = await handle(case)
    if outcome.state == "answered":
        await delete_messages(case.desk.bot, case.place, before.reply_message_ids)
        await case.desk.recall(Store.withdraw_match, case.chat, case.message.message_id)
        await case.desk.recall(Store.forget_exchange, case.chat, case.message.message_id)
    return outcome
