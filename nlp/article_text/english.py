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
_LONE_WORD = r"[A-Z'’]+(?: ?[–—]| -|--)"
"""One word before a dash: as likely the subject as a place ("IBM - Microsoft deal collapses")."""
_DATELINE_DASH = rf"(?: ?-{{2,3}} ?| - |[–—]+ ?| [–—]+ ?){_SENTENCE}"
_NATION = (
    "(?:American|Asian|Australian|Brazilian|British|Canadian|Chinese|Dutch|European|French|German|Greek|Indian|Iranian|"
    "Israeli|Italian|Japanese|Mexican|Norwegian|Russian|Saudi|South (?:African|Korean)|Spanish|Swedish|Swiss|Turkish)"
)
_COUNTRY = (
    "(?:America|Argentina|Australia|Brazil|Britain|Canada|China|Egypt|Europe|France|Germany|Greece|India|Indonesia|Iran|"
    "Iraq|Israel|Italy|Japan|Mexico|Norway|Pakistan|Russia|South Korea|Spain|Sweden|Switzerland|Turkey)"
)
_OPENER = (
    "(?:(?:A|An|The|I|It|It['’]s|He|She|We|You|They|This|That|These|Those|There|His|Her|Its|Our|Their|My|Your|What|When|"
    "Where|Why|How|Who|Which|While|If|As|At|In|On|For|From|With|Without|After|Before|Amid|Since|Despite|Although|Though|"
    "But|Even|Not|Now|Some|Many|Most|Several|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Half|Nearly|"
    "About|More than) |"
    f"(?:Stocks|Shares|Investors|{_NATION}) [a-z]|{_COUNTRY}['’]s |U\\.S\\. )"
)
_PLAIN_SENTENCE = rf"(?=[\"“‘][A-Z]|{_OPENER})"
"""After a bare city only what begins a sentence and continues no name: "BOSTON Marathon winner" is no dateline."""

# Cities that newspapers put at the head of a report without dash, date or region.
_CITIES = (
    "(?:ABIDJAN|AMMAN|AMSTERDAM|ANKARA|ATHENS|ATLANTA|BAGHDAD|BALTIMORE|BANGALORE|BANGKOK|BEIJING|BEIRUT|BERLIN|"
    "BOSTON|BRASILIA|BRUSSELS|BUENOS AIRES|CAIRO|CANBERRA|CARACAS|CHICAGO|CINCINNATI|CLEVELAND|COLOMBO|DALLAS|DENVER|"
    "DETROIT|DUBAI|DUBLIN|FRANKFURT|GENEVA|GLASGOW|HAMBURG|HANOI|HARARE|HAVANA|HELSINKI|HONG KONG|HOUSTON|"
    "INDIANAPOLIS|ISLAMABAD|ISTANBUL|JAKARTA|JERUSALEM|JOHANNESBURG|KABUL|KARACHI|KIEV|LAGOS|LISBON|LONDON|"
    "LOS ANGELES|MADRID|MANILA|MELBOURNE|MEXICO CITY|MIAMI|MILAN|MILWAUKEE|MINNEAPOLIS|MONTREAL|MOSCOW|MUMBAI|MUNICH|"
    "NAIROBI|NAJAF|NEW DELHI|NEW YORK|OSLO|OTTAWA|PARIS|PHILADELPHIA|PITTSBURGH|PRAGUE|RAMALLAH|RIO DE JANEIRO|ROME|"
    "SAN FRANCISCO|SAO PAULO|SEATTLE|SEOUL|SHANGHAI|SINGAPORE|STOCKHOLM|SYDNEY|TAIPEI|TEHERAN|TEHRAN|TOKYO|TORONTO|"
    "TRIPOLI|VANCOUVER|VIENNA|WARSAW|WASHINGTON|WELLINGTON|ZURICH)"
)

HEAD_RULES = (
    Rule(
        "web chrome",
        "head",
        re.compile(
            rf"(?:ADVERTISEMENT|SHARE THIS ARTICLE(?: Share| Tweet| Post| Email)*|CLOSE) {_SENTENCE}"
            rf"|(?:BREAKING|EXCLUSIVE|CORRECTED|FILE) - {_SENTENCE}"
            r"|\d{1,2} (?:years?|months?|weeks?|days?|hours?) ago (?:Updated [^()]{3,40} )?(?=(?:[A-Z]\w+ )?\(CNN\) )"
        ),
        ("ADVERTISEMENT", "SHARE", "CLOSE", " ago ", "BREAKING", "EXCLUSIVE", "CORRECTED", "FILE"),
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
    Rule(
        "dateline with a date",
        "head",
        re.compile(rf"{_CAPITALS}(?:[ ,]+(?:[A-Z]\w+\.? )?){_DATE},? {_SENTENCE}|{_CITIES} {_DATE} (?=[a-z]?[A-Z])"),
    ),
    Rule(
        "dateline with a dash",
        "head",
        re.compile(
            rf"(?:{_CITIES}|(?!{_LONE_WORD}){_CAPITALS}){_REGION}(?:,? {_DATE})?(?:,? Reuters?)?{_DATELINE_DASH}"
            rf"|[A-Z'’]{{5,}}(?: ?-{{2,3}} ?| ?[–—]{{2,}} ?){_SENTENCE}|{_CITIES}-{_SENTENCE}"
        ),
        ("-", "–", "—"),
    ),
    Rule(
        "dateline of a known city",
        "head",
        re.compile(rf"{_CITIES} {_PLAIN_SENTENCE}|{_CITIES}[/,] ?{_CITIES} {_SENTENCE}"),
    ),
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
