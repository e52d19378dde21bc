"""What stands around a Chinese article: 新华社…电 and 本报讯 before it, editors, sources and links after it."""

from __future__ import annotations

import re

from nlp.article_text.rules import Rule
from nlp.text import HAN_RANGES

_TRADITIONAL = dict(
    zip(
        "报讯记电华闻国网经编辑责来图视综员标题对审华东总台财线体独导录众号读阅详请转载权许声"
        "据话竞动价击缆费车会节们团证资传发脑称将从为与见习频户点纬",
        "報訊記電華聞國網經編輯責來圖視綜員標題對審華東總臺財線體獨導錄眾號讀閱詳請轉載權許聲"
        "據話競動價擊纜費車會節們團證資傳發腦稱將從為與見習頻戶點緯",
        strict=True,
    )
)


def _compile(pattern: str) -> re.Pattern[str]:
    """`pattern`, which is written with simplified characters, for simplified and traditional ones alike."""
    written, in_class, escaped = [], False, False
    for character in pattern:
        if character in _TRADITIONAL:
            both = character + _TRADITIONAL[character]
            character = both if in_class else f"[{both}]"
        elif not escaped and character in "[]":
            in_class = character == "["
        escaped = character == "\\" and not escaped
        written.append(character)
    return re.compile("".join(written))


def _hints(*hints: str) -> tuple[str, ...]:
    """`hints` in simplified and in traditional characters."""
    traditional = ("".join(_TRADITIONAL.get(character, character) for character in hint) for hint in hints)
    return tuple(dict.fromkeys((*hints, *traditional)))


_HAN = f"[{HAN_RANGES}]"
_DATE = r"(?:\d{2,4} ?年 ?)?\d{1,2} ?月 ?\d{1,2} ?日"
_WIRE = "(?:新华社|人民网|新华网|中新社|中新网|中新经纬|中国新闻网|中国新闻社|国际在线|法新社|路透社|美联社|塔斯社)"
_OUTLET = (
    rf"(?:(?![是了的]|官网)(?:{_HAN}|[A-Za-z\d])){{1,10}}?"
    "(?:网|社|新闻|台|报|客户端|财经|经纬|在线|科技|周刊|频道|视频|快讯|之声|新媒体)"
)
_HOUSE = "(?:本台|本网|本社|本刊|央视网|央视新闻|光明网|中国网|环球网|第一财经|财联社)"
_NOT_A_WORD = "(?![影视话竞商动力网信池价子器脑台击缆梯费源站车])"
"""After 电 or 讯 of a wire: what would make it the start of a word, such as 电影."""
_NOT_BEFORE = "(?<![致来发通停供充用家腾资简喜短视问音审闻传电])"
"""Before 电 or 讯 where no date stands: what would make it the end of a word, such as 停电."""
_REPORTERS = (
    r"(?: ?[(（](?:[^()（）]{0,14}(?:记者|通讯员|编辑)[^()（）]{0,30}"
    rf"|{_HAN}{{2,3}}(?:[ 、]?{_HAN}{{2,3}}){{0,3}})[)）])"
)
_PEOPLE = rf"{_HAN}{{2,4}}(?:[ 、]{_HAN}{{2,3}}){{0,3}}"

HEAD_RULES = (
    Rule(
        "original title",
        "head",
        _compile(r"[(（]原标题[：:](?:[^()（）]|[(（][^()（）]{0,40}[)）]){1,80}[)）] ?|原标题[：:] ?"),
        _hints("原标题"),
    ),
    Rule(
        "wire",
        "head",
        _compile(
            rf"(?:据 ?)?{_WIRE}{_HAN}{{0,8}} ?{_DATE}(?:专?电|讯|消息){_REPORTERS}?"
            rf"(?:[，：:、,] ?| |{_NOT_A_WORD}(?=\S))"
            rf"|{_OUTLET}(?:{_HAN}{{0,6}} ?)?{_DATE}(?:专?电|讯|消息)(?:{_REPORTERS}[，：:,]? ?|[，：:,] ?)"
            rf"|(?:据 ?)?{_WIRE}(?:(?!记者){_HAN}){{0,6}}{_NOT_BEFORE}(?:电|讯)(?:{_REPORTERS}[，：:,]? ?|[，：:,] ?| )"
            rf"|据 ?{_WIRE}电{_NOT_A_WORD}(?![讯报文])(?=\S)"
        ),
        _hints("电", "讯", "消息"),
    ),
    Rule(
        "report of the house",
        "head",
        _compile(
            rf"本报(?:讯|综合(?:消息|报道)){_REPORTERS}?[，：:,]? ?"
            rf"|(?:本台|本网|本社|本刊|{_OUTLET})(?:(?:消息|讯|快讯|报道)"
            rf"(?:[(（][^()（）]{{1,12}}[)）])?{_REPORTERS}?[：:] ?"
            rf"|快?讯 ?{_REPORTERS}[，：:,]? ?|(?:{_HAN}{{2,4}})?{_NOT_BEFORE}快?讯 )"
            rf"|{_HOUSE}消息 (?!显示|称|指|说)"
        ),
        _hints("讯", "消息", "报道", "报"),
    ),
    Rule(
        "source in brackets",
        "head",
        _compile(
            rf"[【\[［](?:口播|导语|解说|正文| ?[^【】\[\]］]{{1,10}}(?:消息|讯)"
            rf"|{_OUTLET}(?:{_HAN}{{2}})?(?:综合)?报道) ?[】\]］] ?"
            rf"|[(（](?:[^()（）]{{1,12}}(?:讯|报道|时讯|消息)|{_OUTLET})[)）] ?"
        ),
        _hints("】", "]", "］", ")", "）"),
    ),
    Rule(
        "reporter",
        "head",
        _compile(
            rf"文[/／|｜丨] ?{_HAN}{{2,4}} "
            rf"|(?:本报|本台|{_OUTLET})?(?:见习)?记者(?:[ ：:]{_PEOPLE} (?:{_HAN}{{2,6}})?报道[：:，,]? ?"
            rf"|{_HAN}{{2,3}}(?:、{_HAN}{{2,3}}){{0,3}} ?报道[：:] ?)"
            rf"|本[报台网社刊](?:见习)?记者 (?![从在对就向与和为将于]){_HAN}{{2,3}}(?:、{_HAN}{{2,3}}){{0,3}}"
            " (?![摄文图])"
        ),
        _hints("文", "记者"),
    ),
)
"""What may stand before a Chinese article, in the order in which it does."""

INSIDE_RULES = (
    Rule(
        "reporter in brackets",
        "inside",
        _compile(
            rf"[(（](?:本报|本台|本网|总台|央视|见习|{_OUTLET})?(?:总台|央视|见习)?(?:记者|通讯员)(?![会节站手们团证])"
            rf"[ ：:]?{_HAN}[^()（），。；]{{0,40}}[)）] ?"
        ),
        _hints("记者", "通讯员"),
    ),
)
"""What may stand anywhere in a Chinese article."""

_END = "(?<=[。！？”’」』）)…!?~])"

TAIL_RULES = (
    Rule("end mark", "tail", _compile(rf"{_END} ?[(（]完[)）]$"), ("完)", "完）")),
    Rule(
        "picture credit",
        "tail",
        _compile(rf"{_END} ?[(（]?(?:图片?|文图?)[/／|｜丨] ?{_HAN}{{2,10}}[)）]?$"),
        _hints("/", "／", "|", "｜", "丨"),
    ),
    Rule(
        "editors",
        "tail",
        _compile(
            rf" ?[(（](?:责任|视频|文字|图文|见习|值班|本文)?(?:编辑|责编)[：: ][^()（）]{{1,40}}[)）]$"
            rf"|{_END} ?(?:(?:责任|视频|文字|图文|见习|值班|本文)?编辑|责编|校对|审核|监审)[：:/| ] ?[^。！？]{{2,40}}$"
        ),
        _hints("编辑", "责编", "校对", "审核"),
    ),
    Rule(
        "source",
        "tail",
        _compile(
            rf"{_END} ?[(（【](?:来源|消息来源|文章来源|图源|综合|据)[：:]?[^()（）【】]{{1,30}}[)）】]$"
            rf"|{_END} ?[(（【](?:总台|央视|记者|新华)?{_OUTLET}(?:微博|公众号|客户端|APP)?"
            rf"(?:[ 、,，/]{_OUTLET}){{0,3}}[)）】]$"
            rf"|{_END} ?[(（](?:央视|新华社|总台)[)）]$"
            rf"|{_END} ?(?:来源|消息来源|文章来源|新闻来源|图源|素材来源)[：:] ?[^。！？]{{2,30}}$"
        ),
        _hints(")", "）", "】", "来源", "图源"),
    ),
    Rule(
        "link",
        "tail",
        _compile(
            rf"{_END} ?(?:更多(?:资讯|精彩|内容|新闻|详情)[^。！？]{{0,6}}(?:请|尽在)[^。！？]{{2,20}}[。！]?"
            r"|(?:欢迎)?点击(?:查看|阅读|进入|下方|下载|链接|这里|此处|图片)[^。！？]{0,30}[。！]?"
            r"|(?:查看|阅读|展开)(?:更多|全文|原文|详情)[^。！？]{0,12}[。！]?|央视新闻给你发来一条消息)$"
        ),
        _hints("更多", "点击", "全文", "原文", "详情", "发来"),
    ),
    Rule(
        "copyright",
        "tail",
        _compile(
            rf"{_END} ?(?:[【(（]?(?:免责声明|版权声明|版权所有|版权归)|未经(?:书面)?(?:授权|许可|允许)"
            r"|转载请|本文(?:系|为).{0,10}原创|Copyright ?(?:©|\([cC]\))? ?\d{4}|© ?\d{4}).{0,200}$"
        ),
        _hints("声明", "版权", "未经", "转载", "原创", "Copyright", "©"),
    ),
)
"""What may stand after a Chinese article."""
