# make demo    a fresh clone, a fresh machine: makes .venv and reconciles manifests/baseline.yaml in the sandbox
# make test    the same, and runs the linter, the type checker and all tests
# make torture strikes every call with every fault; goes on where it was stopped; ONLY='kind and write' is a slice
# make bench   calls and seconds of first and converged runs, beside the fewest that can (see benchmarks/)
# make lock    pins what a release is installed with, by hash, in requirements/
# make audit   asks PyPI for known vulnerabilities of what is pinned; needs the network

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock'

.PHONY: demo test lint types tests format torture bench lock audit clean

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

lock: $(VENV)/release
	$(LOCK) --output-file requirements/awsbase.txt setup.cfg
	$(LOCK) --output-file requirements/sandbox.txt --extra sandbox setup.cfg

# Strict: what PyPI has nothing to say about is no pass.
audit: $(VENV)/release
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements/sandbox.txt || { echo \
		"make audit: not passed: the lines above name a vulnerability, or what PyPI could not be asked about"; exit 1; }

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "awsbase needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Each stamp stands for one set of extras, and is made anew when the requirements change.
$(VENV)/demo $(VENV)/dev $(VENV)/release: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[$(subst demo,sandbox,$(@F))]'
	@touch $@
