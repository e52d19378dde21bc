"""What stands around an English article: datelines, bylines and web chrome before it, credits and links after it."""

from __future__ import annotations

import re

from nlp.article_text.rules import Rule

_AGENCY = (
    "(?:Reuters?(?: [A-Z][a-z]+)?|Associated Press|AP|AFP|UPI|CP|Canadian Press|Xinhua(?:net)?|PTI|ANI|IANS|DPA|KRT|"
    "CNN(?:Money)?|CBS(?:[. ]?MW| News)?|NBC News|BBC(?: News)?|Bloomberg(?: News)?|Dow Jones|IFR|LPC|Interfax|TASS|"
    "Kyodo(?: News)?|COMPUTERWORLD|Agencies|Ticker|Variety|Billboard|MarketWatch|"
    "(?:[A-Z][\\w.&]*[ -]){1,3}(?:Network|Reporter|Ratings|Magazine|News|Times|Post|Wire|Agencies|Press|Journal)|"
    r"\w+\.com)"
)
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}"
_DATE = rf"(?:{_MONTH}\.? \d{{1,2}}|\d{{1,2}} {_MONTH})(?:,? (?:19|20)\d\d)?"
_DASH = r"(?: ?-{1,3} ?(?=[^\s-])| ?[–—]+ ?)"

# A place in capitals, and the region after its comma: "ST. LOUIS", "McLEAN, Va.", "SEOUL, South Korea", "OTSU/TOKYO".
_CAPITALS = r"(?:(?:ST|MT|FT)\. )?(?:[A-Z][a-z]{1,2})?[A-Z][A-Z'’]{2,}(?:[ /-][A-Z][A-Z'’.]+){0,4}"
_REGION = r"(?:, ?(?:[A-Z][A-Za-z.'’-]*\.?)(?: [A-Z][A-Za-z.'’-]*){0,2})?"
_NAME = r"[A-Z][\w.'’-]+(?: (?:[A-Z][\w.'’-]*|de|van|von|der|al|bin)){1,3}?"
_NAMES = rf"{_NAME}(?:(?:,? and|,|,? &) {_NAME}){{0,3}}"
_SENTENCE = r"(?=[\"“'‘(]?(?:[A-Z][a-z'’]|[A-Z]\.|(?:A|I|An|The) |[A-Z]{2,}[\w'’.]* [a-z]|\d|\$))"
"""What must follow where no dash says that the dateline is over: a sentence that begins like one."""
_PLAIN_SENTENCE = r"(?=[\"“'‘]?(?:[A-Z][a-z'’]|[A-Z]\.|(?:A|I|An|The) |\d|\$))"
"""After a bare city even less will do: "NEW YORK TIMES shares" is no dateline."""

# Cities that newspapers put at the head of a report without dash, date or region.
_CITIES = (
    "(?:AMSTERDAM|ATHENS|BAGHDAD|BANGALORE|BANGKOK|BEIJING|BEIRUT|BERLIN|BOSTON|BRASILIA|BRUSSELS|BUENOS AIRES|CAIRO|"
    "CARACAS|CHICAGO|DALLAS|DETROIT|DUBAI|DUBLIN|FRANKFURT|GENEVA|HELSINKI|HONG KONG|HOUSTON|ISLAMABAD|ISTANBUL|"
    "JAKARTA|JERUSALEM|JOHANNESBURG|KABUL|KIEV|LAGOS|LISBON|LONDON|LOS ANGELES|MADRID|MANILA|MELBOURNE|MEXICO CITY|"
    "MIAMI|MILAN|MOSCOW|MUMBAI|NAIROBI|NEW DELHI|NEW YORK|OSLO|OTTAWA|PARIS|PRAGUE|RIO DE JANEIRO|ROME|SAN FRANCISCO|"
    "SAO PAULO|SEATTLE|SEOUL|SHANGHAI|SINGAPORE|STOCKHOLM|SYDNEY|TAIPEI|TEHRAN|TOKYO|TORONTO|TRIPOLI|VANCOUVER|VIENNA|"
    "WARSAW|WASHINGTON|WELLINGTON|ZURICH)"
)

HEAD_RULES = (
    Rule(
        "web chrome",
        "head",
        re.compile(
            rf"(?:ADVERTISEMENT|SHARE THIS ARTICLE(?: Share| Tweet| Post| Email)*|CLOSE) {_SENTENCE}"
            r"|\d{1,2} (?:years?|months?|weeks?|days?|hours?) ago (?:Updated [^()]{3,40} )?(?=(?:[A-Z]\w+ )?\(CNN\) )"
        ),
        ("ADVERTISEMENT", "SHARE", "CLOSE", " ago "),
    ),
    Rule(
        "byline",
        "head",
        re.compile(
            rf"By {_NAMES},? (?:(?:the )?(?:{_AGENCY} )?(?:[A-Z]\w+ )?"
            rf"(?:Staff Writers?|Writers?|Correspondents?|Reporters?|Editors?)(?:[.,|]? |$)"
            rf"|{_AGENCY}[,.]? (?={_CAPITALS})|(?={_CAPITALS}{_REGION}(?:,? {_DATE})?(?: \({_AGENCY}\))?{_DASH}))"
            rf"|By {_AGENCY}\. {_SENTENCE}"
            rf"|{_NAMES},? USA TODAY (?:Sports )?(?=[A-Z\"“'])"
        ),
        ("By ", "USA TODAY"),
    ),
    Rule(
        "agency dateline",
        "head",
        re.compile(
            rf"(?:{_AGENCY}{_DASH})?(?:[A-Z][\w.'’/-]*(?:,? [A-Z\d][\w.'’/-]*){{0,7}},? ?)?\({_AGENCY}(?:/{_AGENCY})?\)"
            rf"(?:{_DASH}| ?[:.] |(?<=\)) {_SENTENCE})"
        ),
        (")",),
    ),
    Rule(
        "lower-case agency dateline",
        "head",
        re.compile(
            r"[a-z][a-z.'’/-]*(?:,? [a-z\d][a-z.'’/-]*){0,5},? "
            r"\((?:reuters|ap|afp|upi|cp|xinhua|dow jones|bloomberg|sports network)\) ?-{1,2} "
        ),
        (") -", ")-"),
    ),
    Rule("dateline with a date", "head", re.compile(rf"{_CAPITALS}(?:[ ,]+(?:[A-Z]\w+\.? )?){_DATE},? {_SENTENCE}")),
    Rule(
        "dateline with a dash",
        "head",
        re.compile(
            rf"{_CAPITALS}{_REGION}(?:,? {_DATE})?(?:,? Reuters?)?(?: ?-{{2,3}} ?| - |[–—]+ ?| [–—] ?){_SENTENCE}"
            rf"|{_CITIES}-{_SENTENCE}"
        ),
        ("-", "–", "—"),
    ),
    Rule("dateline of a known city", "head", re.compile(rf"{_CITIES}(?:[/,] ?{_CITIES})? {_PLAIN_SENTENCE}")),
    Rule(
        "date before a dash",
        "head",
        re.compile(rf"\(?{_DATE}(?:,? \d{{1,2}}:\d\d ?[ap]\.?m\.?)?(?:\) ?|{_DASH}){_SENTENCE}", re.IGNORECASE),
        ("-", "–", "—", ")"),
    ),
)
"""What may stand before an English article, in the order in which it does."""

_END = "(?<=[.!?\"”'’)\\]…])"

TAIL_RULES = (
    Rule(
        "reporting credit",
        "tail",
        re.compile(
            r" ?[(\[](?:Additional |Further )?(?:Reporting|Writing|Editing|Compiled|Written|Edited)(?: and \w+)? by "
            rf"[^()\[\]]*[)\]]?\.?$|{_END} (?:Additional )?(?:Reporting|Writing) by [A-Z][^.!?]{{2,200}}"
            r"[;.] ?Editing by [A-Z][^!?]{2,100}$"
        ),
        (" by ",),
    ),
    Rule(
        "agency at the end",
        "tail",
        re.compile(rf"{_END} ?(?:\(?Reuters?\)?|\((?:AP|AFP|UPI|ANI|IANS|PTI|Xinhua)\)|REUTER)\.?$"),
        ("euter", "REUTER", "(A", "(U", "(I", "(P", "(X"),
    ),
    Rule(
        "link",
        "tail",
        re.compile(
            rf"{_END} ?[\[(]?(?:Read|See|View|Click here for|Click here to read|Continue reading)"
            r"(?: the)?(?: more| full (?:story|article|report|text)| the rest)?(?: here| at \S+| on \S+)?"
            r"(?: ?[»>→]+|\.{2,}|…)?[\])]?\.?$|"
            rf"{_END} (?:Click here|Sign up|Subscribe|Follow us)(?: now)? (?:to|for|on) [^.!?]{{3,80}}[.!]?$"
            rf"| ?\| (?:Video|Photos|Slideshow)$"
        ),
        ("Read", "See ", "View ", "Click here", "Continue", "Sign up", "Subscribe", "Follow us", "| "),
    ),
    Rule(
        "copyright",
        "tail",
        re.compile(
            rf"{_END} ?(?:Copyright ?(?:©|\([cC]\))? ?(?:\d{{4}}|by\b)|© ?(?:Copyright )?\d{{4}}).{{0,60}}$"
            rf"|{_END} All rights reserved\.?.{{0,60}}$"
        ),
        ("opyright", "©", "rights reserved"),
    ),
)
"""What may stand after an English article."""
