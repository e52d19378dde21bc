"""What happens to a group itself: it becomes a supergroup, with another number."""

from bot.desk import Case, Outcome
from bot.store import Store


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
