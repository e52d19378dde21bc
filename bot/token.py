"""The bot's token, which nothing may print: not a repr, not an error, not a log."""

import re
from dataclasses import dataclass, field

_SHAPE = re.compile(r"[1-9][0-9]{0,18}:[A-Za-z0-9_-]{10,}")
_ANYWHERE = re.compile(r"[0-9]{1,19}(?::|%3A)[A-Za-z0-9_-]{35,}", re.IGNORECASE)
"""Tokens as Telegram makes them, all of the same length, also as a URL writes them."""
MASK = "<token>"


def masked(text: str) -> str:
    """`text` without what has the shape of a token: somebody may have put one where it does not belong."""
    return _ANYWHERE.sub(MASK, text)


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
        """`text` without the token, nor the part of it that is secret, nor any other."""
        return masked(text.replace(self.secret, MASK).replace(self.secret.partition(":")[2], MASK))
