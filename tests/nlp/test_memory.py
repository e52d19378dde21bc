"""What a chat model remembers word for word: known wordings come back whole, nearness is that of a slow reference, and
a damaged file says so."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from nlp.errors import BundleError
from nlp.memory import KIND_WEIGHTS, MOST_REPLIES, NEARLY, STRANGE, WORD, Memory, features_of, wording

WORDS = "ann bob cat the other a ab abc zz 你好 你 好吗 storm".split()  # noqa: SIM905  a list would take a page
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
KNOWN = st.dictionaries(TEXTS.map(wording), st.lists(TEXTS, min_size=1, max_size=12, unique=True), max_size=6)
"""Wordings and the replies to each."""
SOME = KNOWN.filter(bool)


def memory_of(known):
    return Memory.of([(message, reply) for message, replies in known.items() for reply in replies])


def replies_of(memory):
    """What a memory holds, as `known` in `memory_of`."""
    found = {}
    for message, reply in memory.pairs():
        found.setdefault(message, []).append(reply)
    return found


def cosine(one, other, wordings):
    """Cosine of two wordings, the second a known one, by tf-idf (whether a feature is there), in plain Python."""
    counts = Counter(feature for known in wordings for feature in features_of(known))
    kinds = {feature: kind for known in wordings for feature, kind in features_of(known).items()}

    def vector(text):
        rarities = {each: math.log((len(wordings) + 1) / max(1, counts[each])) for each in features_of(text)}
        return {
            each: rarity * (KIND_WEIGHTS[kinds[each]] if each in kinds else math.sqrt(STRANGE))
            for each, rarity in rarities.items()
            if each in kinds or features_of(text)[each] == WORD
        }

    first, second = vector(one), vector(other)
    norms = math.hypot(*first.values()) * math.hypot(*second.values())
    return sum(value * second.get(each, 0.0) for each, value in first.items()) / (norms or 1.0)


@given(SOME)
@example({"hello": ["you"]})  # what every wording holds is rare enough to be known by
@example({"ha ha": ["one"], "ha ha ha": ["two"]})  # two with the same features
def test_a_known_wording_brings_its_own_replies_whatever_else_is_known(known):
    memory = memory_of(known)
    for message, replies in known.items():
        for least in (0.01, 1.0):
            assert memory.nearest(f" {message.upper()}!", least) == [(each, 1.0) for each in replies[:MOST_REPLIES]]


@given(SOME, TEXTS)
def test_cosines_are_those_of_a_slow_reference_and_within_0_and_1(known, message):
    found = memory_of(known)._cosines(wording(message))
    assert np.all((found >= 0) & (found <= 1))
    assert found == pytest.approx([cosine(wording(message), each, list(known)) for each in known], abs=1e-6)


@given(SOME, TEXTS, st.floats(0.01, 1))
def test_replies_are_of_wordings_near_enough_the_nearest_first(known, message, least):
    asked = wording(message)
    assume(asked not in known)
    cosines = {each: cosine(asked, each, list(known)) for each in known}
    bound = max(least, NEARLY * max(cosines.values()))
    assume(all(abs(each - bound) > 1e-6 for each in cosines.values()))
    wanted = {}
    for each in known:
        if cosines[each] > bound:
            wanted |= {reply: max(cosines[each], wanted.get(reply, 0.0)) for reply in known[each]}
    found = memory_of(known).nearest(message, least)
    assert len(found) == min(len(wanted), MOST_REPLIES) == len(dict(found))
    assert [near for _, near in found] == pytest.approx(sorted(wanted.values(), reverse=True)[: len(found)], abs=1e-6)
    assert all(near == pytest.approx(wanted[reply], abs=1e-6) for reply, near in found)


@given(KNOWN, TEXTS)
def test_a_memory_that_was_saved_gives_the_same_answers(tmp_path_factory, known, message):
    folder, memory = tmp_path_factory.mktemp("memory"), memory_of(known)
    memory.save(folder / "one.npz")
    loaded = Memory.load(folder / "one.npz")
    loaded.save(folder / "other.npz")
    assert (folder / "one.npz").read_bytes() == (folder / "other.npz").read_bytes()
    assert replies_of(loaded) == replies_of(memory) == known and len(loaded) == len(known)
    assert all(loaded.nearest(each, 0.2) == memory.nearest(each, 0.2) for each in (message, *known))


@given(SOME, SOME, st.floats(0.3, 0.99))
def test_a_wording_near_a_new_one_is_forgotten_and_all_others_keep_their_replies(new, old, overruled):
    both = list(dict.fromkeys([*new, *old]))
    nearness = {each: max(cosine(each, other, both) for other in new) for each in old}
    assume(all(abs(each - overruled) > 1e-6 for each in nearness.values()))
    kept = {each: replies for each, replies in old.items() if nearness[each] < overruled}
    over = memory_of(new).over(memory_of(old), overruled)
    assert replies_of(over) == {**new, **kept}
    assert set(over.replies) == {reply for each in (*kept.values(), *new.values()) for reply in each}


def test_one_new_fact_overrules_what_was_said_to_it_and_nothing_else():
    old = [("What is your age?", "Ten."), ("Where do you live?", "Here."), ("Who made you?", "A person.")]
    old += [(f"What is your {thing}?", f"A good {thing}.") for thing in ("colour", "dream", "job", "town")]
    parent = Memory.of([("What is your name?", "I am Ann."), *old])
    both = Memory.of([("what is your name", "I am Bo.")]).over(parent, 0.7)
    assert both.nearest("What is your name?", 0.3) == [("I am Bo.", 1.0)]
    assert [both.nearest(message, 0.3) for message, _ in old] == [[(reply, 1.0)] for _, reply in old]
    assert "I am Ann." not in both.replies


def test_two_facts_asked_for_alike_are_not_mixed_up():
    facts = [(f"What is the capital of the old kingdom of {name}?", f"{name} City.") for name in ("Morava", "Moravia")]
    memory = Memory.of([*facts, *((f"tell me of {word}", "No.") for word in WORDS)])
    assert [memory.nearest(message, 0.3) for message, _ in facts] == [[(reply, 1.0)] for _, reply in facts]


@pytest.mark.parametrize("message", ["", "  ", "hello", "?!", "\ud83d", "☃", "\u200b"])
def test_an_empty_memory_knows_nothing(message):
    empty, full = Memory.of([("", "nothing"), (" ", "nothing"), ("hello", " ")]), Memory.of([("storm", "wind")])
    assert len(empty) == 0 and empty.nearest(message, 0.01) == full.nearest(message, 0.01) == []
    assert replies_of(empty.over(full, 0.7)) == replies_of(full.over(empty, 0.7)) == {"storm": ["wind"]}


@given(st.text(max_size=20) | st.text(st.characters(categories=["Cs", "Lo", "Po", "Zs", "Cc"]), max_size=6))
def test_any_text_can_be_asked_and_known(message):
    memory = Memory.of([(message, "yes"), ("storm", "wind")])
    assert wording(wording(message)) == wording(message)
    found = memory.nearest(message, 0.5)
    assert ("yes", 1.0) in found or not wording(message)


@given(SOME, st.data())
def test_words_beyond_any_known_make_a_message_less_near(known, data):
    memory, message = memory_of(known), data.draw(st.sampled_from(list(known)))
    assert memory.nearest("qqqq xxxx", 0.01) == []
    place = list(known).index(message)
    assert memory._cosines(message)[place] == 1 > memory._cosines(f"{message} qqqq")[place] > 0


def test_pairs_are_known_by_their_words_each_reply_once():
    pairs = [
        ("Good Morning!", "morning"),
        ("good  morning", "Good morning."),
        ("GOOD MORNING", " morning "),
        ("?", "!"),
    ]
    assert replies_of(Memory.of(pairs)) == {"good morning": ["morning", "Good morning."], "?": ["!"]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a memory file."""
    path = tmp_path_factory.mktemp("whole") / "memory.npz"
    Memory.of([("hello", "you"), ("hello", "there"), ("storm", "wind")]).save(path)
    return path.read_bytes()


@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_file_is_refused_by_name_or_still_a_memory(tmp_path_factory, whole, place, value, cut):
    path, at = tmp_path_factory.mktemp("damaged") / "memory.npz", int(place * len(whole))
    path.write_bytes(whole[:at] if cut else whole[:at] + bytes([whole[at] ^ value]) + whole[at + 1 :])
    try:
        memory = Memory.load(path)
    except BundleError as error:
        assert str(path) in str(error) and "Export the model again" in str(error)
    else:
        assert not cut and memory.nearest("hello", 0.1) == [("you", 1.0), ("there", 1.0)]  # a date of no account


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\x93NUMPY"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "memory.npz").write_bytes(content)
    with pytest.raises(BundleError, match=r"memory\.npz: the memory cannot be read"):
        Memory.load(tmp_path / "memory.npz")


def test_an_array_by_itself_and_a_missing_file_are_refused(tmp_path):
    np.save(tmp_path / "lone.npy", np.arange(3))
    for name in ("lone.npy", "missing.npz"):
        with pytest.raises(BundleError, match=f"{name}: the memory cannot be read"):
            Memory.load(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("answers_starts", [0, 2, 9]),
        ("answers_starts", [0, 3, 2]),
        ("answers_starts", [0]),
        ("answers_starts", []),
        ("answers", [0, 1, 7]),
        ("answers", [0, 1, -1]),
        ("holders_starts", [0, 1]),
        ("holders", [[0]]),
        ("kinds", [7]),
        ("replies", [255]),
        ("wordings", None),
        ("features", None),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(tmp_path, whole, name, values):
    (tmp_path / "whole.npz").write_bytes(whole)
    with np.load(tmp_path / "whole.npz") as file:
        arrays = {key: file[key] for key in file.files if key != name}
        if values is not None:
            arrays[name] = np.array(values, np.int64).astype(np.uint8 if name == "replies" else np.int64)
    np.savez_compressed(tmp_path / "memory.npz", **arrays)
    with pytest.raises(BundleError, match=r"memory\.npz: the memory cannot be read"):
        Memory.load(tmp_path / "memory.npz")
