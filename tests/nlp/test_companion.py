"""A companion: who speaks, in which language, what the model sees, and which of its replies is said."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.companion import Companion, CompanionConfig
from nlp.companion.wording import asides, fixed_texts
from nlp.config import SearchConfig
from nlp.errors import ConfigError, UsageError
from nlp.generation import FEWER, UNREADABLE, Candidate, Generation


@dataclass
class Fake:
    """Answers every message with `texts`, best first, and writes down what it was asked."""

    texts: tuple[str, ...] = ("Fine!",)
    language: str = "en"
    task: str = "dialogue"
    search: SearchConfig = field(default_factory=SearchConfig)
    log_probs: tuple[float, ...] = ()
    warnings: tuple[str, ...] = ()
    asked: list = field(default_factory=list)

    def generate(self, sources, search=None):
        self.asked.append(([tuple(turns) for turns in sources], search))
        candidates = tuple(Candidate(text, -rank, self.log_probs) for rank, text in enumerate(self.texts))
        return [Generation(candidates[: search.n_best], self.warnings) for _ in sources]


def aside_texts(language, kind):
    return asides(language)[kind]


def test_the_model_answers_in_the_language_of_the_message():
    english, chinese = Fake(("Hi!",)), Fake(("嗨！",), "zh")
    companion = Companion({"en": english, "zh": chinese})
    reply = companion.reply(["hello"])
    assert (reply.text, reply.origin, reply.language, reply.rule) == ("Hi!", "model", "en", "")
    assert reply.generation.candidates[0].text == "Hi!" and reply.context == ("hello",)
    assert companion.reply(["你好"]).text == "嗨！"
    assert companion.reply(["你好", "嗨", "???"]).language == "zh"


def test_a_language_without_a_model_is_answered_by_the_first():
    assert Companion({"zh": Fake(("嗨",), "zh")}).reply(["hello"]).text == "嗨"
    assert Companion({"any": Fake(("嗨",), "zh")}).reply(["!!!"]).language == "zh"


def test_many_chats_need_one_call_for_each_model():
    english, chinese = Fake(("A",)), Fake(("乙",), "zh")
    chats = [["one"], ["二"], ["i want to die"], ["three", "A", "four"], ["五"]]
    companion = Companion({"en": english, "zh": chinese})
    replies = companion.replies(chats)
    assert [reply.origin for reply in replies] == ["model", "model", "care", "aside", "model"]
    assert [sources for sources, _ in english.asked] == [[("one",), ("three", "A", "four")]]
    assert [sources for sources, _ in chinese.asked] == [[("二",), ("五",)]]
    assert replies == [companion.reply(turns) for turns in chats]
    assert companion.replies([]) == []


@pytest.mark.parametrize(
    ("texts", "chosen"),
    [
        (("Fine!", "Good."), "Fine!"),
        (("How are you", "Good."), "Good."),
        (("how ARE you?!", "Good."), "Good."),
        (("Said before!", "Good."), "Good."),
        (("", "  ", "Good."), "Good."),
        (("Bullshit, friend.", "Good."), "Good."),
        (("傻逼", "Good."), "Good."),
    ],
)
def test_the_best_reply_that_keeps_the_rules_is_said(texts, chosen):
    reply = Companion({"en": Fake(texts)}).reply(["oh", "said before", "How are you?"])
    assert (reply.text, reply.origin) == (chosen, "model")


@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        ((), "wordless"),
        ((" ",), "wordless"),
        (("how are you",), "repeated"),
        (("how are you", "bullshit"), "blocked"),
    ],
)
def test_where_no_reply_is_fit_it_asks_back(texts, rule):
    reply = Companion({"en": Fake(texts)}).reply(["How are you?"])
    assert (reply.origin, reply.rule, reply.language) == ("aside", rule, "en")
    assert reply.text in aside_texts("en", "question")


def test_an_unlikely_reply_gives_way_to_an_aside_and_not_to_a_likelier_one():
    def fake(threshold):  # -6 in all
        return Fake(("Rare.", "Dull."), search=SearchConfig(ask_back_below=threshold), log_probs=(-4.0, -2.0))

    for threshold, origin in ((0.0, "model"), (-6.5, "model"), (-5.9, "aside")):
        reply = Companion({"en": fake(threshold)}).reply(["we went home together"])
        assert (reply.origin, reply.rule) == (origin, "unsure" if origin == "aside" else "")
    companion = Companion({"en": fake(0.0), "zh": fake(-1.0)})  # each model ships its own
    assert [companion.reply([text]).origin for text in ("hello", "你好")] == ["model", "aside"]


def test_an_aside_is_never_the_one_before():
    companion = Companion({"en": Fake(())})
    turns, said = (), []
    for _ in range(30):
        reply = companion.reply((*turns, "same again here now"))
        turns = companion.remembered((*turns, "same again here now"), reply)
        said.append(reply.text)
    assert all(before != text for before, text in pairwise(said))
    assert len(set(said)) == len(aside_texts("en", "statement"))


def test_danger_comes_before_abuse_and_needs_no_model():
    fake = Fake()
    companion = Companion({"en": fake})
    for message, origin, rule in (
        ("i want to die, you idiot", "care", "self"),
        ("my house is on fire", "care", "emergency"),
        ("you idiot", "calm", "abuse"),
        ("我想自杀", "care", "self"),
    ):
        reply = companion.reply([message])
        assert (reply.origin, reply.rule, reply.generation) == (origin, rule, None)
        assert reply.text in fixed_texts(reply.language)["calm" if rule == "abuse" else rule]
    assert fake.asked == []


def test_what_follows_a_danger_is_no_matter_for_the_model_either():
    companion = Companion({"en": Fake(("Ha ha!",))})
    turns = ("i want to die",)
    turns = companion.remembered(turns, companion.reply(turns))
    for message, origin, rule in (
        ("nobody listens, you idiot", "care", "after"),
        ("ok", "model", ""),
    ):
        reply = companion.reply((*turns, message))
        assert (reply.origin, reply.rule) == (origin, rule)
        turns = companion.remembered((*turns, message), reply)
    again = ("i want to die", fixed_texts("en")["self"][0], "i really want to die")
    assert companion.reply(again).text == fixed_texts("en")["self"][1]


def test_the_model_sees_the_last_turns_and_nothing_from_before_a_fixed_text():
    companion = Companion({"en": Fake()}, CompanionConfig(context_turns=3))
    assert companion.context(("a b", "c", "d e", "f", "g h")) == ("d e", "f", "g h")
    calm = fixed_texts("en")["calm"][0]
    assert companion.context(("you idiot", calm, "sorry about that")) == ("sorry about that",)
    assert companion.context(("first", calm, "second", "third", "fourth")) == ("second", "third", "fourth")


def test_only_the_latest_turns_are_remembered():
    companion = Companion({"en": Fake(("Z",))}, CompanionConfig(remembered_turns=4))
    reply = companion.reply(["a", "b", "c", "d", "e"])
    assert companion.remembered(["a", "b", "c", "d", "e"], reply) == ("c", "d", "e", "Z")


def test_it_asks_for_as_many_candidates_as_the_beam_holds():
    for beam, wanted in ((1, 1), (3, 3), (10, 5)):
        fake = Fake(search=SearchConfig(beam_size=beam))
        Companion({"en": fake}).reply(["hello"])
        assert fake.asked[0][1] == SearchConfig(beam_size=beam, n_best=wanted)
    fake = Fake()
    Companion({"en": fake}, search=lambda generator: SearchConfig(beam_size=2, seed=7)).reply(["hello"])
    assert fake.asked[0][1] == SearchConfig(beam_size=2, n_best=2, seed=7)


def test_warnings_of_the_search_are_not_for_the_person():
    unreadable = UNREADABLE.format(share="80%", language="zh")
    fake = Fake(warnings=(FEWER.format(found=1, wanted=5), unreadable))
    assert Companion({"en": fake}).reply(["hello"]).warnings == (unreadable,)
    assert Companion({"en": fake}).reply(["you idiot"]).warnings == ()


def test_what_cannot_work_is_refused():
    with pytest.raises(UsageError, match="headlines, not for dialogue"):
        Companion({"en": Fake(task="headlines")}).reply(["hello"])
    with pytest.raises(UsageError, match="at least one dialogue model"):
        Companion({})
    for turns, message in (([], "at least one turn"), ("hello", "pass"), ([3], "is a str")):
        with pytest.raises(UsageError, match=message):
            Companion({"en": Fake()}).reply(turns)
    for values in ({"context_turns": 0}, {"remembered_turns": 2}, {"candidates": 0}):
        with pytest.raises(ConfigError, match=next(iter(values))):
            CompanionConfig(**values)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=()), max_size=40), min_size=1, max_size=4),
    st.lists(st.text(max_size=5), max_size=3),
)
def test_any_text_gets_an_answer_and_the_same_again(turns, texts):
    companion = Companion({"en": Fake(tuple(texts)), "zh": Fake(tuple(texts), "zh")})
    reply = companion.reply(turns)
    assert reply.text.strip() and reply == companion.reply(turns)
    assert reply.text not in turns or reply.origin != "model"


@settings(max_examples=100, deadline=None)
@given(st.text("kil mysefto die自杀想死不活了,.*1!'\"《》$@", max_size=60))
def test_messages_near_the_rules_get_an_answer(message):
    assert Companion({"en": Fake()}).reply([message]).text


def test_a_very_long_message_is_answered():
    for message in ("a" * 200_000, "死" * 100_000, "k.i" * 50_000, "*" * 100_000, "i want to " * 20_000):
        assert Companion({"en": Fake()}).reply([message]).text
