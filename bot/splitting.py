"""Long texts as messages that Telegram takes: cut where a reader would cut."""

MOST_UNITS = 4096
"""UTF-16 units of a message, from core.telegram.org/bots/api#sendmessage."""
_BORDERS = ("\n\n", "\n", *"。！？…", ". ", "! ", "? ", *"；，、", "; ", ", ", " ")
"""Where to cut, the best first; what stands here goes to the part before the cut."""
_LEAST_SHARE = 0.5
"""A part is at least so full, where there is a poorer border further on."""


def utf16_units(text: str) -> int:
    """The length of `text` as Telegram counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def split_text(text: str, most_units: int = MOST_UNITS) -> list[str]:
    """`text` in parts of `most_units` UTF-16 units at most (at least 2), none blank; only space at cuts is lost."""
    parts = []
    rest = text.strip()
    while utf16_units(rest) > most_units:
        end = _end_of_part(rest, _fitting(rest, most_units))
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [part for part in (*parts, rest) if part]


def _fitting(text: str, most_units: int) -> int:
    """How many characters from the start have so many units at most."""
    units = 0
    for place, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > most_units:
            return place
    return len(text)


def _end_of_part(text: str, fitting: int) -> int:
    """Where to cut the first `fitting` characters: behind the best border in their latter half, else at their end."""
    for border in _BORDERS:
        # A space or line break right behind what fits is a border, too, and is not sent.
        start = text.rfind(border, 0, fitting + len(border) - len(border.rstrip()))
        end = min(start + len(border), fitting)
        if start >= 0 and end >= max(1, int(fitting * _LEAST_SHARE)):
            return end
    return fitting
