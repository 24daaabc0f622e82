# Two commands do everything on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PERSONS ?= 20000
SEED ?= 1
DAYS ?= 3
export HUB_EVAL_DATA ?= $(abspath ../shared/data)

.PHONY: demo test check bench trials docs lock neo4j clean

$(VENV)/.installed: requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.installed ## the main job on a made-up district: synthesize, run, evaluate, answer
	@$(BIN)/hub demo --persons $(PERSONS) --seed $(SEED) --days $(DAYS) --dir demo

test: $(VENV)/.installed-dev ## every test, against the real engines
	$(BIN)/python -m pytest

check: $(VENV)/.installed-dev ## the gate, without tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy examples
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict .
	$(BIN)/python -m tools.budgets
	$(BIN)/hub schemas check
	$(BIN)/python -m tools.reference --check

bench: $(VENV)/.installed-dev ## speed, memory and accuracy beside a peer; long: run it in the background
	$(BIN)/python -m bench

trials: $(VENV)/.installed-dev ## the long trials at full counts
	HUB_TRIALS=full $(BIN)/python -m pytest

docs: $(VENV)/.installed ## write the generated reference pages
	$(BIN)/python -m tools.reference

neo4j: $(VENV)/.installed ## start a Neo4j server for development and say how to point the hub at it
	@$(BIN)/python -m tools.neo4j start

lock: ## pin every package with its hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml tools/build.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev -c requirements.txt -o requirements-dev.txt

clean:
	rm -rf $(VENV) demo
