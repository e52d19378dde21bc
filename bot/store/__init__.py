"""What the bot must not lose, in one SQLite file: updates and how they ended, what was said and what people think of
it, settings, and which groups have another number now.

All methods are synchronous and may wait for the disk; callers in the event loop use `bot.store.background`.
"""

from bot.store.arena import Arena
from bot.store.choices import Choices
from bot.store.errors import StoreDamaged, StoreError, StoreUnavailable
from bot.store.feedback import Feedback
from bot.store.figures import Figures
from bot.store.preferences import Preferences
from bot.store.privacy import Privacy
from bot.store.talks import NO_THREAD, Exchange, Talks
from bot.store.updates import STATES, DeadLetter, State, Updates, WaitingUpdate

__all__ = [
    "NO_THREAD",
    "STATES",
    "DeadLetter",
    "Exchange",
    "State",
    "Store",
    "StoreDamaged",
    "StoreError",
    "StoreUnavailable",
    "WaitingUpdate",
]


class Store(Updates, Feedback, Arena, Talks, Preferences, Privacy, Choices, Figures):
    """The whole store: see the parts that it is made of for its methods."""
