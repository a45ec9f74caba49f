# make demo    a fresh clone, a fresh machine: makes .venv and reconciles manifests/baseline.yaml in the sandbox
# make test    the same, and runs the linter, the type checker and all tests
# make torture strikes every call with every fault; goes on where it was stopped; ONLY='kind and write' is a slice
# make bench   calls and seconds of first and converged runs (see benchmarks/)

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types tests format torture bench clean

demo: $(VENV)/demo
	$(BIN)/awsbase reconcile manifests/baseline.yaml --sandbox

test: lint types tests

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy

tests: $(VENV)/dev
	$(BIN)/pytest -n auto

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

torture: $(VENV)/dev
	$(BIN)/pytest -n auto -m torture $(if $(ONLY),-k '$(ONLY)')
	$(BIN)/python -m tests.torture.figures

bench: $(VENV)/dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "awsbase needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Each stamp stands for one set of extras, and is made anew when the requirements change.
$(VENV)/demo $(VENV)/dev: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[$(if $(filter %dev,$@),dev,sandbox)]'
	@touch $@
