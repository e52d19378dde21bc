"""Tags: what gets one, and that each value comes back once, under the tag that attended to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.tags import DATE, NAME, NUMBER, TAG_NAMES, put_back, tag, tag_target
from nlp.text import normalize


@pytest.mark.parametrize(
    ("text", "tagged", "values"),
    [
        ("7月15日苹果发布iPhone 15", f"{DATE}苹果发布{NAME} {NUMBER}", ["7月15日", "iPhone", "15"]),
        ("2008年全国用电1.5万亿千瓦时", f"{DATE}全国用电{NUMBER}万亿千瓦时", ["2008年", "1.5"]),
        ("AT&T涨3%", f"{NAME}涨{NUMBER}%", ["AT&T", "3"]),
        ("今天没有数字", "今天没有数字", []),
    ],
)
def test_dates_numbers_and_latin_names_get_tags(text, tagged, values):
    found = tag(text)
    assert found.text == tagged and [value for _, value in found.values] == values


@given(st.text(alphabet="0123456789年月日号abcXYZ 的.,-", max_size=60))
def test_values_in_the_order_of_their_tags_give_the_text_back(text):
    text = normalize(text)
    found, values = tag(text), iter(value for _, value in tag(text).values)
    assert "".join(next(values) if letter in TAG_NAMES else letter for letter in found.text) == text
    assert normalize(found.text).count(DATE) == 0  # nobody can type a tag


def test_a_target_has_tags_only_for_values_of_its_source():
    source = tag("5月1日,张三在ABC公司领到200元").values
    assert tag_target("ABC公司5月1日发200元", source) == f"{NAME}公司{DATE}发{NUMBER}元"
    assert tag_target("XYZ公司发300元", source) == "XYZ公司发300元"


def test_each_value_goes_back_once_under_the_tag_that_attended_to_it():
    source, values = [NUMBER, "和", NUMBER, NAME], ((NUMBER, "7"), (NUMBER, "9"), (NAME, "ABC"))
    attention = np.array([[0.1, 0, 0.8, 0.1], [0, 1, 0, 0], [0.2, 0, 0.7, 0.1]], np.float32)
    assert put_back([NUMBER, "比", NUMBER], attention, source, values) == ["9", "比", "7"]
    assert put_back([f" {NAME}"], attention[:1], source, values) == [" ABC"]
    assert put_back([NUMBER] * 3, attention, source, values) is None
    assert put_back([DATE], attention[:1], source, values) is None
    assert put_back(["无"], attention[:1], source, values) == ["无"]


def test_values_past_a_cut_are_never_used():
    assert put_back([NAME], np.ones((1, 1), np.float32), [NUMBER], ((NUMBER, "7"), (NAME, "ABC"))) is None
