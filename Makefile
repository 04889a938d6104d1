# Two commands do everything: `make demo` and `make test`. Both set themselves up on a bare machine
# with Python 3.11 or later, git, make and gcc.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NAME ?=

.PHONY: demo test check lint types layers unit wheel soak bench docs lock clean

demo: $(VENV)/run.ok
	@rm -rf demo-run
	$(BIN)/adhere demo -o demo-run

test: check unit wheel

check: lint types layers

lint: $(VENV)/dev.ok
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.ok
	$(BIN)/mypy

layers: $(VENV)/dev.ok
	$(BIN)/lint-imports

# Coverage is held where it is owed: the rooms that are pure.
unit: $(VENV)/dev.ok
	$(BIN)/pytest --cov --cov-report=
	$(BIN)/coverage report --fail-under=95 --include='src/adhere/spec/*,src/adhere/conversation/*,src/adhere/compiler/*,src/adhere/detect/*,src/adhere/resolve/*'

# The wheel, installed alone with its locked dependencies, must run.
wheel: $(VENV)/dev.ok
	$(BIN)/python tests/wheel.py

# What is too long for `make test`: full-size fuzzing, load, kills.
soak: $(VENV)/dev.ok
	$(BIN)/pytest -m soak --timeout=0 $(if $(NAME),-k $(NAME))

bench: $(VENV)/dev.ok
	@for file in $(if $(NAME),benchmarks/$(NAME).py,$(sort $(wildcard benchmarks/*.py))); do \
	  echo "== $$file"; $(BIN)/python $$file || exit 1; done

# Every example in README and docs, run; and every schema written out again.
docs: $(VENV)/dev.ok
	$(BIN)/python -m adhere.assemble.schemas
	$(BIN)/pytest README.md docs tests/docs

# Needs uv; nothing else does. Hashes only: no address of an index gets into the files.
lock:
	uv pip compile pyproject.toml --group build --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements/run.txt
	uv pip compile pyproject.toml --group dev --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.txt
	uv pip compile requirements/sarif.in --no-deps --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements/sarif.txt

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.ok: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.ok: requirements/dev.txt requirements/sarif.txt $(VENV)/run.ok
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/sarif.txt
	@touch $@

clean:
	rm -rf $(VENV) build dist demo-run .mypy_cache .ruff_cache .hypothesis .coverage
