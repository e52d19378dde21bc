"""Text as Telegram sees it: entities found in plain text, HTML markup turned into entities, white space trimmed."""

import re
from html.parser import HTMLParser

from tests.bot.fake_telegram.fake_bot_api_errors import ApiError, bad_request
from tests.bot.fake_telegram.fake_bot_api_rules import utf16_length

FOUND_IN_TEXT = {
    "bot_command": re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])"),
    "mention": re.compile(r"(?<![\w/@])@[A-Za-z0-9_]{3,32}(?!\w)"),
    "url": re.compile(r"https?://[^\s<>\"]+"),
    "hashtag": re.compile(r"(?<![\w#])#\w*[^\W\d]\w*"),
}
TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}


def entities_of(text):
    """The MessageEntity objects that Telegram finds in plain `text` by itself, offsets in UTF-16 units."""
    found = [
        {"type": kind, "offset": utf16_length(text[: match.start()]), "length": utf16_length(match[0])}
        for kind, pattern in FOUND_IN_TEXT.items()
        for match in pattern.finditer(text)
    ]
    return sorted(found, key=lambda entity: entity["offset"])


def read_text(text, parse_mode, entities):
    """(plain text, entities) of a text that the bot sends.

    Raises:
        ApiError: for a mode that Telegram does not know, or markup that is not well-formed.
    """
    if not parse_mode:
        return text.strip(), (entities or []) + [e for e in entities_of(text.strip()) if not entities]
    if parse_mode.lower() != "html":
        known = parse_mode.lower() in ("markdown", "markdownv2")
        raise ApiError(501, "the fake does not read Markdown") if known else bad_request("unsupported parse_mode")
    markup = Markup(convert_charrefs=True)
    markup.feed(text)
    markup.close()
    if markup.open:
        raise bad_request(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{markup.open[-1][0]}\""
        )
    return markup.text.strip(), markup.entities + entities_of(markup.text)


class Markup(HTMLParser):
    """Collects the plain text and the entities of Telegram's HTML."""

    def __init__(self, **options):
        super().__init__(**options)
        self.text, self.entities, self.open = "", [], []

    def handle_starttag(self, tag, attributes):
        """Open an entity, or refuse a tag that Telegram does not know."""
        if tag not in TAGS:
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append((tag, utf16_length(self.text), dict(attributes)))

    def handle_endtag(self, tag):
        """Close the entity opened last, which must be of this tag."""
        if not self.open or self.open[-1][0] != tag:
            raise bad_request(f'can\'t parse entities: Unexpected end tag "{tag}"')
        _, offset, attributes = self.open.pop()
        if length := utf16_length(self.text) - offset:
            link = {"url": attributes.get("href", "")} if tag == "a" else {}
            self.entities.append({"type": TAGS[tag], "offset": offset, "length": length, **link})

    def handle_data(self, data):
        """Take up text between tags."""
        self.text += data
