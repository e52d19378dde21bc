"""What happens to a chat itself: it blocks the bot or lets it in, or it is a group that gets another number."""

from telegram import ChatMember

from bot.desk import Case, Outcome
from bot.store import Store

_OUT = (ChatMember.BANNED, ChatMember.LEFT)


async def membership(case: Case) -> Outcome:
    """The bot was blocked or let in again, in a private chat or a group."""
    change = case.update.my_chat_member
    is_out = change is not None and change.new_chat_member.status in _OUT
    await case.desk.recall(Store.mark_inactive if is_out else Store.mark_active, case.chat)
    return Outcome(detail="out" if is_out else "in")


async def moved(case: Case) -> Outcome:
    """Telegram says so in the old chat and in the new one, in either order; at the first, what is stored follows."""
    message = case.message
    assert message is not None
    if message.migrate_to_chat_id is not None:
        old, new = case.chat, message.migrate_to_chat_id
    else:
        assert message.migrate_from_chat_id is not None
        old, new = message.migrate_from_chat_id, case.chat
    is_news = await case.desk.recall(Store.move_chat, old, new)
    return Outcome(detail="the group has another number" if is_news else "the group's other number was known")
