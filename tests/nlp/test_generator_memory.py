"""What a chat model remembers, as TextGenerator answers with it: before what it writes, the likeliest first."""

import shutil
from dataclasses import replace

import pytest

from nlp.bundle import MANIFEST_FILE, BundleWriter
from nlp.config import SearchConfig
from nlp.errors import BundleError
from nlp.generation import NO_WORDS
from nlp.generator import TextGenerator
from nlp.memory import MEMORY_FILE, Memory
from tests.conftest import write_random_bundle

GREETING = "How are you today."
REPLIES = ["The storm is over.", "Fine weather, and you.", "The council holds a vote."]
PAIRS = [*((GREETING, reply) for reply in REPLIES), ("Where is the river.", "Behind the old bridge.")]
RECALL = SearchConfig(beam_size=2, n_best=2, max_target_tokens=30, recall=0.3)


def remembering(source, folder, task, pairs=PAIRS):
    """A copy of a bundle, for `task`, that remembers `pairs`."""
    with BundleWriter(folder) as writer:
        shutil.copytree(source, writer.folder, dirs_exist_ok=True)
        (writer.folder / MANIFEST_FILE).unlink()
        Memory.of(pairs).save(writer.folder / MEMORY_FILE)
        writer.finish("random", task, "en", 1)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Folder of a random chat model that remembers nothing."""
    styles = ("companion", "public")
    return write_random_bundle(tmp_path_factory.mktemp("chat") / "chat", task="dialogue", styles=styles)


@pytest.fixture(scope="module")
def folder(plain, tmp_path_factory):
    return remembering(plain, tmp_path_factory.mktemp("remembering") / "chat", "dialogue")


@pytest.fixture(scope="module")
def generator(folder):
    return TextGenerator.load(folder, search=RECALL, threads=1)


def texts(generation):
    return [candidate.text for candidate in generation.candidates]


@pytest.mark.parametrize("earlier", [(), ("The match is over.",), ("We lost.", "Where is the river.")])
def test_remembered_replies_come_first_the_likeliest_after_the_whole_talk(generator, earlier):
    talk = (*earlier, GREETING.upper())
    [answer] = generator.generate([talk], replace(RECALL, beam_size=5, n_best=5))
    scores = {text: generator.score([talk], [text])[0] for text in REPLIES}
    assert texts(answer)[:3] == sorted(REPLIES, key=lambda text: -scores[text].log_prob)
    assert len(texts(answer)) == 3
    assert generator.generate([talk])[0].candidates == answer.candidates[:2]


def test_the_network_orders_what_is_remembered_by_the_whole_talk(generator, monkeypatch):
    """With likelihoods that depend on the first turn, since those of a random network hardly do."""
    from nlp.search import TargetScore

    def score(self, sources, targets, style=None):
        return [
            TargetScore(0.0 if target == turns[0] else -9.0, 4, 0)
            for turns, target in zip(sources, targets, strict=True)
        ]

    monkeypatch.setattr(TextGenerator, "score", score)
    answers = generator.generate([(text, "Well?", GREETING) for text in REPLIES])
    assert [texts(answer)[0] for answer in answers] == REPLIES


def test_the_scores_are_on_the_scale_of_the_search(generator):
    sums, means = (
        generator.generate([(GREETING,)], replace(RECALL, length_penalty=alpha))[0].candidates for alpha in (0.0, 1.0)
    )
    assert [each.text for each in sums] == [each.text for each in means]
    for raw, mean in zip(sums, means, strict=True):
        [score] = generator.score([(GREETING,)], [raw.text])
        assert raw.score == pytest.approx(score.log_prob, abs=1e-4)
        assert raw.score < mean.score < 0


def test_what_breaks_the_rules_is_not_recalled(generator):
    [free] = generator.generate([(GREETING,)], replace(RECALL, beam_size=4, n_best=4))
    assert set(REPLIES) == set(texts(free))
    [blocked] = generator.generate([(GREETING,)], replace(RECALL, blocked_words=("STORM", "weather")))
    assert texts(blocked) == [REPLIES[2]]
    [narrow] = generator.generate([(GREETING,)], replace(RECALL, max_characters=9.5))
    assert texts(narrow)[0] == REPLIES[0] and REPLIES[1] not in texts(narrow)
    [short] = generator.generate([(GREETING,)], replace(RECALL, max_target_tokens=2))
    assert not set(REPLIES) & set(texts(short))


def test_a_message_that_is_not_near_enough_is_answered_by_the_network(generator):
    message = "How are the people of the council?"
    near, far = (
        generator.generate([(message,)], replace(RECALL, recall=least, beam_size=5, n_best=5))[0]
        for least in (0.05, 0.999)
    )
    assert set(REPLIES) & set(texts(near)) and not set(REPLIES) & set(texts(far))
    assert far == generator.generate([(message,)], replace(RECALL, recall=0.0, beam_size=5, n_best=5))[0]


def test_without_recall_in_another_style_or_for_headlines_nothing_is_recalled(generator, plain, tmp_path):
    bare = TextGenerator.load(plain, search=RECALL, threads=1)
    for settings in (replace(RECALL, recall=0.0), replace(RECALL, style="public")):
        assert generator.generate([(GREETING,)], settings) == bare.generate([(GREETING,)], settings)
    headlines = remembering(plain, tmp_path / "headlines", "headlines")
    answers = TextGenerator.load(headlines, search=RECALL, threads=1).generate([(GREETING,)])
    assert not set(REPLIES) & set(texts(answers[0])) and answers[0].candidates


def test_the_style_in_which_the_model_speaks_is_recalled_and_scored_in(folder):
    styled = replace(RECALL, style="companion", n_best=3, beam_size=3)
    speaking = TextGenerator.load(folder, search=styled, threads=1)
    found = speaking.generate([(GREETING,)])[0].candidates
    for candidate in found:
        [score] = speaking.score([(GREETING,)], [candidate.text], "companion")
        assert candidate.score * ((5 + score.tokens) / 6) ** 0.6 == pytest.approx(score.log_prob, abs=1e-3)
    assert {each.text for each in found} == set(REPLIES)


def test_a_batch_gives_what_each_talk_gives_alone(generator):
    talks = [
        (GREETING,),
        ("Where is the river.",),
        (),
        ("",),
        (GREETING, ""),
        ("", GREETING),
        ("☃",),
        ("The storm " * 9,),
    ]
    talks += [(text, GREETING) for text in REPLIES]
    together = generator.generate(talks)
    assert together == [generator.generate([talk])[0] for talk in talks]
    assert together[1].candidates[0].text == "Behind the old bridge."
    assert together[2].candidates == together[3].candidates == ()
    assert together[5].candidates[0].text in REPLIES
    assert not {reply for _, reply in PAIRS} & {*texts(together[4]), *texts(together[6])}


def test_a_bundle_without_a_memory_answers_by_itself(plain):
    bare = TextGenerator.load(plain, search=RECALL, threads=1)
    assert bare.memory is None
    assert bare.generate([(GREETING,)]) == bare.generate([(GREETING,)], replace(RECALL, recall=0.0))


def test_warnings_are_about_what_is_answered_in_the_end(generator, monkeypatch):
    monkeypatch.setattr(TextGenerator, "_candidates", lambda self, sources, config: [()] * len(sources))
    known, strange = generator.generate([(GREETING,), ("Seven dogs.",)])
    assert len(known.candidates) == 2 and known.warnings == ()
    assert strange.candidates == () and strange.warnings == (NO_WORDS,)


def test_the_manifest_covers_the_memory(folder, tmp_path):
    changed = shutil.copytree(folder, tmp_path / "changed")
    content = bytearray((changed / MEMORY_FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (changed / MEMORY_FILE).write_bytes(content)
    with pytest.raises(BundleError, match=r"memory\.npz: this file is not what the model was shipped with"):
        TextGenerator.load(changed)
    (changed / MEMORY_FILE).unlink()
    with pytest.raises(BundleError, match=r"memory\.npz: a file of the model is missing"):
        TextGenerator.load(changed)
