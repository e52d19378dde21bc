"""The small-talk corpus: whole lines, replies that are short and stand once, conversations that end with a reply."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

import corpora
from nlp.text import has_han, normalize, script_language

FOLDER = Path(corpora.__file__).parent / "smalltalk"
LEAST_PAIRS, LEAST_CONVERSATIONS = 3_000, 300
INTENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SECRETS = re.compile(r"https?://|@\w+\.|\d{5,}")


def lines_of(language):
    for path in sorted((FOLDER / language).glob("*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), start=1):
            yield f"{path.name}:{number}", line.split("\t")


def conversations_of(language):
    for path in sorted((FOLDER / language).glob("conversations-*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), start=1):
            yield f"{path.name}:{number}", json.loads(line)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pairs_are_many_whole_and_in_their_language(language):
    pairs = list(lines_of(language))
    assert len(pairs) >= LEAST_PAIRS
    broken = [
        place
        for place, fields in pairs
        if len(fields) != 3
        or not INTENT.fullmatch(fields[0])
        or any(field != field.strip() or not field for field in fields)
        or any(SECRETS.search(field) for field in fields)
    ]
    assert not broken
    foreign = [place for place, (_, _, reply) in pairs if script_language(reply) != language]
    assert not foreign
    assert all(normalize(reply) == reply for _, (_, _, reply) in pairs)


@pytest.mark.parametrize(("language", "longest"), [("en", 130), ("zh", 40)])
def test_replies_are_short_and_none_is_frequent(language, longest):
    replies = Counter(reply.casefold() for _, (_, _, reply) in lines_of(language))
    assert replies.most_common(1)[0][1] <= 2
    assert max(map(len, replies)) <= longest


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_prompt_stands_once_within_its_intent(language):
    prompts = Counter((intent, prompt.casefold()) for _, (intent, prompt, _) in lines_of(language))
    assert [prompt for prompt, count in prompts.items() if count > 1] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_conversations_have_four_to_eight_turns_and_end_with_a_reply(language):
    conversations = list(conversations_of(language))
    assert len(conversations) >= LEAST_CONVERSATIONS
    for place, conversation in conversations:
        turns = conversation["turns"]
        assert conversation.keys() == {"topic", "turns"} and len(turns) in (4, 6, 8), place
        assert all(turn == turn.strip() and turn for turn in turns), place
        assert has_han("".join(turns)) == (language == "zh"), place
