"""Fonts in which a text can be read: no empty boxes."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from nlp import figure_fonts
from nlp.errors import UsageError
from nlp.figure_fonts import MISSING_SIGN, drawable, font_for

matplotlib = pytest.importorskip("matplotlib")
DEJAVU = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
CHINESE = "央行宣布下调利率，专家：利好楼市《新闻》"


@pytest.fixture
def bare(monkeypatch):
    """A machine with nothing but matplotlib."""
    monkeypatch.setattr(figure_fonts, "FONT_PACKAGES", ())
    monkeypatch.setattr(figure_fonts, "_system_fonts", tuple)


@pytest.fixture
def chinese_font():
    try:
        return font_for(CHINESE)
    except UsageError:
        pytest.skip("no Chinese font on this machine; the extra `pictures` brings one along")


def drawn(text, font):
    """What matplotlib paints for `text`, as an array."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1), dpi=60)
    figure.text(0.1, 0.3, text, fontproperties=font, fontsize=36, parse_math=False)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def test_latin_text_takes_the_font_that_is_always_there(bare):
    assert Path(font_for("Storm hits the coast – “again”, says Müller: 5 €").get_file()) == DEJAVU


def test_chinese_is_drawn_and_not_as_boxes(chinese_font):
    # pytest's filter turns matplotlib's "Glyph missing" into an error, and all boxes would look the same.
    pictures = {drawn(character, chinese_font).tobytes() for character in CHINESE}
    assert len(pictures) == len(set(CHINESE))
    assert drawable(CHINESE, chinese_font) == CHINESE


def test_mixed_text_has_one_font_for_all(chinese_font):
    text = "苹果 iPhone 新品：$999 起，股价涨 3.5%"
    font = font_for(text)
    assert drawable(text, font) == text
    drawn(text, font)


def test_without_a_font_it_is_said_what_to_install(bare):
    with pytest.raises(UsageError, match=r"专.*\.\[pictures\].*fonts-noto-cjk"):
        font_for(CHINESE)


def test_a_rare_character_or_an_emoji_spoils_no_picture(bare):
    text = "Müller says 龘 \U0001f9ff"
    font = font_for(text)
    assert drawable(text, font) == f"Müller says {MISSING_SIGN} {MISSING_SIGN}"
    drawn(drawable(text, font)[-6:], font)


def test_a_font_that_a_package_brings_along_is_found_without_importing_it(tmp_path, monkeypatch):
    package = tmp_path / "brought_along"
    (package / "fonts").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    brought = shutil.copy(DEJAVU.with_name("DejaVuSansMono.ttf"), package / "fonts" / "font.ttf")
    (package / "fonts" / "broken.ttf").write_bytes(b"no font")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(figure_fonts, "FONT_PACKAGES", ("not_installed", "brought_along"))
    monkeypatch.setattr(figure_fonts, "_system_fonts", tuple)
    assert Path(brought) in list(figure_fonts._fonts())
    assert figure_fonts._characters(package / "fonts" / "broken.ttf") == frozenset()
    assert Path(font_for("plain").get_file()) == DEJAVU


def test_upright_sans_serif_fonts_with_chinese_come_first():
    names = ["Zapf.ttf", "NotoSansCJK-Bold.ttc", "NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc", "Arial.ttf"]
    assert sorted(map(Path, names), key=figure_fonts._welcome)[0].name == "NotoSansCJK-Regular.ttc"


def test_no_text_needs_no_particular_font(bare):
    assert Path(font_for("").get_file()) == DEJAVU
