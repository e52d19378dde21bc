"""What an installation would hold: packages, data files, dependencies, the command."""

import ast
import fnmatch
import importlib
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "corpora", "nlp", "scripts")
DATA = (
    "nlp/blocklists",
    "nlp/companion",
    "corpora/smalltalk",
    "corpora/newsroom",
    "nlp/pretrained",
    "corpora/samples",
    "scripts/recipes",
)
"""Folders of files that are no code and that an installation needs."""
DISTRIBUTIONS = {
    "telegram": "python-telegram-bot",
    "rouge_score": "rouge-score",
    "prometheus_client": "prometheus-client",
}
"""Names of packages as installed, where they differ from the name imported."""
NEVER_SERVED = {"tensorflow", "keras", "jax", "torch", "onnx", "sacrebleu", "rouge-score", "safetensors", "kuaizui"}


@pytest.fixture(scope="module")
def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def distribution(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower()


def is_data(file):
    return file.is_file() and file.suffix not in (".py", ".pyc")


def missing_data(root, package_data):
    """Data files under `root` that the globs of `package_data` do not reach."""
    covered = {
        file for package, globs in package_data.items() for glob in globs for file in (root / package).glob(glob)
    }
    there = {file for folder in DATA for file in (root / folder).rglob("*") if is_data(file)}
    return sorted(file.relative_to(root).as_posix() for file in there - covered)


def test_all_data_files_are_packaged(pyproject):
    assert (ROOT / "scripts/recipes/smoke.toml").exists() and (ROOT / "corpora/samples/news-zh.txt").exists()
    assert missing_data(ROOT, pyproject["tool"]["setuptools"]["package-data"]) == []


def test_a_data_file_that_no_glob_reaches_is_noticed(tmp_path):
    for name in (
        "nlp/blocklists/__init__.py",
        "nlp/blocklists/en.txt",
        "scripts/recipes/a.toml",
        "scripts/recipes/a.txt",
        "nlp/pretrained/m/tokenizer/t.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    globs = {"scripts": ["recipes/*.toml"], "nlp": ["pretrained/*"]}
    assert missing_data(tmp_path, globs) == [
        "nlp/blocklists/en.txt",
        "nlp/pretrained/m/tokenizer/t.json",
        "scripts/recipes/a.txt",
    ]


def test_all_packages_and_no_others_are_packaged(pyproject):
    patterns = pyproject["tool"]["setuptools"]["packages"]["find"]["include"]

    def is_packaged(name):
        return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)

    folders = {file.parent.relative_to(ROOT) for package in PACKAGES for file in (ROOT / package).rglob("*.py")}
    assert len(folders) > len(PACKAGES)
    assert all(is_packaged(".".join(folder.parts)) for folder in folders)
    assert all((ROOT / folder / "__init__.py").exists() for folder in folders)
    assert not is_packaged("tests") and not is_packaged("docs")


def test_the_command_exists(pyproject):
    module, _, name = pyproject["project"]["scripts"]["kuaizui"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_serving_needs_nothing_of_training(pyproject):
    served = {distribution(requirement) for requirement in pyproject["project"]["dependencies"]}
    assert "onnxruntime" in served
    assert not served & NEVER_SERVED


def test_every_library_that_is_imported_is_declared(pyproject):
    project = pyproject["project"]
    requirements = [
        *project["dependencies"],
        *(r for extra in project["optional-dependencies"].values() for r in extra),
    ]
    declared = {distribution(requirement) for requirement in requirements}
    imported = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    imported |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    imported.add(node.module.partition(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - set(PACKAGES)
    assert {"numpy", "click", "keras"} <= foreign
    assert {DISTRIBUTIONS.get(name, name) for name in foreign} <= declared


def test_locked_versions_cover_what_is_declared_and_name_no_index(pyproject):
    lines = (ROOT / ".ci/constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+( ; .+)?", line) for line in lines)
    locked = {line.partition("==")[0] for line in lines}
    project = pyproject["project"]
    requirements = [
        *project["dependencies"],
        *(r for extra in project["optional-dependencies"].values() for r in extra),
    ]
    assert {distribution(requirement) for requirement in requirements} - {"kuaizui"} <= locked


def test_licence_files_exist(pyproject):
    for name in pyproject["project"]["license-files"]:
        assert (ROOT / name).is_file()
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
