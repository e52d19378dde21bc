"""Rules on a single value that Telegram's descriptions state in words: lengths, ranges, constants, closed sets.

The machine-readable specification only carries types; "1-4096 characters" stands in a sentence. `rules_of` reads such
sentences, and two sets that they do not spell out are written here by hand.
"""

import re
from dataclasses import dataclass
from functools import cache

PARSE_MODES = frozenset({"HTML", "Markdown", "MarkdownV2"})
"""From the section on formatting options."""

CHAT_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
"""From the description of sendChatAction."""

MAX_INLINE_RESULTS = 50

CONSTANT = re.compile(r'(?:always|must be) "?([a-z][a-z_0-9]*)"?$')
CHOICES = re.compile(r'(?:one of|can be either|can be) ("[^"]+".*)', re.IGNORECASE)
LENGTH = re.compile(r"(\d+)-(\d+) (characters|bytes)", re.IGNORECASE)
ITEMS = re.compile(r"(?:list of|include) (\d+)-(\d+)")
NUMBER = re.compile(r"(?:[;,] |between )(\d+)-(\d+)(?= are accepted|[.,;]|$)")


@dataclass(frozen=True)
class Rules:
    """What a description demands of one value; None and an empty set demand nothing."""

    constant: str | None = None
    choices: frozenset[str] = frozenset()
    low: int = 0
    high: int | None = None
    unit: str = ""
    """What `low` and `high` count: "characters" (UTF-16 units), "bytes", "items", or "" for the number itself."""

    def problems(self, value, where):
        """Messages on what is wrong with `value`, each starting with `where`."""
        if self.constant is not None and value != self.constant:
            yield f"{where}: {value!r} instead of {self.constant!r}"
        if self.choices and isinstance(value, str) and value not in self.choices:
            yield f"{where}: {value!r} is none of {', '.join(sorted(self.choices))}"
        size = None if self.high is None else measured(value, self.unit)
        if size is not None and not self.low <= size <= self.high:
            yield f"{where}: {size} {self.unit or 'given'}, {self.low} to {self.high} allowed"


def measured(value, unit):
    """Size of `value` in `unit`, or None where it has none, as a string has no number of items."""
    if unit == "characters" and isinstance(value, str):
        return utf16_length(value)
    if unit == "bytes" and isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if unit == "items" and isinstance(value, list):
        return len(value)
    if not unit and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return None


def utf16_length(text):
    """Length of `text` as Telegram counts it: in UTF-16 units, so that an emoji counts two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@cache
def rules_of(owner, name, type_names, description):
    """The `Rules` of the field `name` of a method or type `owner`."""
    if name.endswith("parse_mode"):
        return Rules(choices=PARSE_MODES)
    if (owner, name) == ("sendChatAction", "action"):
        return Rules(choices=CHAT_ACTIONS)
    if (owner, name) == ("answerInlineQuery", "results"):
        return Rules(high=MAX_INLINE_RESULTS, unit="items")
    if type_names[0].startswith("Array of"):
        found = ITEMS.search(description)
        return Rules(low=int(found[1]), high=int(found[2]), unit="items") if found else Rules()
    if "String" not in type_names:
        found = NUMBER.search(description)
        return Rules(low=int(found[1]), high=int(found[2])) if found else Rules()
    return _rules_of_text(description)


def _rules_of_text(description):
    if found := CONSTANT.search(description):
        return Rules(constant=found[1])
    if found := CHOICES.search(description):
        return Rules(choices=frozenset(re.findall(r'"([^"]+)"', found[1].split(". ")[0])))
    if found := LENGTH.search(description):
        return Rules(low=int(found[1]), high=int(found[2]), unit=found[3].lower())
    return Rules()
