"""Recipes: the ones that ship, and every way to get one wrong."""

import pytest

from nlp.errors import ConfigError, UsageError
from scripts.recipe import RECIPES, SAMPLES, find_recipe, preset_names, read_recipe

SHIPPED = sorted(path.stem for path in RECIPES.glob("*.toml"))
SMALL = """
task = "headlines"
language = "en"
[[corpora]]
path = "${SAMPLES}/headlines-en.tsv"
weight = 2
[train]
epochs = 3
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        (tmp_path / "mine.toml").write_text(text, encoding="utf8")
        return tmp_path / "mine.toml"

    return write


@pytest.mark.parametrize("name", SHIPPED)
def test_every_recipe_that_ships_can_be_read(name, tmp_path):
    recipe = read_recipe(find_recipe(name), corpora_directory=tmp_path)
    assert recipe.name == name
    assert recipe.corpora and recipe.prepare.split.task == recipe.task
    assert find_recipe(name).read_text(encoding="utf8").startswith(f"# kuaizui train {name}")


def test_the_recipes_of_the_four_models_ship():
    assert {"headlines-en", "headlines-zh", "dialogue-en", "dialogue-zh", "smoke"} <= set(SHIPPED)


def test_values_come_from_the_file_and_the_rest_are_defaults(write):
    recipe = read_recipe(write(SMALL))
    assert (recipe.name, recipe.task, recipe.language) == ("mine", "headlines", "en")
    assert (recipe.train.epochs, recipe.train.batch_tokens) == (3, 4096)
    assert recipe.corpora[0].path == SAMPLES / "headlines-en.tsv"
    assert recipe.corpora[0].weight == 2.0


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_can_be_read_over_a_recipe_and_under_one(write, preset):
    over = read_recipe(write(SMALL), preset=preset)
    under = read_recipe(write(f'preset = "{preset}"\n{SMALL}'))
    assert over.model == under.model != read_recipe(write("\n" + SMALL)).model or preset == "small"
    assert over.tokenizer.vocab_size == {"tiny": 4000, "small": 8000, "base": 16000}[preset]
    assert over.train.epochs == under.train.epochs == 3


def test_own_values_lie_over_a_preset_that_the_recipe_names_and_under_one_that_is_given(write):
    text = f'preset = "tiny"\n{SMALL}learning_rate = 0.5\n'
    assert read_recipe(write(text)).train.learning_rate == 0.5
    assert read_recipe(write(text)).tokenizer.vocab_size == 4000
    assert read_recipe(write(text), preset="small").train.learning_rate == 2e-3
    assert read_recipe(write(text), ["train.learning_rate=0.25"], preset="small").train.learning_rate == 0.25


def test_an_unknown_preset_is_answered_with_what_there_is(write):
    for recipe, preset in ((SMALL, "huge"), (f'preset = "huge"\n{SMALL}', None)):
        with pytest.raises(UsageError, match=r"no preset 'huge'.*tiny, small, base"):
            read_recipe(write(recipe), preset=preset)
    with pytest.raises(ConfigError, match=r"preset = 3.*tiny, small, base"):
        read_recipe(write(f"preset = 3\n{SMALL}"))


@pytest.mark.parametrize(
    ("change", "section", "key", "value"),
    [
        ("train.epochs=7", "train", "epochs", 7),
        ("train.learning_rate = 1e-3", "train", "learning_rate", 0.001),
        ("tokenizer.kind=bpe", "tokenizer", "kind", "bpe"),
        ('tokenizer.kind="bpe"', "tokenizer", "kind", "bpe"),
        ('tokenizer.user_dictionary=["new york"]', "tokenizer", "user_dictionary", ("new york",)),
        ("model.bidirectional=false", "model", "bidirectional", False),
    ],
)
def test_a_change_replaces_a_value(write, change, section, key, value):
    recipe = read_recipe(write(SMALL), [change])
    assert getattr(getattr(recipe, section), key) == value
    assert recipe.values[section][key] == (list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize("change", ["epochs=3", "train.epochs", "training.epochs=3", "=", "corpora.path=x"])
def test_a_change_of_another_form_is_refused(write, change):
    with pytest.raises(UsageError, match=r"section\.key=value"):
        read_recipe(write(SMALL), [change])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.epoch=3", r"mine.toml \[train\].*'epoch'.*'epochs'"),
        ("train.epochs=many", r"\[train\].*epochs.*int is wanted, not str"),
        ("train.epochs=", r"\[train\].*epochs"),
        ("train.epochs=0", r"\[train\].*epochs = 0"),
        ("train.epochs.more=1", r"\[train\].*'epochs.more'"),
    ],
)
def test_a_change_that_cannot_work_is_named(write, change, message):
    with pytest.raises(ConfigError, match=message):
        read_recipe(write(SMALL), [change])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task = \n", "not valid TOML.*line 1"),
        (SMALL.replace("[train]", "[trian]"), "'trian'.*'train'"),
        (SMALL.replace("epochs", "epocks"), r"\[train\].*'epocks'.*'epochs'"),
        (SMALL.replace("weight", "wieght"), r"\[\[corpora\]\].*'wieght'.*'weight'"),
        (SMALL.replace("[[corpora]]", "[corpora]"), r"\[\[corpora\]\].*double brackets"),
        (SMALL.replace('"headlines"', '"headline"'), "task = 'headline'; choose one of headlines, dialogue"),
        (SMALL.replace('language = "en"', ""), "language = None; choose one of en, zh"),
        ('task = "headlines"\nlanguage = "en"\n', r"no \[\[corpora\]\]"),
        ("train = 3\n" + SMALL.replace("[train]\nepochs = 3", ""), r"\[train\].*table.*3"),
        ("split = 3\n" + SMALL, r"\[split\].*table.*3"),
        ('corpora = ["a.tsv"]\ntask = "headlines"\nlanguage = "en"\n', r"\[\[corpora\]\].*table.*'a.tsv'"),
    ],
)
def test_a_recipe_that_cannot_work_is_named_with_its_key(write, text, message):
    with pytest.raises(ConfigError, match=f"mine.toml.*{message}"):
        read_recipe(write(text))


def test_a_change_to_a_section_that_is_no_table_is_named_too(write):
    with pytest.raises(ConfigError, match=r"\[train\].*table"):
        read_recipe(write("train = 3\n" + SMALL.replace("[train]\nepochs = 3", "")), ["train.epochs=1"])


def test_a_variable_that_is_not_set_is_named_with_what_to_do(write, monkeypatch, tmp_path):
    path = write(SMALL.replace("${SAMPLES}", "${KUAIZUI_CORPORA}"))
    monkeypatch.delenv("KUAIZUI_CORPORA", raising=False)
    with pytest.raises(UsageError, match=r"mine.toml.*\$\{KUAIZUI_CORPORA\}.*--corpora DIR"):
        read_recipe(path)
    monkeypatch.setenv("KUAIZUI_CORPORA", "elsewhere")
    assert read_recipe(path).corpora[0].path == tmp_path / "elsewhere" / "headlines-en.tsv"
    assert read_recipe(path, corpora_directory=tmp_path).corpora[0].path == tmp_path / "headlines-en.tsv"


def test_files_of_the_command_line_replace_the_corpora(write, tmp_path):
    recipe = read_recipe(write(SMALL), corpus_files=[tmp_path / "a.tsv", tmp_path / "b.jsonl"])
    assert [source.path.name for source in recipe.corpora] == ["a.tsv", "b.jsonl"]


def test_files_of_ones_own_are_learned_in_the_style_that_the_model_is_used_in(write, tmp_path):
    text = SMALL + '\n[model]\nstyles = ["mine", "other"]\n[search]\nstyle = "mine"\n'
    recipe = read_recipe(write(text), corpus_files=[tmp_path / "a.tsv"])
    assert [source.style for source in recipe.corpora] == ["mine"]
    with pytest.raises(ConfigError, match=r"\[search\]: style = 'mine' is not among"):
        read_recipe(write(text.replace('"mine", ', "")))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("headline-en", "headline-en.*Did you mean headlines-en"),
        ("qqq", "Recipes: .*smoke"),
        ("none.toml", "none.toml.*no such"),
    ],
)
def test_an_unknown_recipe_is_answered_with_what_there_is(name, message):
    with pytest.raises(UsageError, match=message):
        find_recipe(name)


def test_a_recipe_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"mine\.toml"):
        read_recipe(tmp_path / "mine.toml")
