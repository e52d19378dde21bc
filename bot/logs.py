"""The bot's log: one JSON object a line on standard error; never what people write, never the token."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from bot.token import Token, masked

QUIET = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "telegram": logging.WARNING, "asyncio": logging.WARNING}
"""Libraries that tell too much: httpx logs each URL, and with it the token; telegram's debug log holds messages."""
_LOGGER = logging.getLogger("bot")


class _Lines(logging.Formatter):
    """Writes records as JSON."""

    def __init__(self, token: Token | None) -> None:
        super().__init__()
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        """One line: when, how grave, who, what, and the facts of an event."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "from": record.name}
        line |= {"message": record.getMessage(), **getattr(record, "facts", {})}
        if record.exc_info and record.exc_info[1]:
            line["error"] = described(record.exc_info[1])
        text = json.dumps(line, ensure_ascii=False, default=str)
        return self._token.masked(text) if self._token else masked(text)


def described(error: BaseException) -> str:
    """Kind and place of an error. Its message is left out: it could quote what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} in {places}" if places else type(error).__name__


def log_event(message: str, level: int = logging.INFO, **facts: object) -> None:
    """Log an event with its facts as fields of their own."""
    _LOGGER.log(level, message, extra={"facts": facts})


def set_up_logs(token: Token | None, stream: TextIO | None = None) -> None:
    """Send all logs of this process to `stream`, standard error by default, as JSON lines with the token masked."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Lines(token))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)
