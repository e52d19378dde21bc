"""Why records have no headline, in the language of the person: whatever the readers say has its words."""

import pytest

from bot.documents import Refused, read_news
from bot.reasons import reason_in
from nlp.generation import NO_WORDS, UNREADABLE
from nlp.headlines import NOTHING_LEFT
from nlp.text import has_han

OTHER = reason_in("zh", "something that nobody has said yet")
FILES = {
    "a.txt": b"rain\n\n",
    "a.csv": b'id,text\n1,rain\n2\n\n3,""\n5,"open\n',
    "a.tsv": b"rain\tx\n\nrain\n",
    "a.jsonl": b'{"text": "rain"}\n[1]\n{"text": 1}\n{"title": 1}\n{}\n\n{"text"\n{"text": ""}\n{"text":"a\\u0000"}\n',
}
REFUSED = {
    "b.csv": b"title,body\n1,2\n",
    "c.csv": b"text,text\n1,2\n",
    "d.csv": b"a;b\n1;2\n",
    "e.jsonl": b'{"title": "x"}\n',
}


def is_translated(reason):
    told = reason_in("zh", reason)
    return has_han(told) and OTHER not in told and "the " not in told and reason_in("en", reason) == reason


@pytest.mark.parametrize("name", FILES)
def test_what_the_readers_say_of_records_is_translated(name):
    reasons = [article.error for article in read_news(FILES[name], name, 100).articles if article.error]
    assert reasons and [reason for reason in reasons if not is_translated(reason)] == []


@pytest.mark.parametrize("name", REFUSED)
def test_why_a_whole_file_is_refused_is_translated(name):
    with pytest.raises(Refused) as caught:
        read_news(REFUSED[name], name, 100)
    assert caught.value.about and is_translated(caught.value.about)


def test_what_models_say_is_translated():
    unreadable = UNREADABLE.format(share="80%", language="English")
    for reason in (NO_WORDS, NOTHING_LEFT, unreadable, "the text is English, and no model here writes headlines in it"):
        assert is_translated(f"新闻.txt, line 2: {reason}")


def test_file_and_line_stay_and_what_is_unknown_is_not_shown_in_english():
    assert reason_in("zh", "新闻.txt, line 2: the text is empty") == "新闻.txt 第 2 行：正文是空的"
    assert reason_in("zh", "a.csv, line 3, column 'text': quite new") == f"a.csv 第 3 行：{OTHER}"
