"""What stands around an article goes, what belongs to it stays, whatever the text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp.article_text import clean_article, clean_markup
from nlp.article_text.rules import has_word
from nlp.config import ModelConfig
from nlp.encoding import encode_pairs, encode_source, encode_target
from nlp.text import normalize

EN = "Stocks fell on Monday as oil rose."
ZH = "国家主席今天会见外宾。"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Tom &amp; Ann", "Tom & Ann"),
        ("Tom &amp;amp;amp; Ann", "Tom & Ann"),
        ("a&nbsp;b &amp;nbsp; c", "a b c"),
        ("it&#39;s &#x27;so&#x27;", "it's 'so'"),
        ("<b>Bold</b>ly<br/>gone", "Boldly gone"),
        ("&lt;b&gt;Bold&lt;/b&gt; &amp;lt;i&amp;gt;move&amp;lt;/i&amp;gt;", "Bold move"),
        ('<p class="x">One</p><p>two</p>', "One two"),
        ('see <a href="http://example.org/?a=1&amp;b=2">this</a>', "see this"),
        ("before <script>var x = '<b>';</script> after <!-- note --> end", "before after end"),
        ("The bank #39;s profit, AT amp;T and Ben amp; Co", "The bank's profit, AT&T and Ben & Co"),
        ("p /p p By Jane Roe /p p LIMA", "By Jane Roe LIMA"),
    ],
)
def test_markup_goes_however_often_it_was_escaped(text, cleaned):
    assert clean_markup(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "5 < 7 and 8 > 3",
        "x<b and c>d",
        "an <unk> word",
        "关于修改<北京市条例>的决定",
        "AT&T, R&D, Q&A;",
        "if a &lost; b",
        "and/or, 1/2, km/h; TCP/IP",
    ],
)
def test_what_only_looks_like_markup_stays(text):
    assert clean_markup(text) == text


@pytest.mark.parametrize(
    "head",
    [
        "NEW YORK (Reuters) - ",
        "LONDON, Jan 5 (AP) -- ",
        "WASHINGTON — ",
        "WASHINGTON-",
        "ST. LOUIS - ",
        "McLEAN, Va. - ",
        "SEOUL, South Korea -- ",
        "BRUSSELS/BERLIN (Reuters) - ",
        "Canadian Press - OTTAWA (CP) - ",
        "Madrid, Spain (Sports Network) - ",
        "new york (reuters) - ",
        "(Reuters) - ",
        "SAO PAULO July 27 ",
        "NEW YORK ",
        "LONDON/PARIS ",
        "ATLANTA - ",
        "PORT-AU-PRINCE, Haiti - ",
        "KATHMANDU -- ",
        "BREAKING - ",
        "September 20, 2004 -- ",
        "By John Smith, Staff Writer ",
        "By Ann Lee and Bob Ray LIMA, Peru (Reuters) - ",
        "Ann Lee USA TODAY WASHINGTON - ",
        "6 years ago Washington (CNN) - ",
        "ADVERTISEMENT ",
        "&lt;b&gt;PARIS&lt;/b&gt; - ",
    ],
)
def test_what_stands_before_an_english_article_goes(head):
    assert clean_article(head + EN) == EN


SENTENCES = "It rained.|In May, it rained.|“We won,” he said.|British ministers met.|China's exports fell."


@pytest.mark.parametrize("sentence", (*SENTENCES.split("|"), "U.S. stocks fell."))
def test_a_bare_city_goes_before_what_begins_a_sentence_and_no_name(sentence):
    assert clean_article(f"LONDON {sentence}") == sentence


def test_a_few_han_characters_leave_an_article_english_and_latin_names_leave_one_chinese():
    english = "Huawei Technologies (华为) said on Monday that its revenue rose."
    assert clean_article(f"NEW YORK (Reuters) - {english} (Reporting by Jane Roe; Editing by John Doe)") == english
    chinese = "NVIDIA公司和AMD公司今天发布新的显卡。"
    assert clean_article(f"本报讯（记者 张三）{chinese}责任编辑：李四") == chinese


@pytest.mark.parametrize(
    "tail",
    [
        " ...",
        " Reuter",
        " (Reuters)",
        " Read more",
        " Read the full story here.",
        " [Read more...]",
        " (Reporting by Ann Lee; Editing by Bob Ray)",
        " Click here to read our other stories.",
        " Copyright 2024 The Example Press. All rights reserved.",
        " | Video",
        " (Editing by Bob Ray) (Reuters)",
    ],
)
def test_what_stands_after_an_english_article_goes(tail):
    cleaned = clean_article(EN + tail)
    assert cleaned == EN


@pytest.mark.parametrize(
    "text",
    [
        "IBM - the company said - will buy a rival.",
        "NASA -- which runs the probe -- is pleased.",
        "U.S.-Canadian ties could worsen.",
        "ADVO-System Inc sold its shares.",
        "IBM - Microsoft deal collapses.",
        "IBM -- Microsoft deal collapses.",
        "NASA – SpaceX launch delayed.",
        "FIFA – The president resigned.",
        "USA - Germany 3-1",
        "APPLE - The fruit is banned.",
        "PARIS Saint-Germain beat Real Madrid.",
        "LONDON Stock Exchange shares fell.",
        "LONDON Irish beat Bath.",
        "BOSTON Marathon winner Ann Lee was amazed.",
        "WASHINGTON Post reporters won.",
        "BEIJING 2008 was a success.",
        "NEW YORK TIMES shares fell.",
        "Apple Inc (AAPL.O) - the maker of phones - rose.",
        "By Monday, the seats were sold out.",
        "He said that voters should read more.",
        "The law was passed with rights reserved by the states.",
        "Report by the committee (see page 5).",
        "LONDON (Reuters) -",
        "By John Smith, Staff Writer",
        "...",
        "(Reuters)",
    ],
)
def test_what_belongs_to_an_english_article_stays(text):
    assert clean_article(text) == text


@pytest.mark.parametrize(
    "head",
    [
        "本报讯 ",
        "本报讯（记者 张三）",
        "新华社北京1月5日电 ",
        "新华社北京1月5日电（记者李四、王五）",
        "据新华社东京 7 月 27 日电",
        "中新网1月5日电 (张三) ",
        "财联社 10 月 5 日讯，",
        "央视网消息（新闻联播）：",
        "央视网消息：",
        "本台消息：",
        "（观察者网讯）",
        "【口播】 本台消息：",
        "原标题：",
        "（原标题：男子（醉驾）被抓）",
        "新华社北京电 ",
        "新华社北京电（记者李四）",
        "据新华社电 ",
        "据新华社电",
        "人民网北京讯 ",
        "新京报讯 ",
        "央视网消息 ",
        "【环球网报道】",
        "【环球时报综合报道】",
        "记者张三报道：",
        "本报记者 张三 ",
        "本報訊（記者 張三）",
        "新華社北京1月5日電（記者李四）",
        "據新華社北京電 ",
        "（原標題：男子被抓）",
        "记者 张三 北京报道：",
        "(记者 张三)",
    ],
)
def test_what_stands_before_a_chinese_article_goes(head):
    assert clean_article(head + ZH) == ZH


@pytest.mark.parametrize(
    "tail",
    [
        "（责任编辑：张三）",
        "(视频编辑：张三 文字编辑：李四)",
        "责任编辑：张三",
        "責任編輯：張三",
        "（完）",
        "（完）责任编辑：张三",
        "图/新华社",
        "（图/视觉中国）",
        "来源：央视新闻",
        "（央视新闻客户端）更多资讯请下载央视新闻客户端",
        "（来源：环球网）",
        "（总台记者 张三）",
        "点击查看更多",
        "阅读原文",
        "版权所有，未经许可不得转载。",
        "Copyright 2024 Example",
        "……",
    ],
)
def test_what_stands_after_a_chinese_article_goes(tail):
    assert clean_article(ZH + tail) == ZH


@pytest.mark.parametrize(
    "text",
    [
        "国家电影局6月8日电影票房公布。",
        "他带来一条消息：比赛取消。",
        "（记者会）今天举行。",
        "记者从医院了解到，伤者已出院。",
        "发言人介绍了来源：一家外国公司。",
        "【歌手宣布退赛】近日，一名歌手宣布退赛。",
        "新华社北京1月5日电",
        "据悉，比赛取消。",
        "华为官网消息：Mate 60开售。",
        "这是一台电视台3月5日消息，不是吗。",
        "新华社记者从国家电网获悉，工程投产。",
        "新华社记者致电 他说，比赛取消。",
        "据新华社电话采访，比赛取消。",
        "据新华社电讯报道，比赛取消。",
        "央视网消息 显示，比赛取消。",
        "工人日报通讯 他写了三篇。",
        "本报记者 从医院 获悉，伤者已出院。",
        "（原标题：男子被抓，比赛取消。",
        "他说（完）全正确。",
        "点击量超过一百万。",
    ],
)
def test_what_belongs_to_a_chinese_article_stays(text):
    assert clean_article(text) == text


PIECE_TEXTS = (
    "NEW YORK|(Reuters)| - | -- |—|LONDON, Jan 5|By Ann Lee|, Staff Writer|&amp;|amp;|lt;|gt;|<b>|</b>|<|>|b|&|#39;|"
    "script|<script>|</script>|...|…|Read more|。|.| |本报讯|新华社北京1月5日电|（记者 张三）|（|）|责任编辑：张三|"
    "来源：|网|（原标题：|（完）|新华社北京电 |央视网消息 |"
    "图/新华社|IBM - |LONDON |（華為）|消息：|ａ|\u200b|Stocks fell.|今天|5|/p p|Copyright 2024|(AP)|&#38;|&nbsp;"
)
PIECES = st.sampled_from(PIECE_TEXTS.split("|"))
TEXTS = st.text() | st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=600, deadline=None)
@given(TEXTS)
@example("<<b>b>x</b>")
@example("&am<b></b>p;lt;")
@example("PARIS - NEW YORK - Stocks fell.")
def test_cleaning_is_total_idempotent_normalised_and_never_leaves_nothing(text):
    for clean in (clean_markup, clean_article):
        cleaned = clean(text)
        assert clean(cleaned) == cleaned == normalize(cleaned)
        assert has_word(cleaned) or not has_word(normalize(text))


@settings(max_examples=200, deadline=None)
@given(st.text("abc DEF,.-", max_size=40))
def test_plain_words_in_lower_case_after_a_start_are_not_touched(text):
    text = normalize(f"the {text} end")
    assert clean_article(text) == text


class Letters:
    vocab_size = 0x110000

    def encode(self, text):
        return [ord(character) + 5 for character in text]


def test_headline_models_meet_clean_articles_in_training_and_in_service_and_dialogues_stay_as_they_are():
    article, target = f"PARIS (Reuters) - <b>{EN}</b>", "LONDON - <i>Stocks</i> fall"
    clean = encode_source(Letters(), [EN], 99, "headlines").ids
    assert encode_source(Letters(), [article], 99, "headlines").ids == clean
    limits = ModelConfig(max_source_tokens=99, max_target_tokens=99)
    pairs = encode_pairs(Letters(), [((article,), target, 1.0, "")], limits, "headlines")
    assert pairs.source(0).tolist() == clean
    assert pairs.target(0).tolist() == encode_target(Letters(), "LONDON - Stocks fall")
    assert encode_source(Letters(), [article], 999, "dialogue").ids[:-1] == Letters().encode(article)
    assert encode_target(Letters(), target)[:-1] == Letters().encode(target)
