"""The parts of which rules about messages are made: folding, spelling, phrases, languages, texts and their choice."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.blocklists import load_blocklist
from nlp.companion.folding import fold
from nlp.companion.languages import LANGUAGES, message_language
from nlp.companion.phrases import Phrases, read_sections
from nlp.companion.rules import DANGERS, FOLDER
from nlp.companion.spelling import Spelling, one_slip_apart
from nlp.companion.wording import asides, choose, fixed_texts
from nlp.constraints import contains_word
from nlp.text import has_han

LISTS = [(language, name) for language in LANGUAGES for name in ("care.txt", "abuse.txt", "kinds.txt")]
EMERGENCY_NUMBERS = {"112", "911", "999", "120", "110", "119"}


@pytest.mark.parametrize(
    ("message", "folded"),
    [
        ("  Héllo,  WORLD! ", "^ hello world $ "),
        ("I'm here. You’re not", "^ im here , youre not $ "),
        ("k.i.l.l it", "^ kill it $ "),
        ("a b", "^ a b $ "),
        ("well...no", "^ well no $ "),
        ("想死 了，好的", "^ 想 死 了 , 好 的 $ "),
        ("自，杀", "^ 自 杀 $ "),
        ("自sha了", "^ 自 sha 了 $ "),
        ("這個藥", "^ 这 个 药 $ "),
        ("one\ntwo", "^ one , two $ "),
        ("рaypal привет", "^ paypal привет $ "),
        ("one_two@three", "^ one two three $ "),
        ("", "^ $ "),
    ],
)
def test_folding(message, folded):
    assert fold(message) == folded


@given(st.text())
def test_folding_is_stable_and_of_one_form(message):
    folded = fold(message)
    assert re.fullmatch(r"\^ (?:(?:[^ ]+|,) )*\$ ", folded)
    assert folded == fold(message)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("k1ll", "kill"),
        ("ki11", "kill"),
        ("k!ll", "kill"),
        ("k*ll", "kill"),
        ("k**l", "kill"),
        ("k***", "k***"),
        ("kiiill", "kill"),
        ("kiill", "kiill"),
        ("bill", "bill"),
        ("mysefl", "myself"),
        ("mself", "myself"),
        ("himself", "himself"),
        ("kil", "kil"),
        ("h2o", "h2o"),
        ("2024", "2024"),
    ],
)
def test_spelling(typed, meant):
    assert Spelling(["kill", "myself"], ["myself"]).word_meant(typed) == meant


def test_words_run_together_come_apart_only_where_all_of_them_are_known():
    spelling = Spelling(["want", "to", "die", "kill", "myself", "i", "pos", "it", "on"])
    assert spelling.opened("^ iwanttodie killmyself $ ") == "^ i want to die kill myself $ "
    assert spelling.opened("^ wanttodiet position $ ") == "^ wanttodiet position $ "


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_one_slip_goes_both_ways(typed, meant):
    def slips(word):
        yield from (word[:i] + word[i + 1 :] for i in range(len(word)))
        yield from (word[:i] + letter + word[i:] for i in range(len(word) + 1) for letter in "abc")
        yield from (word[:i] + letter + word[i + 1 :] for i in range(len(word)) for letter in "abc")
        yield from (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))

    assert one_slip_apart(typed, meant) == (typed != meant and typed in slips(meant))


@pytest.mark.parametrize(
    ("line", "found", "not_found"),
    [
        ("red|blue car", ["my red car", "BLUE CAR"], ["red", "red cart", "red. car", "infrared car"]),
        ("very? big_cat", ["a big cat", "very big cat"], ["big", "very cat"]),
        ("^ hello $", ["Hello!"], ["hello there", "oh hello"]),
        ("stop , now", ["stop. now"], ["stop now"]),
        ("from ... home", ["from home", "from here to my home"], ["from here and there to home"]),
        ("去 ... 家", ["我去你的家", "去家"], ["去他们的那个家", "去。他家"]),
        ("@colour 车", ["红车", "red 车"], ["车"]),
    ],
)
def test_phrases(line, found, not_found):
    phrases = Phrases([line], ["colour: red|红"])
    assert [message for message in found if not phrases.found_in(fold(message))] == []
    assert [message for message in not_found if phrases.found_in(fold(message))] == []


def test_phrases_are_taken_out_and_fit_nothing_then():
    assert Phrases(["big cat"]).without("^ a big cat sat $ ") == "^ a # sat $ "
    assert not Phrases(["a ... sat"]).found_in("^ a # sat $ ")


@pytest.mark.parametrize("line", ["... cat", "cat?", "@nothing cat", "!", "a||b"])
def test_a_phrase_that_cannot_work_is_refused(line):
    with pytest.raises(ValueError):
        Phrases([line])


def test_a_line_before_the_first_section_is_refused(tmp_path):
    (tmp_path / "list.txt").write_text("# comment\n\nword\n")
    with pytest.raises(ValueError, match=r"list.txt, line 3"):
        read_sections(tmp_path / "list.txt")


@pytest.mark.parametrize(("language", "name"), LISTS)
def test_every_phrase_that_ships_is_well_formed(language, name):
    sections = read_sections(FOLDER / language / name)
    for section, lines in sections.items():
        if section != "sets":
            assert Phrases(lines, sections.get("sets", ())).words() or language == "zh", section
            assert lines and len(set(lines)) == len(lines), section
    assert name != "care.txt" or set(DANGERS) <= sections.keys()


@pytest.mark.parametrize(
    ("turns", "language"),
    [
        (["hello"], "en"),
        (["你好", "嗨", "ok"], "zh"),
        (["你好", "嗨", "???"], "zh"),
        (["你好", "嗨", "hahaha 233"], "zh"),
        (["你好", "嗨", "hello there"], "en"),
        (["hi you", "hey there", "😂"], "en"),
        (["123"], "zh"),
        (["lol"], "zh"),
    ],
)
def test_a_message_without_words_follows_the_talk(turns, language):
    assert message_language(turns, "zh") == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_many_distinct_and_clean(language):
    texts = [text for texts in (*asides(language).values(), *fixed_texts(language).values()) for text in texts]
    assert sum(map(len, asides(language).values())) >= 40 and len(fixed_texts(language)["calm"]) >= 10
    assert set(asides(language)) == {"question", "statement", "mood", "short", "signs"}
    assert set(fixed_texts(language)) == {*DANGERS, "after", "calm"}
    assert len(set(texts)) == len(texts)
    assert all(has_han(text) == (language == "zh") for text in texts)
    assert not [text for text in texts if any(contains_word(text, word) for word in load_blocklist(language))]
    assert not [text for text in texts if re.search("don't know|不知道", text) and len(text) < 20]


@pytest.mark.parametrize("language", LANGUAGES)
def test_caring_texts_say_to_reach_people_and_name_no_other_number(language):
    for danger in DANGERS:
        for text in fixed_texts(language)[danger]:
            assert set(re.findall(r"\d+", text)) <= EMERGENCY_NUMBERS
            assert re.search("someone|人|people", text) and len(text) < 250
            assert danger == "loss" or re.search("emergency number|急救", text)


@given(st.lists(st.text(max_size=5), min_size=1, max_size=4))
def test_the_choice_follows_from_the_turns(turns):
    texts = asides("en")["short"]
    assert choose(texts, turns) == choose(texts, turns) in texts


def test_no_text_comes_again_before_the_others_did():
    texts = asides("zh")["short"]
    turns, said = [], []
    for _ in range(3 * len(texts)):
        said.append(choose(texts, [*turns, "嗯"]))
        turns += ["嗯", said[-1]]
    assert set(said[: len(texts)]) == set(texts)
    assert all(before != text for before, text in pairwise(said))
