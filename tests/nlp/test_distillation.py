"""A model as teacher: what it makes up, what it writes for it, and that both follow from the seed."""

import pytest

from nlp.distillation import Taught, imagined_sources, teach
from nlp.errors import BundleError
from nlp.generator import TextGenerator
from nlp.probe import ProbeItem, answered, read_probe, write_probe
from tests.conftest import write_random_bundle


@pytest.fixture(scope="module")
def parents(tmp_path_factory):
    place = tmp_path_factory.mktemp("parents")
    write_random_bundle(place / "headlines", copy=True, styles=("wire", "teaser"), max_source_tokens=32)
    write_random_bundle(place / "dialogue", task="dialogue", max_source_tokens=32)
    return {task: TextGenerator.load(place / task) for task in ("headlines", "dialogue")}


def test_sources_follow_from_the_seed_and_are_distinct(parents):
    parent = parents["dialogue"]
    found = imagined_sources(parent, 30, seed=3)
    assert found == imagined_sources(parent, 30, seed=3) != imagined_sources(parent, 30, seed=4)
    assert 0 < len(found) == len(set(found)) <= 30
    assert all(turn.strip() for turns in found for turn in turns)


def test_a_chat_has_a_turn_before_or_not(parents):
    assert {len(turns) for turns in imagined_sources(parents["dialogue"], 40)} == {1, 2}


def test_the_parent_is_asked_as_it_ships_but_for_the_choice_by_facts(parents):
    parent, sources = parents["headlines"], [("The council voted.",), ("",), ("A storm hit the coast.",)]
    taught = teach(parent, sources)
    written = [each.candidates[0].text for each in parent.generate([sources[0], sources[2]])]
    assert taught == [Taught(sources[0], written[0]), Taught(sources[2], written[1])]


def test_every_style_takes_its_turn_and_the_order_is_kept(parents):
    sources = [(f"Storm number {number} hit the coast.",) for number in range(9)]
    told = []
    taught = teach(
        parents["headlines"], sources, every_style=True, progress=lambda done, total: told.append((done, total))
    )
    assert [each.turns for each in taught] == sources
    assert [each.style for each in taught] == ["", "wire", "teaser"] * 3
    assert told[-1] == (9, 9) and all(done <= total for done, total in told)


def test_nothing_asked_is_nothing_taught(parents):
    assert teach(parents["dialogue"], []) == [] == imagined_sources(parents["dialogue"], 0)


def test_a_probe_is_answered_written_and_read(parents, tmp_path):
    items = [ProbeItem(("Hi!", "Hello."), reference="Bye."), ProbeItem(("How are you?",))]
    own = answered(parents["dialogue"], items)
    assert [item.turns for item in own] == [item.turns for item in items] and all(item.output for item in own)
    assert own[0].reference == "Bye."
    assert read_probe(tmp_path) == []
    write_probe(tmp_path / "probe.jsonl", own)
    assert read_probe(tmp_path) == own


@pytest.mark.parametrize("line", ["{", "[]", '{"turns": ["a"]}', '{"turns": 3, "output": "", "reference": ""}'])
def test_a_damaged_probe_is_told_with_its_line(tmp_path, line):
    (tmp_path / "probe.jsonl").write_text('{"turns": ["a"], "output": "b", "reference": ""}\n' + line + "\n")
    with pytest.raises(BundleError, match=r"probe.jsonl:2: the line is damaged"):
        read_probe(tmp_path)
