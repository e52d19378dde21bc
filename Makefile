# Kuaizui: `make help` lists what there is. Needs python3 (3.11 or newer) with venv and pip; set PYTHON for another one.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
LOCKED := .ci/constraints.txt
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check --no-input -c $(LOCKED)
PYTEST := $(RUN) -m pytest

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test test-long check format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.serve-stamp ## headlines for the sample news, and a short chat (no TensorFlow needed)
	@$(RUN) -m scripts.demo

test: $(VENV)/.dev-stamp ## the tests that take seconds
	$(PYTEST) -m "not slow"

test-long: $(VENV)/.dev-stamp ## the tests that take minutes
	$(PYTEST) -m slow || { code=$$?; [ $$code -eq 5 ] && echo "No test is marked slow."; }

check: $(VENV)/.dev-stamp ## what a change must pass: format, lint, types, tests
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(PYTEST) -m "not slow"

format: $(VENV)/.dev-stamp ## bring the code into its format
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

clean: ## remove the environment and all caches; models and training runs stay
	rm -rf $(VENV) .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	find bot corpora nlp scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment for both: what serves, and on top of it what trains and tests. A stamp is touched once its set-up is
# whole, so an interrupted one is simply done again.
$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Kuaizui needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "No environment could be made; Debian and Ubuntu keep venv apart: apt install python3-venv" >&2; exit 2; }

$(VENV)/.serve-stamp: pyproject.toml $(LOCKED) | $(RUN)
	@echo "Setting up (first time only, about a minute) ..."
	@$(INSTALL) -e .
	@touch $@

$(VENV)/.dev-stamp: pyproject.toml $(LOCKED) | $(RUN)
	@echo "Setting up for training and tests (first time only; TensorFlow is large, this can take some minutes) ..."
	@$(INSTALL) -e '.[dev]'
	@touch $(VENV)/.serve-stamp $@
