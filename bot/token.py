"""The bot's token, which nothing may print: not a repr, not an error, not a log."""

import re
from dataclasses import dataclass, field

_SHAPE = re.compile(r"[1-9][0-9]{0,18}:[A-Za-z0-9_-]{10,}")
MASK = "<token>"


@dataclass(frozen=True)
class Token:
    """A token as BotFather gives it; `secret` is for the library that calls Telegram, and for nobody else.

    Raises:
        ValueError: it is not of the form of a token. The message does not hold it.
    """

    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.secret):
            raise ValueError("it does not look like one: a number, a colon, and letters, as BotFather gives it")

    @property
    def bot_id(self) -> int:
        """The number of the bot, which is no secret."""
        return int(self.secret.partition(":")[0])

    def masked(self, text: str) -> str:
        """`text` without the token, nor the part of it that is secret."""
        return text.replace(self.secret, MASK).replace(self.secret.partition(":")[2], MASK)
