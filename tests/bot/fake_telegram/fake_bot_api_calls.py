"""A call of the Bot API as it came over HTTP, its parameters decoded."""

import functools
import json
import time
from dataclasses import dataclass, field

from tests.bot.fake_telegram.fake_bot_api_errors import bad_request

PLAIN_TEXT = frozenset(
    [
        "text",
        "caption",
        "parse_mode",
        "action",
        "url",
        "secret_token",
        "ip_address",
        "callback_query_id",
        "inline_query_id",
        "inline_message_id",
        "file_id",
        "name",
        "description",
        "short_description",
        "language_code",
        "next_offset",
        "document",
        "photo",
        "thumbnail",
        "emoji",
        "business_connection_id",
        "message_effect_id",
    ]
)
"""Parameters that are never read as JSON: the text "42" is no number."""


@dataclass
class Call:
    """One request of the bot and, once there is one, its answer."""

    method: str
    raw: dict
    """Parameters as they came: text from a form, any value from JSON."""
    files: dict[str, tuple[str, bytes, str]] = field(default_factory=dict)
    """(name, content, type) of the files sent along, by the name of their part."""
    arrived_at: float = field(default_factory=time.monotonic)
    answered_at: float | None = None
    status: int | None = None
    """HTTP status of the answer, None as long as there is none."""
    result: object = None
    """What was answered if it went well."""

    @functools.cached_property
    def parameters(self):
        """All parameters as values."""
        return {name: decoded(name, value) for name, value in self.raw.items()}

    def get(self, name, default=None):
        """A parameter that may be left out."""
        return self.parameters.get(name, default)

    def need(self, name, kind):
        """A parameter that may not be left out.

        Raises:
            ApiError: 400 if it is missing or no `kind`.
        """
        value = self.parameters.get(name)
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        raise bad_request(f'parameter "{name}" is required' if value is None else f'wrong parameter "{name}"')

    def file(self, name):
        """(name, content, type) of the file that a parameter sends along or attaches, or None if it is no upload."""
        if name in self.files:
            return self.files[name]
        return self.files.get(str(self.get(name, "")).removeprefix("attach://"))


def decoded(name, value):
    """A parameter as the value that it stands for."""
    if not isinstance(value, str) or name in PLAIN_TEXT:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
