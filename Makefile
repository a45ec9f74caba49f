# make demo    a fresh clone, a fresh machine: makes .venv and reconciles manifests/baseline.yaml in the sandbox
# make check   the linter, the type checker and the quick tests, side by side: two minutes
# make test    the linter, the type checker and all tests; SEED=2026-06-21 draws what that day drew
# make tools   installs what tests need beyond PyPI; a test whose tool is missing is skipped, and fails where CI=true
# make faults  injects every fault at every call; goes on where it stopped; ONLY='kind and write' is a part of it
# make lowest  runs the quick tests with the lowest version that setup.cfg allows of each package; needs the network
# make opinion reconciles manifests with LocalStack, an emulator by others, and writes what differs into docs/sandbox.md
# make bench   calls and seconds of first and converged runs, beside the fewest that can (see benchmarks/)
# make host    boots a bastion of Debian in a virtual machine; minutes with KVM, an hour without; see docs/host.md
# make docs    builds the documentation as a site into build/site, and fails at a broken link
# make container builds the image with podman or docker, and runs it once; needs the network
# make lock    pins what a release is installed and built with, by hash, in requirements/
# make release builds wheel and sdist of the last commit twice, and keeps them in dist/ if both builds are the same
# make audit   asks PyPI for known vulnerabilities of what is pinned; needs the network

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock'

.PHONY: demo check test lint types tests quick tools format faults lowest host opinion bench container docs lock release audit clean

# tests/conftest.py says how many workers of pytest there are.
PYTEST := $(BIN)/pytest -n auto --dist worksteal $(if $(SEED),--seed $(SEED))
QUICK := -m "not faults and not slow" $(addprefix --ignore=tests/,contract faults hostile permissions)

demo: $(VENV)/demo
	$(BIN)/awsbase reconcile manifests/baseline.yaml --sandbox

check: $(VENV)/dev
	@$(MAKE) --no-print-directory --jobs 3 lint types quick

test: $(VENV)/dev lint
	@$(MAKE) --no-print-directory --jobs 2 types tests

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tests.lint
	$(BIN)/python -m awsbase.kinds check

types: $(VENV)/dev
	$(BIN)/mypy

tests: $(VENV)/dev
	$(PYTEST)

quick: $(VENV)/dev
	$(PYTEST) $(QUICK)

tools: .venv-docs/installed
	@PYTHON=$(PYTHON) tools/install

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What pytest ends with where every test has passed before with this code.
ALL_DONE := 5

# The tables in docs/reliability.md get the date and the commit: commit them.
faults: $(VENV)/dev
	$(PYTEST) -m "faults or sampled" --all-cases $(if $(ONLY),-k '$(ONLY)') || [ $$? -eq $(ALL_DONE) ]
	$(BIN)/python -m tests.faults.table
	$(BIN)/python -m tests.figures

# Each click writes the pages of man a little otherwise, and check-jsonschema needs a newer one than it says.
lowest: .venv-lowest/installed
	.venv-lowest/bin/pytest -n auto --dist worksteal $(QUICK) \
		--deselect tests/test_site.py::test_the_man_pages_are_those_of_the_commands \
		--deselect tests/pipeline/test_documents.py::test_each_document_fits_its_schema

# The transcript in docs/host.md gets the date and the commit: commit it.
host: $(VENV)/dev
	$(BIN)/python -m tests.host

opinion: $(VENV)/dev .venv-opinion/installed
	$(BIN)/python -m tools.opinion

bench: $(VENV)/dev
	$(BIN)/python -m benchmarks

docs: $(VENV)/demo .venv-docs/installed
	$(BIN)/python -m tools.site

BUILDER ?= $(notdir $(firstword $(shell command -v podman docker)))

container:
	$(BUILDER) build --file Containerfile --tag awsbase .
	$(BUILDER) run --rm --read-only --cap-drop all --network none awsbase --version

lock: $(VENV)/release
	$(LOCK) --output-file requirements/awsbase.txt setup.cfg
	$(LOCK) --output-file requirements/sandbox.txt --extra sandbox setup.cfg
	$(LOCK) --output-file requirements/build.txt requirements/build.in
	$(LOCK) --output-file requirements/container.txt --constraint requirements/build.txt requirements/container.in

release: .venv-release/built
	@.venv-release/bin/python -m tools.release

# Strict: what PyPI has nothing to say about is no pass.
audit: $(VENV)/release
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes $(addprefix --requirement requirements/,sandbox.txt build.txt container.txt) \
		|| { echo "make audit: not passed: the lines above name a vulnerability, or what PyPI could not be asked about"; exit 1; }

clean:
	rm -rf $(VENV) .venv-docs .venv-lower-bound .venv-lowest .venv-opinion .venv-release tools/node_modules build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "awsbase needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Each stamp stands for one set of extras, and is made anew when the requirements change.
$(VENV)/demo $(VENV)/dev $(VENV)/release: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --disable-pip-version-check -e '.[$(subst demo,sandbox,$(@F))]'
	@touch $@

# Each has an environment of its own: it pins what contradicts the pins of awsbase's own tests, such as docutils.
.venv-docs/installed: tools/site/requirements.txt
.venv-opinion/installed: tools/opinion/requirements.txt
.venv-docs/installed .venv-opinion/installed:
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/pip install --disable-pip-version-check --no-deps -r $<
	@touch $@

# The tests' own packages are the newest that go with those.
.venv-lowest/installed: setup.cfg $(VENV)/release
	$(PYTHON) -m venv --clear $(@D)
	$(BIN)/uv pip compile --quiet --resolution lowest-direct --python-version 3.11 \
		--extra dask --extra keychain --extra sandbox --output-file $(@D)/lowest.txt setup.cfg
	$(BIN)/uv pip install --python $(@D)/bin/python --constraint $(@D)/lowest.txt -e '.[dev]'
	@touch $@

# Nothing but what requirements/build.txt pins: neither the backend nor what starts it comes from anywhere else.
.venv-release/built: requirements/build.txt | $(BIN)/python
	$(PYTHON) -m venv --clear .venv-release
	.venv-release/bin/pip install --disable-pip-version-check --only-binary :all: --require-hashes -r $<
	@touch $@
