"""Heatmaps: pictures that can be read, in Chinese too, however long the source."""

import dataclasses
import io
import sys
import xml.etree.ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.errors import UsageError
from nlp.explanation import ExplainedWord, Explanation
from nlp.figure_fonts import drawable, font_for
from nlp.heatmap import MARK, draw, heatmap_png, same_word
from nlp.heatmap_rows import grid_rows

pytest.importorskip("matplotlib")


def explained(words, source, language="en", copied=None, seed=0):
    """Random attention; the first word is marked as one of the source."""
    random = np.random.default_rng(seed)
    attention = random.dirichlet(np.full(len(source), 0.1), len(words))
    made = [
        ExplainedWord(text, 0.5, tuple(row), copied and copied[place], place == 0, (("other", 0.2), ("rest", 0.1)))
        for place, (text, row) in enumerate(zip(words, attention.tolist(), strict=True))
    ]
    return Explanation("".join(words), language, tuple(source), tuple(made))


ENGLISH = explained(["Rates", "fall", "$5", "$6"], ["The", "rates", "of", "$7", "and", "$8", "fell.", "(end)"])
CHINESE_WORDS = ["央行", "宣布", "下调", "利率"]


@pytest.fixture
def chinese():
    try:
        font_for("央行宣布下调利率")
    except UsageError:
        pytest.skip("no Chinese font on this machine; the extra `pictures` brings one along")
    return explained(CHINESE_WORDS, ["据", "报道", "，", "央行", "今天", "下调", "利率", "（结束）"], "zh")


def pixels(png):
    from matplotlib.image import imread

    return imread(io.BytesIO(png))


def share_of(colour, image):
    wanted = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return float(np.mean(np.all(np.abs(image[..., :3] - wanted) < 0.05, axis=-1)))


def test_a_png_is_a_picture_with_marks():
    picture = pixels(heatmap_png(ENGLISH))
    height, width, _ = picture.shape
    assert 300 <= height <= 1500 and 300 <= width <= 1500
    assert share_of(MARK, picture) > 0.0003
    assert picture[0, 0, :3].tolist() == [1, 1, 1]


def test_chinese_is_drawn_and_not_as_boxes(chinese):
    # pytest's filter turns matplotlib's "Glyph missing" into an error; all boxes would look the same.
    other = dataclasses.replace(chinese, text=chinese.text.replace("宣", "龙"))
    assert not np.array_equal(pixels(heatmap_png(chinese)), pixels(heatmap_png(other)))


def test_its_own_words_have_glyphs_in_the_font_it_takes(chinese):
    from nlp.explanation_wording import CHINESE

    texts = "".join(getattr(CHINESE, field.name) for field in dataclasses.fields(CHINESE))
    assert drawable(texts, font_for(texts)) == texts


def test_an_svg_holds_outlines_and_reads_the_same_without_the_font(tmp_path, chinese):
    draw(chinese, tmp_path / "why.svg")
    tree = xml.etree.ElementTree.parse(tmp_path / "why.svg")
    tags = [element.tag.rpartition("}")[2] for element in tree.iter()]
    assert tags.count("use") > 20 and "text" not in tags


def test_the_same_explanation_gives_the_same_files(tmp_path):
    for ending in ("png", "svg"):
        for name in ("first", "second"):
            draw(ENGLISH, tmp_path / f"{name}.{ending}")
        assert (tmp_path / f"first.{ending}").read_bytes() == (tmp_path / f"second.{ending}").read_bytes()


def test_the_ending_chooses_the_format_and_others_are_refused(tmp_path):
    draw(ENGLISH, tmp_path / "why.PNG")
    assert (tmp_path / "why.PNG").read_bytes() == heatmap_png(ENGLISH)
    with pytest.raises(UsageError, match=r"why\.pdf.*\.png or \.svg"):
        draw(ENGLISH, tmp_path / "why.pdf")


def test_a_long_source_does_not_make_a_long_picture():
    source = [f"word{number}" for number in range(400)]
    long = explained(["a"] * 5, source)
    spread = dataclasses.replace(
        long, words=tuple(dataclasses.replace(word, attention=(1 / 400,) * 400) for word in long.words)
    )
    for each in (long, spread):
        assert pixels(heatmap_png(each)).shape[0] < 1500


@given(st.integers(1, 90), st.integers(1, 6), st.integers(3, 40), st.integers(0, 99))
def test_rows_lose_no_word_and_no_attention(source, words, most, seed):
    explanation = explained(["w"] * words, [f"s{number}" for number in range(source)], seed=seed)
    rows = grid_rows(explanation, most)
    assert len(rows) <= most
    assert [place for row in rows for place in row.places] == list(range(source))
    assert np.sum([row.attention for row in rows], axis=0) == pytest.approx(np.ones(words))
    attention = np.array([word.attention for word in explanation.words])
    assert any(int(attention.max(axis=0).argmax()) in row.places and len(row.places) == 1 for row in rows)
    for row in rows:
        if len(row.places) > 1:
            assert str(len(row.places)) in row.label


def test_copied_words_are_marked_by_their_share():
    copied = explained(["Rates", "fall"], ["rates", "(end)"], copied=(0.9, 0.1))
    neither = explained(["Rates", "fall"], ["rates", "(end)"], copied=(0.1, 0.1))
    assert share_of(MARK, pixels(heatmap_png(copied))) > share_of(MARK, pixels(heatmap_png(neither)))


def test_the_same_word_is_known_by_its_letters():
    assert same_word("Buses,", "buses") and not same_word("bus", "buses") and not same_word("，", "。")


def test_very_long_words_do_not_squeeze_the_picture():
    wide = explained(["x" * 300, "b"], ["y" * 300, "(end)"])
    wide = dataclasses.replace(wide, text="x b")
    assert pixels(heatmap_png(wide)).shape[1] < 900


def test_nothing_is_drawn_through_pyplot(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    heatmap_png(ENGLISH)


def test_without_matplotlib_it_is_said_what_to_install_and_text_still_works(monkeypatch):
    monkeypatch.setattr("nlp.figure_fonts.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"matplotlib.*pip install -e '\.\[pictures\]'"):
        heatmap_png(ENGLISH)
    assert len(ENGLISH.lines()) == 3 + len(ENGLISH.words)


def test_a_model_without_attention_has_text_only():
    plain = dataclasses.replace(ENGLISH, words=tuple(dataclasses.replace(word, attention=()) for word in ENGLISH.words))
    with pytest.raises(UsageError, match="no attention"):
        heatmap_png(plain)
