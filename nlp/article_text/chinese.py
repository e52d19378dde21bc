"""What stands around a Chinese article: 新华社…电 and 本报讯 before it, editors, sources and links after it."""

from __future__ import annotations

import re

from nlp.article_text.rules import Rule
from nlp.text import HAN_RANGES

_HAN = f"[{HAN_RANGES}]"
_DATE = r"(?:\d{2,4} ?年 ?)?\d{1,2} ?月 ?\d{1,2} ?日"
_WIRE = "(?:新华社|新华网|中新社|中新网|中新经纬|中国新闻网|中国新闻社|国际在线|法新社|路透社|美联社|塔斯社)"
_OUTLET = (
    rf"(?:{_HAN}|[A-Za-z\d]){{1,10}}?(?:网|社|新闻|台|报|客户端|财经|经纬|在线|科技|周刊|频道|视频|快讯|之声|新媒体)"
)
_NOT_A_WORD = "(?![影视话竞商动力网信池价子器脑台击缆梯费源站车])"
"""After 电 or 讯 of a wire: what would make it the start of a word, such as 电影."""
_REPORTERS = (
    r"(?: ?[(（](?:[^()（）]{0,14}(?:记者|通讯员|编辑)[^()（）]{0,30}"
    rf"|{_HAN}{{2,3}}(?:[ 、]?{_HAN}{{2,3}}){{0,3}})[)）])"
)
_PEOPLE = rf"{_HAN}{{2,4}}(?:[ 、]{_HAN}{{2,3}}){{0,3}}"

HEAD_RULES = (
    Rule("original title", "head", re.compile(r"[(（]?原标题[：:] ?"), ("原标题",)),
    Rule(
        "wire",
        "head",
        re.compile(
            rf"(?:据 ?)?{_WIRE}{_HAN}{{0,8}} ?{_DATE}(?:专?电|讯|消息){_REPORTERS}?"
            rf"(?:[，：:、,] ?| |{_NOT_A_WORD}(?=\S))"
            rf"|{_OUTLET}(?:{_HAN}{{0,6}} ?)?{_DATE}(?:专?电|讯|消息)(?:{_REPORTERS}[，：:,]? ?|[，：:,] ?)"
        ),
        ("电", "讯", "消息"),
    ),
    Rule(
        "report of the house",
        "head",
        re.compile(
            rf"本报(?:讯|综合(?:消息|报道)){_REPORTERS}?[，：:,]? ?"
            rf"|(?:本台|本网|本社|本刊|{_OUTLET})(?:消息|讯|快讯|报道)"
            rf"(?:[(（][^()（）]{{1,12}}[)）])?{_REPORTERS}?[：:] ?"
            rf"|{_OUTLET}快?讯 ?{_REPORTERS}[，：:,]? ?"
        ),
        ("讯", "消息", "报道", "报"),
    ),
    Rule(
        "source in brackets",
        "head",
        re.compile(
            rf"[【\[［](?:口播|导语|解说|正文| ?[^【】\[\]］]{{1,10}}(?:消息|讯)) ?[】\]］] ?"
            rf"|[(（](?:[^()（）]{{1,12}}(?:讯|报道|时讯|消息)|{_OUTLET})[)）] ?"
        ),
        ("】", "]", "］", ")", "）"),
    ),
    Rule(
        "reporter",
        "head",
        re.compile(
            rf"文[/／|｜丨] ?{_HAN}{{2,4}} "
            rf"|(?:本报|本台|{_OUTLET})?(?:见习)?记者[ ：:]{_PEOPLE} (?:{_HAN}{{2,6}})?报道[：:，,]? ?"
        ),
        ("文", "记者"),
    ),
)
"""What may stand before a Chinese article, in the order in which it does."""

INSIDE_RULES = (
    Rule(
        "reporter in brackets",
        "inside",
        re.compile(
            rf"[(（](?:本报|本台|本网|总台|央视|见习|{_OUTLET})?(?:总台|央视|见习)?(?:记者|通讯员)(?![会节站手们团证])"
            rf"[ ：:]?{_HAN}[^()（），。；]{{0,40}}[)）] ?"
        ),
        ("记者", "通讯员"),
    ),
)
"""What may stand anywhere in a Chinese article."""

_END = "(?<=[。！？”’」』）)…!?~])"

TAIL_RULES = (
    Rule(
        "editors",
        "tail",
        re.compile(
            rf" ?[(（](?:责任|视频|文字|图文|见习|值班|本文)?(?:编辑|责编)[：: ][^()（）]{{1,40}}[)）]$"
            rf"|{_END} ?(?:(?:责任|视频|文字|图文|见习|值班|本文)?编辑|责编|校对|审核|监审)[：:/| ] ?[^。！？]{{2,40}}$"
        ),
        ("编辑", "责编", "校对", "审核"),
    ),
    Rule(
        "source",
        "tail",
        re.compile(
            rf"{_END} ?[(（【](?:来源|消息来源|文章来源|图源|综合|据)[：:]?[^()（）【】]{{1,30}}[)）】]$"
            rf"|{_END} ?[(（【](?:总台|央视|记者|新华)?{_OUTLET}(?:微博|公众号|客户端|APP)?"
            rf"(?:[ 、,，/]{_OUTLET}){{0,3}}[)）】]$"
            rf"|{_END} ?[(（](?:央视|新华社|总台)[)）]$"
            rf"|{_END} ?(?:来源|消息来源|文章来源|新闻来源|图源|素材来源)[：:] ?[^。！？]{{2,30}}$"
        ),
        (")", "）", "】", "来源", "图源"),
    ),
    Rule(
        "link",
        "tail",
        re.compile(
            rf"{_END} ?(?:更多(?:资讯|精彩|内容|新闻|详情)[^。！？]{{0,6}}(?:请|尽在)[^。！？]{{2,20}}[。！]?"
            r"|(?:欢迎)?点击(?:查看|阅读|进入|下方|下载|链接|这里|此处|图片)[^。！？]{0,30}[。！]?"
            r"|(?:查看|阅读|展开)(?:更多|全文|原文|详情)[^。！？]{0,12}[。！]?|央视新闻给你发来一条消息)$"
        ),
        ("更多", "点击", "全文", "原文", "详情", "发来"),
    ),
    Rule(
        "copyright",
        "tail",
        re.compile(
            rf"{_END} ?(?:[【(（]?(?:免责声明|版权声明|版权所有|版权归)|未经(?:书面)?(?:授权|许可|允许)"
            r"|转载请|本文(?:系|为).{0,10}原创|Copyright ?(?:©|\([cC]\))? ?\d{4}|© ?\d{4}).{0,200}$"
        ),
        ("声明", "版权", "未经", "转载", "原创", "Copyright", "©"),
    ),
)
"""What may stand after a Chinese article."""
