"""The blocklists that ship, and the reader of the user's own."""

import pytest

from nlp.blocklists import MAX_FILE_BYTES, load_blocklist, read_blocklist
from nlp.constraints import contains_word
from nlp.errors import UsageError
from nlp.text import has_han, normalize

NEWS = {
    "en": "Police in Essex classify the assassin's assets; Scunthorpe cocktail bar, a hotdog, shiitake, Dick Cheney.",
    "zh": "操作系统 我操心体操你看 你妈妈的生日 杂种优势 沙雕节 印度支那 今日你妈妈去世 性侵 杀人 干你们的事",
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_shipped_lists_hold_clean_words_that_everyday_text_does_not(language):
    words = load_blocklist(language)
    assert len(words) >= 30
    assert all(word == normalize(word) and not word.startswith("#") for word in words)
    assert len({word.casefold() for word in words}) == len(words)
    assert any(map(has_han, words)) == (language == "zh")
    assert [word for word in words if contains_word(NEWS[language], word)] == []


def test_a_list_is_read_in_order_normalised_and_once(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes("\ufeff# mine\r\n\r\n  Ｆoo \u200bbar \r\n坏话\n# no\nC#\nFoo bar".encode())
    assert read_blocklist(path) == ("Foo bar", "坏话", "C#")
    path.write_bytes(b"")
    assert read_blocklist(path) == ()
    path.write_text("#" + "x" * 500)
    assert read_blocklist(path) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"fine\n\xff\xfe\n", "mine.txt, line 2: byte 1 is not UTF-8"),
        (b"\n\n" + b"x" * 101, "mine.txt, line 3: 101 characters"),
        (b"a\n" * (MAX_FILE_BYTES // 2 + 1), "mine.txt: .* at most 4,000,000 bytes"),
        (None, "mine.txt: .*cannot be read"),
    ],
)
def test_what_is_no_list_is_refused_by_file_and_line(content, message, tmp_path):
    path = tmp_path / "mine.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_blocklist(path)
