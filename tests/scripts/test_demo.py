"""What `make demo` shows, with and without shipped models."""

from pathlib import Path

from nlp.bundle import BundleInfo
from scripts.demo import NO_CHAT, SAMPLES, Demo, beginning
from tests.scripts.fake_generator import load_fake


def shown(*bundles):
    lines = []
    Demo([BundleInfo(*bundle, 1, 1, Path()) for bundle in bundles], load_fake, lines.append, lambda: 0.0).run()
    return "\n".join(lines)


def test_each_sample_text_has_its_headline():
    text = shown(("headlines-en", "headlines", "en"), ("headlines-zh", "headlines", "zh"))
    names = ("news-en.txt", "news-zh.txt")
    samples = [line for name in names for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines()]
    assert text.count("    -> ") == len(samples) == 16
    assert all(sample[:30] in text for sample in samples)
    assert text.endswith(NO_CHAT)


def test_a_dialogue_model_is_spoken_to():
    text = shown(("dialogue-zh", "dialogue", "zh"))
    assert text.count("  kuaizui  ") == text.count("  you      ") == 3
    assert NO_CHAT not in text


def test_without_models_it_says_how_to_train_them():
    text = shown()
    assert "kuaizui train headlines-en" in text and "kuaizui train headlines-zh" in text and "->" not in text


def test_the_beginning_of_a_text_is_measured_in_columns():
    assert beginning("short", 10) == "short"
    assert beginning("some words that go on", 12) == "some words …"
    assert beginning("some cafés that go on", 11) == "some …"
    assert beginning("云州大学科研团队", 10) == "云州大学 …"
