# Two commands do all set-up on a fresh machine: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
DEMO_EXTRAS := documents,retrieval,teach,train,evaluate,serve

.PHONY: demo test lint format docs lock clean

demo: $(VENV)/.installed
	$(BIN)/glossator run recipes/quickstart.yaml

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Write the generated pages anew: docs/cli.md and docs/recipes.md.
docs: $(VENV)/.installed
	$(BIN)/python docs/generate.py

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "glossator needs Python 3.10 or newer; name one: make PYTHON=python3.11 demo")'
	$(PYTHON) -m venv $(VENV)

# The pins were tested on Python 3.11; other versions resolve from the ranges in pyproject.toml, with torch alone pinned.
$(VENV)/.constraints: constraints.txt $(VENV)/bin/python
	$(BIN)/python -c 'import sys; lines = open("constraints.txt").read().splitlines(); pinned = sys.version_info[:2] == (3, 11); print("\n".join(l for l in lines if pinned or l.startswith("torch==")))' > $@

$(VENV)/.installed: pyproject.toml $(VENV)/.constraints
	$(BIN)/python -m pip install --quiet --constraint $(VENV)/.constraints torch
	$(BIN)/python -m pip install --quiet --constraint $(VENV)/.constraints --editable '.[$(DEMO_EXTRAS)]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint $(VENV)/.constraints --editable '.[dev]'
	touch $@

# Write down the versions that the tests passed on.
lock: $(VENV)/.installed-dev
	$(BIN)/python -m pip freeze --exclude-editable --exclude pip | sed 's/+cpu$$//' > constraints.txt

clean:
	rm -rf $(VENV) build dist src/*.egg-info
