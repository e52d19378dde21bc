"""Facts of an output are found, compared in whatever form they are written, and never claimed where there are none."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nlp.article_text import clean_article
from nlp.constraints import width
from nlp.facts import facts_of, ordinary_words, unsupported_facts
from nlp.facts.extract import best_extract
from nlp.faithfulness import prefer_supported
from nlp.text import normalize

WORDS = frozenset({"says", "profit", "rise", "fall", "bank", "buy", "big"})

SAME_NUMBERS = (
    "3m users <- three million users|3 million <- 3m|300万人 <- 三百万人|"
    "三百万人 <- 300 万人|300万 <- 3 million|1000 jobs <- 1,000 jobs|"
    "10,000.5 points <- 10000.5 points|third bid <- the 3rd bid|3rd bid <- a third bid|"
    "Q3 profit <- profit in the third quarter|30% more <- 百分之三十|三成受访者 <- 30%的受访者|"
    "twenty-five killed <- 25 killed|250,000 homes <- two hundred and fifty thousand homes|"
    "a dozen held <- 12 held|二〇二五年 <- 2025年|$1.3 billion deal <- a $1.32 billion deal|"
    "$1.4 billion deal <- a $1.38 billion deal|20 percent <- 19.6 percent|"
    "over 30 killed <- 36 were killed|30多名男子 <- 36名男子|确诊超1亿9059万例 <- 确诊190597409例|"
    "1.5万亿元 <- 15000亿元|500k users <- 500,000 users|two dozen <- 24|第十五届 <- 第15届|"
    "24年春 <- 2024年春|一百二 <- 120|两万三 <- 23000|3万5 <- 35000|1.5 mln <- one and a half million|"
    "in 2009-10 <- from 2009 to 2010|三分之一 <- 1/3|数百人 <- 300人|上千人 <- 1500人|$5 <- 5 dollars|5% <- 5 percent"
)


@pytest.mark.parametrize(("output", "source"), [pair.split(" <- ") for pair in SAME_NUMBERS.split("|")])
def test_numbers_are_compared_by_what_they_are_worth(output, source):
    assert unsupported_facts(output, source) == ()


@pytest.mark.parametrize(
    ("output", "source", "missing"),
    [
        ("4 killed", "three were killed", ("4",)),
        ("$1.5 billion deal", "a $1.32 billion deal", ("1.5 billion",)),
        ("3 billion users", "3 million users", ("3 billion",)),
        ("40亿例", "404910528例", ("40亿",)),
        ("30 killed", "36 were killed", ("30",)),
        ("5 held", "1,500 held on May 15", ("5",)),
        ("三百人", "三百万人", ("三百",)),
        ("四人遇难", "三人遇难", ("四",)),
        ("in 2012", "in 2011", ("2012",)),
        ("rises 5 percent", "$5 million", ("5",)),
        ("£5 million", "$5 million", ("5 million",)),
        ("三分之一", "三分之二", ("三分之一",)),
        ("数百人", "数十人", ("数百",)),
        ("五连胜", "三连胜", ("五",)),
        ("四强", "八强", ("四",)),
        ("一死三伤", "一死两伤", ("三",)),
    ],
)
def test_numbers_that_the_source_does_not_give_are_named(output, source, missing):
    assert unsupported_facts(output, source) == missing


VAGUE = "No one was first in seconds|三亚游客在四川一起看万科|millions flee|The a an|hundreds held"


@pytest.mark.parametrize("output", VAGUE.split("|"))
def test_words_that_only_look_like_numbers_claim_nothing(output):
    assert not facts_of(output).numbers


@pytest.mark.parametrize(
    ("output", "source"),
    [
        ("profit at Microsoft's unit", "MICROSOFT said"),
        ("talks with Canadians", "Canada said"),
        ("a Mexico unit", "the Mexican unit"),
        ("ties with Britain", "the British side"),
        ("new EU rules", "the European Union said"),
        ("rise of BOJ rate", "the Bank of Japan said"),
        ("new ETFs sold", "an exchange-traded fund"),
        ("sold by GSK", "GlaxoSmithKline sold it"),
        ("named as CEO", "the chief executive said"),
        ("cut by S&P", "Standard & Poor's cut"),
        ("at Walmart", "Wal-Mart Stores"),
        ("new Spider-Man film", "a Spiderman film"),
        ("sold by Kline", "GlaxoSmithKline sold it"),
        ("deal with Japan", "the Japanese side"),
        ("deal with Egyptians", "said in Egypt"),
        ("win for Dems", "the Democrats won"),
        ("rate of Fed", "the Federal Reserve"),
        ("the European Union said", "EU officials"),
        ("in the U.S. market", "in the US market"),
        ("苹果发布iphone", "苹果公司发布iPhone 17"),
    ],
)
def test_names_are_found_in_another_form(output, source):
    assert unsupported_facts(output, source) == ()


@pytest.mark.parametrize("pair", ["Thailand Thai", "Norway Norwegian", "Finland Finnish", "Wales Welsh", "Iraq Iraqi"])
def test_a_people_stands_for_its_country(pair):
    country, people = pair.split()
    assert unsupported_facts(f"in {country}", f"said {people} men") == unsupported_facts(f"a {people}", country) == ()


@pytest.mark.parametrize(
    ("output", "source", "missing"),
    [
        ("Shares of Apple fall", "Shares of Google fell", ("Apple",)),
        ("He warned US", "He warned us", ("US",)),
        ("McDonald Profit Rises Fast", "the chain's profit rose fast", ("McDonald",)),
        ("华为发布Mate手机", "华为发布新手机", ("Mate",)),
        ("deal by Mr Icahn", "a deal", ("Mr", "Icahn")),
    ],
)
def test_names_that_the_source_does_not_have_are_named(output, source, missing):
    assert unsupported_facts(output, source) == missing


def test_in_a_title_cased_headline_only_words_that_the_model_does_not_know_otherwise_are_names():
    headline = "Obama Says Profits Rising: Bank"
    assert unsupported_facts(headline, "Nothing was told.") == ()
    assert unsupported_facts(headline, "Nothing was told.", WORDS) == ("Obama",)
    assert unsupported_facts("Don't Say You've Risen", "Nothing was told.", WORDS | {"risen"}) == ()
    assert unsupported_facts("Says bank buys big", "Nothing was told.", WORDS) == ()


def test_ordinary_words_are_those_a_tokenizer_knows_in_lower_case():
    assert ordinary_words([" says", "Bank", " Bank", "ing", "好", "<s>", " ", " it's"]) == {"says"}
    known = ordinary_words(["pari", " hit"])
    assert unsupported_facts("Paris hit by storm", "London was hit by a storm.", known) == ("Paris",)


MANGLED = (
    "Ikwelumoo Ikwelumo|Kellerer Keller|Blorpt Blorptang|Johnston Johnson|Merkle Merkel|Niger Nigeria|Georgia George"
)


@pytest.mark.parametrize(("name", "word"), [pair.split() for pair in MANGLED.split("|")])
def test_a_mangled_name_is_another_name(name, word):
    assert unsupported_facts(f"profit of {name} fell", f"the profit of {word} fell") == (name,)


@pytest.mark.parametrize(
    ("output", "source", "missing"),
    [
        ("IBM BUYS HP", "Apple shares rose", ("IBM", "HP")),
        ("S&P", "a", ("S&P",)),
        ("IBM BUYS HP", "IBM SAID IT HAD BOUGHT HP", ()),
        ("BIG BANK BUY RISE", "Nothing was told.", ()),
    ],
)
def test_a_few_words_in_capitals_may_be_names(output, source, missing):
    assert unsupported_facts(output, source, frozenset({"buy", "big", "bank", "rise"})) == missing


def test_a_chinese_name_in_an_english_text_makes_no_names_of_its_words():
    assert unsupported_facts("China's 华为 says revenue rose up to 9.6%", "华为 of China: 9.6%", WORDS) == ()


@pytest.mark.parametrize(
    ("output", "source", "missing"),
    [
        ("《再回首》上映", "电影《再回首》今天上映", ()),
        ("《再回头》上映", "电影《再回首》今天上映", ("再回头",)),
        ("称“财富自由”", "他说财富不自由", ("财富自由",)),
        ('Rich says "we won"', 'he said: "Yes, we WON!"', ()),
        ("Mayor calls it 'a disaster'", "the mayor spoke", ("a disaster",)),
        ("Surprise: 'I'm not a spy'", "he spoke", ("I'm not a spy",)),
        ("the banks' and the firms' profits", "nothing", ()),
        ("说“不”", "拒绝", ()),
    ],
)
def test_quotations_stand_in_the_source_letter_by_letter(output, source, missing):
    assert unsupported_facts(output, source) == missing


TOKEN_TEXTS = (
    '3 million|1,000|$1.5 billion|two hundred and five|third|Obama|U.S.|the EU\'s|says|"we won"|‘so|’|fell,|2008|10%|'
    "3m|-|European Union|No. 5|1-1/2|G20|a dozen|and|.5|3.2.1|½|Ω|١٢"
)
HAN_TEXTS = "近日，|三百万|人|300万|《再回首》|“不可能”|iPhone 17|一名|男子|百分之三十|1亿9059万|例|。|第二|，|十|多"
TOKENS, HAN = st.sampled_from(TOKEN_TEXTS.split("|")), st.sampled_from(HAN_TEXTS.split("|"))
SOURCES = st.lists(TOKENS, max_size=14).map(" ".join) | st.lists(HAN, max_size=14).map("".join) | st.text(max_size=60)


@settings(max_examples=500, deadline=None)
@given(st.lists(TOKENS, max_size=14), st.data())
def test_the_facts_of_a_piece_of_the_source_are_supported(tokens, data):
    start = data.draw(st.integers(0, len(tokens)))
    stop = data.draw(st.integers(start, len(tokens)))
    assert unsupported_facts(" ".join(tokens[start:stop]), " ".join(tokens), WORDS) == ()


@settings(max_examples=500, deadline=None)
@given(SOURCES)
def test_the_whole_source_supports_itself(source):
    assert unsupported_facts(source, source, WORDS) == ()


@settings(max_examples=500, deadline=None)
@given(SOURCES, st.sampled_from([*"abc", "今天", "says it", ""]))
def test_a_new_number_is_exactly_what_is_not_supported(source, words):
    assume("987654" not in source and not unsupported_facts(words, source))
    assert unsupported_facts(f"{words} 987654321", source) == ("987654321",)


@pytest.mark.parametrize(
    ("source", "limit", "extract"),
    [
        ("LONDON (Reuters) - Oil fell to $46.5 on Monday. It rose later.", 40, "Oil fell to $46.5 on Monday"),
        ("Oil fell on Monday, traders of the big banks in London and Paris said.", 20, "Oil fell on Monday"),
        ("The ministry said that the new rules would be published within weeks.", 14, "The ministry said"),
        ("Sales rose to 3 million", 8, "Sales rose"),
        ("近日，一男子在海南被雷击中，送医后不治身亡。", 12, "一男子在海南被雷击中"),
        ("据媒体报道，3月29日，一男子被雷击中。", 0, "一男子被雷击中"),
        ("一男子登顶。他很高兴。", 0, "一男子登顶"),
        ("外交部发布《网络空间国际合作战略》全文", 9, "外交部发布"),
        ("公司去年卖出300万台", 8, "公司去年卖出"),
        ("“我没有错！”李某说，他很后悔。", 0, "“我没有错！”"),
        ("“我没有错！他也没有！”李某说。", 0, "“我没有错！他也没有！”"),
        ("“我没有错", 0, "我没有错"),
        ('He asked: "What is it?" They left.', 0, 'He asked: "What is it?"'),
        ('He said "we won" today. She left.', 8, 'He said "we won"'),
        ('He said "we won today" again. She left.', 7, "He said"),
        ("(He left. She stayed.) So it was.", 0, "(He left. She stayed.)"),
        ("Supercalifragilistic", 3, ""),
        ("", 0, ""),
        ("...", 0, ""),
        ("!!!", 0, ""),
    ],
)
def test_an_extract_is_the_first_clause_that_fits(source, limit, extract):
    assert best_extract(source, limit) == extract


@settings(max_examples=500, deadline=None)
@given(SOURCES, st.integers(0, 30))
def test_an_extract_is_a_piece_of_the_article_that_fits_and_is_supported(source, limit):
    extract = best_extract(source, limit)
    article = clean_article(source)
    assert extract in article and extract == normalize(extract)
    assert not limit or width(extract) <= limit
    assert not extract.endswith((",", "，", "、", ":", "。", " "))
    assert unsupported_facts(extract, source, WORDS) == ()


def test_of_a_long_article_no_more_is_read_than_can_fit(monkeypatch):
    read = []
    monkeypatch.setattr("nlp.facts.extract.width", lambda piece: read.append(len(piece)) or width(piece))
    assert best_extract("word after word, " * 2000, 20)
    assert 0 < sum(read) < 2000


@settings(max_examples=300, deadline=None)
@given(st.lists(TOKENS, min_size=1, max_size=14), st.integers(2, 30))
def test_an_extract_never_ends_inside_a_word(tokens, limit):
    article = clean_article(" ".join(tokens))
    extract = best_extract(article, limit)
    assert not extract or any(
        not (article + " ")[match.end()].isalnum() for match in re.finditer(re.escape(extract), article)
    )


@dataclass(frozen=True)
class Scored:
    text: str
    score: float = 0.0


SOURCE = "PARIS (Reuters) - Two banks fell on Monday, the French regulator said."
GOOD, WRONG, WORSE = Scored("Two banks fall"), Scored("Three banks fall", -1), Scored("Three banks fall 5%", -2)


def test_supported_candidates_come_first_and_others_in_the_order_of_what_they_invent():
    found = prefer_supported([WORSE, WRONG, GOOD], SOURCE)
    assert found.candidates == (GOOD, WRONG, WORSE)
    assert not found.extract and not found.warning
    second = Scored("2 banks fall", -3)
    assert prefer_supported([GOOD, WORSE, second], SOURCE).candidates == (GOOD, second, WORSE)


def test_where_nothing_is_supported_a_piece_of_the_text_is_offered_and_it_is_said():
    found = prefer_supported([WORSE, WRONG], SOURCE)
    assert found.candidates == (WRONG, WORSE)
    assert found.extract == "Two banks fell on Monday, the French regulator said"
    assert found.warning.startswith("unsupported: ")
    assert "Three" in found.warning and "a piece of the text" in found.warning


def test_an_extract_keeps_the_rules_or_is_none():
    assert prefer_supported([WRONG], SOURCE, max_characters=8).extract == "Two banks fell"
    refused = prefer_supported([WRONG], SOURCE, acceptable=lambda text: "banks" not in text)
    assert refused.extract == "" and refused.candidates == (WRONG,) and "keeps the rules" in refused.warning


def test_no_candidates_are_fine_and_entities_in_the_source_hide_nothing():
    assert prefer_supported([], SOURCE).candidates == ()
    assert not prefer_supported([Scored("sale by AT&T unit")], "a sale by AT&amp;T").warning
