PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
OUT ?= farside-run

.PHONY: run explore test full check docs bench clean

run: $(VENV)/.core
	$(BIN)/farside run --out $(OUT)

explore: $(VENV)/.explore
	$(BIN)/farside explore

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist loadfile

full: $(VENV)/.dev
	$(BIN)/farside run --full --out $(OUT)

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# pages of modules and lessons are made anew: both are cached by their own text, not by the code
docs: $(VENV)/.dev
	rm -rf docs/modules docs/tutorials
	$(BIN)/sphinx-build -W --keep-going -j auto -b html docs docs/_build/html

bench: $(VENV)/.dev
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

# torch first and alone: it is pinned, and no other package may pull in another build
$(VENV)/.dev: $(VENV)/.core
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[dev]'
	touch $@

$(VENV)/.explore: $(VENV)/.core
	$(PIP) --editable '.[explore]'
	touch $@

$(VENV)/.core: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

clean:
	rm -rf $(VENV) $(OUT) docs/_build docs/modules docs/tutorials
