"""Models that are loaded when they are first met: never before, once, and once for keys that share one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.loading import LoadedWhenMet


def loading(sources, loaded=None):
    """Models that are lists of their source, and what has been loaded."""
    calls = []

    def load(source):
        calls.append(source)
        return [source]

    return LoadedWhenMet(sources, load, loaded), calls


def test_looking_loads_nothing():
    models, calls = loading({"en": "e", "zh": "z"})
    assert "en" in models and "fr" not in models and list(models) == ["en", "zh"] and len(models) == 2
    assert not models.is_loaded("en") and models.sources == {"en": "e", "zh": "z"} and calls == []


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2)), st.data())
def test_each_is_loaded_once_whatever_is_taken_out(sources, data):
    models, calls = loading(sources)
    keys = data.draw(st.lists(st.sampled_from(sorted(sources)))) if sources else []
    taken = {key: models[key] for key in keys}
    for key in keys:
        assert models[key] is taken[key] and taken[key] == [sources[key]]
    assert sorted(calls) == sorted({sources[key] for key in keys})
    assert {key for key in sources if models.is_loaded(key)} == {key for key in sources if sources[key] in calls}


def test_what_is_there_already_is_not_loaded():
    there = ["there"]
    models, calls = loading({"en": "e", "zh": "z"}, {"e": there})
    assert models.is_loaded("en") and models["en"] is there and models["zh"] == ["z"] and calls == ["z"]


def test_what_cannot_be_loaded_is_tried_again_and_what_is_not_there_is_not():
    attempts = []

    def load(source):
        attempts.append(source)
        if len(attempts) == 1:
            raise OSError("busy")
        return source

    models = LoadedWhenMet({"en": "e"}, load)
    with pytest.raises(OSError, match="busy"):
        models["en"]
    assert not models.is_loaded("en") and models["en"] == "e" and attempts == ["e", "e"]
    with pytest.raises(KeyError):
        models["fr"]
