"""The shape of the project: who imports what, what is never used, how long files are, what lies at the top level."""

import ast
import fnmatch
import os
import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "corpora", "nlp", "scripts")
MAY_IMPORT = {
    "bot": {"bot", "corpora", "nlp"},
    "corpora": {"corpora"},
    "nlp": {"nlp"},
    "scripts": {"corpora", "nlp", "scripts"},
}
KERAS_MODULES = ("nlp/model/*.py", "nlp/training/*.py", "nlp/onnx_export.py")
KERAS_MEASURED = ("scripts/benchmark_train_yardstick.py", "scripts/benchmark_train_parts.py")
"""Programs that `benchmark train` starts: plain Keras to compare with, and a training step cut off part by part."""
ONLY_IN = {
    "keras": (*KERAS_MODULES, *KERAS_MEASURED),
    "tensorflow": KERAS_MODULES,
    "jax": KERAS_MODULES,
    "onnx": ("nlp/onnx_graph.py", "nlp/onnx_export.py"),
    "onnxruntime": ("nlp/engine.py",),
    "telegram": ("bot/*.py", "bot/handlers/*.py"),
}
"""Libraries that few modules may know, and the patterns of those."""
NEVER_IMPORTED = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "tests"}
NEVER_CALLED = {"eval", "exec"}
NEVER_A_NAME = {"utils", "util", "helpers", "helper", "common", "misc"}
MAX_LINES = 300
TOP_LEVEL = {
    *PACKAGES,
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "README.zh-CN.md",
    "docs",
    "pyproject.toml",
    "tests",
}
DEVELOPER_PATH = re.compile(rb"(?<![\w.~-])(?:/(?:home|root|tmp|work|workspace|Users)/|[A-Z]:\\Users\\)\w")


def imported_modules(tree):
    """Dotted names of all modules that a file imports, at any depth of its code, by statement or by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module if not node.level else "." * node.level
        elif isinstance(node, ast.Call) and called_name(node) in ("import_module", "__import__"):
            yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str))


def called_name(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def import_faults(path, module):
    top = module.partition(".")[0]
    if not top:
        yield "relative import; write the whole name"
    elif top in PACKAGES and top not in MAY_IMPORT[path.parts[0]]:
        yield f"{path.parts[0]} imports {module}"
    elif top in NEVER_IMPORTED or (top in ONLY_IN and not any(map(path.match, ONLY_IN[top]))):
        yield f"may not import {module}"


def faults(path, text):
    """What is wrong with the Python file `path` (relative to the root) of this text, one message each."""
    found = [f"no name for a module: {part}" for part in path.with_suffix("").parts if part in NEVER_A_NAME]
    if (lines := len(text.splitlines())) > MAX_LINES:
        found.append(f"{lines} lines; at most {MAX_LINES}")
    tree = ast.parse(text)
    for module in imported_modules(tree):
        found.extend(import_faults(path, module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NEVER_CALLED:
            found.append(f"calls {node.func.id}")
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and getattr(node.value, "value", True):
            found.append("allows pickle")
    return found


def all_files(root):
    """Files of the project: those that git tracks, or without git those that .gitignore does not name."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
        if listed.returncode == 0 and listed.stdout:
            return [path for name in listed.stdout.split("\0") if name and (path := root / name).is_file()]
    rules = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = [rule.strip("/") for rule in rules if rule and not rule.startswith("#")]
    return list(walked(root, ignored))


def walked(folder, ignored):
    for entry in sorted(folder.iterdir()):
        if entry.name == ".git" or any(fnmatch.fnmatch(entry.name, rule) for rule in ignored):
            continue
        if entry.is_dir():
            yield from walked(entry, ignored)
        else:
            yield entry


def python_files():
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_every_module_keeps_to_the_rules():
    files = python_files()
    # Counted another way than found, so that a pattern which silently matches nothing is noticed.
    there = sum(
        name.endswith(".py") for package in PACKAGES for _, _, names in os.walk(ROOT / package) for name in names
    )
    print(f"{len(files)} Python files inspected, {there} there")
    assert len(files) >= there >= 80
    assert {path.relative_to(ROOT).parts[0] for path in files} == set(PACKAGES)
    found = []
    for file in files:
        path = PurePosixPath(file.relative_to(ROOT).as_posix())
        found += [f"{path}: {fault}" for fault in faults(path, file.read_text(encoding="utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("nlp/search/beam.py", "from corpora.pairs import Pair", "nlp imports corpora.pairs"),
        ("corpora/preparation.py", "def f():\n    import nlp.text", "corpora imports nlp.text"),
        ("nlp/text.py", "from scripts import cli", "nlp imports scripts"),
        ("scripts/cli.py", "import bot.app", "scripts imports bot.app"),
        ("bot/app.py", "from scripts.headlines import run_headlines", "bot imports scripts.headlines"),
        ("nlp/text.py", "from . import errors", "relative import; write the whole name"),
        ("nlp/search/beam.py", "import keras", "may not import keras"),
        ("scripts/train.py", "def f():\n    from tensorflow.data import Dataset", "may not import tensorflow.data"),
        ("nlp/generator.py", "import importlib\nimportlib.import_module('keras.ops')", "may not import keras.ops"),
        ("nlp/bundle.py", "import onnx", "may not import onnx"),
        ("nlp/search/beam.py", "import onnxruntime", "may not import onnxruntime"),
        ("scripts/chat.py", "import telegram.ext", "may not import telegram.ext"),
        ("bot/store/talks.py", "import telegram", "may not import telegram"),
        ("corpora/readers/tsv.py", "import pickle", "may not import pickle"),
        ("nlp/text.py", "from tests.scripts import fake_generator", "may not import tests.scripts"),
        ("nlp/config.py", "eval('1')", "calls eval"),
        ("nlp/config.py", "exec('x = 1')", "calls exec"),
        ("nlp/weights.py", "np.load('x', allow_pickle=True)", "allows pickle"),
        ("nlp/utils.py", "", "no name for a module: utils"),
        ("scripts/common/text.py", "", "no name for a module: common"),
        ("nlp/model/seq2seq.py", "x = 1\n" * 301, "301 lines; at most 300"),
    ],
)
def test_each_rule_finds_what_breaks_it(path, text, fault):
    assert faults(PurePosixPath(path), text) == [fault]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("nlp/model/seq2seq.py", "import keras\nfrom nlp.config import ModelConfig\n" + "x = 1\n" * 298),
        ("nlp/engine.py", "import onnxruntime"),
        ("nlp/onnx_graph.py", "from onnx import helper"),
        ("bot/app.py", "from telegram.ext import Application\nfrom nlp.generator import TextGenerator"),
        ("bot/handlers/talk.py", "from telegram import Message"),
        ("bot/documents.py", "from corpora.articles import articles_in"),
        ("scripts/train.py", "from corpora import prepare\nimport re\nre.compile('a')"),
        ("nlp/checkpoint.py", "np.load('x', allow_pickle=False)"),
    ],
)
def test_what_keeps_to_the_rules_is_left_alone(path, text):
    assert faults(PurePosixPath(path), text) == []


def test_the_top_level_holds_only_the_agreed_names():
    names = {path.relative_to(ROOT).parts[0] for path in all_files(ROOT)}
    assert not names - TOP_LEVEL


def test_files_are_found_without_git_too(tmp_path):
    (tmp_path / ".gitignore").write_text("# caches\n__pycache__/\n*.pyc\n/runs/\n")
    for name in ("nlp/text.py", "nlp/__pycache__/text.pyc", "runs/first/run.json", "stray.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = {path.relative_to(tmp_path).as_posix() for path in all_files(tmp_path)}
    assert found == {".gitignore", "nlp/text.py", "stray.txt"}


def test_no_file_names_a_path_of_a_developers_machine():
    files = all_files(ROOT)
    assert len(files) > len(TOP_LEVEL)
    found = [
        f"{file.relative_to(ROOT)}: {m[0]!r}" for file in files for m in DEVELOPER_PATH.finditer(file.read_bytes())
    ]
    assert not found, "\n".join(found)


def test_paths_of_a_developers_machine_are_known():
    slash = b"/"  # spelt apart, or this file would be found itself
    for place in (b"home", b"tmp", b"root", b"Users"):
        assert DEVELOPER_PATH.search(b"open('" + slash + place + slash + b"ada')")
    assert DEVELOPER_PATH.search(b"C:\\" + b"Users\\ada")
    assert not DEVELOPER_PATH.search(b"see example.org" + slash + b"home" + slash + b"ada")
