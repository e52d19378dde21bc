"""The search options of the command line, as they reach the generator."""

import io
import itertools

import pytest

from nlp.config import SearchConfig
from nlp.errors import ConfigError, UsageError
from scripts.chat import Conversation
from scripts.cli import run
from scripts.generate import run_generate
from scripts.generators import TextGenerators, available_cores, chosen_loader, search_config
from scripts.search_options import SearchChoices
from tests.scripts.fake_generator import FakeGenerator

CHOSEN_BY = {
    "--beam": "7",
    "--min-chars": "2.5",
    "--max-chars": "20",
    "--must-have": "sun",
    "--temperature": "0.5",
    "--top-k": "9",
    "--top-p": "0.8",
    "--seed": "4",
    "--set": "search.length_penalty=0.9",
}
ALL_OPTIONS = ["--sample", *itertools.chain(*CHOSEN_BY.items()), "--set", "search.coverage_penalty=0.2"]
ALL_CHOSEN = {
    "beam_size": 7,
    "min_characters": 2.5,
    "max_characters": 20.0,
    "required_word": "sun",
    "strategy": "sampling",
    "temperature": 0.5,
    "top_k": 9,
    "top_p": 0.8,
    "seed": 4,
    "length_penalty": 0.9,
    "coverage_penalty": 0.2,
}


class Listening(FakeGenerator):
    """Remembers what it was asked with."""

    asked = None

    def generate(self, sources, search=None):
        Listening.asked = search
        return super().generate(sources, search)


@pytest.fixture
def news(tmp_path):
    (tmp_path / "news.txt").write_text("rain falls\n")
    return str(tmp_path / "news.txt")


def test_every_option_reaches_the_search(news, tmp_path):
    (tmp_path / "words.txt").write_text("# mine\nfog\nice\n")
    code = run(["headlines", news, *ALL_OPTIONS, "--n-best", "3", "--block", str(tmp_path / "words.txt")], Listening)
    assert code == 0
    assert Listening.asked == SearchConfig(**ALL_CHOSEN, n_best=3, blocked_words=("fog", "ice"), faithful=True)


@pytest.mark.parametrize(
    ("options", "faithful"),
    [([], True), (["--faithful"], True), (["--no-faithful"], False), (["--set", "search.faithful=false"], False)],
)
def test_headlines_are_faithful_unless_the_person_says_otherwise(news, options, faithful):
    assert run(["headlines", news, *options], Listening) == 0
    assert Listening.asked.faithful == faithful


def test_generate_and_evaluate_take_the_same_options():
    from scripts.evaluate import command as evaluate
    from scripts.generate import command as generate
    from scripts.headlines import command as headlines

    wanted = {*CHOSEN_BY, "--sample", "--block"}
    for command in (headlines, generate, evaluate):
        assert wanted <= {name for parameter in command.params for name in parameter.opts}
    run_generate(Listening(), io.BytesIO(b"rain\n"), io.BytesIO(), SearchChoices(sample=True, top_k=3, seed=9))
    assert Listening.asked == SearchConfig(strategy="sampling", top_k=3, seed=9)


def test_nothing_chosen_leaves_the_models_own_settings():
    class Own(FakeGenerator):
        search = SearchConfig(beam_size=3, min_characters=4.0, blocked_words=("fog",), seed=2, strategy="sampling")

    assert search_config(Own(), SearchChoices()) == Own.search
    assert search_config(Own(), SearchChoices(temperature=0.5)).temperature == 0.5  # it samples as it is
    added = search_config(Own(), SearchChoices(blocked_words=("ice", "fog")))
    assert added.blocked_words == ("fog", "ice")


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"temperature": 0.5}, "--temperature is for drawing at random: add --sample"),
        ({"top_k": 5}, "--top-k is for drawing"),
        ({"top_p": 0.5}, "--top-p is for drawing"),
        ({"changes": ("train.epochs=1",)}, "--set train.epochs=1: write section.key=value"),
        ({"changes": ("search.beams=1",)}, "unknown key 'beams'"),
    ],
)
def test_what_cannot_work_is_refused(choices, message):
    with pytest.raises(UsageError, match=message):
        search_config(FakeGenerator(), SearchChoices(**choices))


def test_widths_that_cross_are_refused_before_a_model_is_loaded(news, capsys):
    assert run(["headlines", news, "--min-chars", "9", "--max-chars", "8.5"], None) == 2
    assert "--min-chars 9 is more than --max-chars 8.5" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="max_characters"):  # the model's own may cross with the person's, too
        search_config(FakeGenerator(), SearchChoices(min_chars=9.0, changes=("search.max_characters=3",)))


def test_a_blocklist_that_is_not_there_is_a_message(news, tmp_path, capsys):
    assert run(["headlines", news, "--block", str(tmp_path / "none.txt")], FakeGenerator) == 2
    assert "none.txt" in capsys.readouterr().err


def test_chat_takes_a_seed_and_settings():
    choices = SearchChoices(seed=5, changes=('search.strategy="sampling"', "search.top_k=40"))
    Conversation({"en": "m"}, lambda name: Listening(name, "dialogue"), choices).reply("hello")
    assert Listening.asked == SearchConfig(strategy="sampling", top_k=40, seed=5, n_best=5)


def test_help_says_how_characters_are_counted(capsys):
    run(["headlines", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "a full-width character counts 1, a half-width one (Latin letters, digits, spaces) 0.5" in text


@pytest.mark.parametrize(("threads", "workers", "given"), [(0, 1, 0), (3, 1, 3), (3, 4, 3), (0, 10_000, 1)])
def test_workers_share_the_cores(threads, workers, given):
    import click

    with click.Context(click.Command("x"), obj=None):
        assert chosen_loader(threads, workers) == TextGenerators(given)
        assert chosen_loader(0, 2) == TextGenerators(max(1, available_cores() // 2))


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (SearchChoices(must_have="  "), "--must-have is empty"),
        (SearchChoices(must_have="Bridge", blocked_words=("bridge",)), "--must-have and forbidden by --block"),
    ],
)
def test_what_contradicts_itself_is_refused(choices, message):
    with pytest.raises(UsageError, match=message):
        choices.check()
