# make serve: Guard on 127.0.0.1:8080 before a demo backend · make test · make check · make bench
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MLSERVER := .venv-mlserver
MLSERVER_STAMP := $(MLSERVER)/.installed
NODE_STAMP := tests/e2e/node/node_modules/.package-lock.json
TOOLS := .tools/bin
OPA := $(TOOLS)/opa
REGAL := $(TOOLS)/regal

# Two runs of the tests side by side: those that start servers, which wait a good deal, and the rest.
SERVED := tests/e2e tests/cli tests/inference tests/upstream
TESTS := $(MAKE) --no-print-directory -j2 --output-sync=target test-served test-rest

.PHONY: serve test test-served test-rest check bench lock format clean setup setup-mlserver setup-opa setup-redis setup-postgres

setup: $(STAMP)

$(STAMP): constraints-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

setup-mlserver: $(MLSERVER_STAMP)

# The inference server that remote inference is tested against, in an environment of its own.
$(MLSERVER_STAMP): tests/inference/mlserver/constraints.txt
	$(PYTHON) -m venv $(MLSERVER)
	$(MLSERVER)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/inference/mlserver/constraints.txt
	touch $(MLSERVER_STAMP)

$(NODE_STAMP): tests/e2e/node/package-lock.json
	cd tests/e2e/node && npm ci --silent --no-audit --no-fund --ignore-scripts

setup-opa: $(OPA) $(REGAL)

# The real OPA that policies are tested on beside the embedded engine, and the linter of Rego. Built with Go.
$(TOOLS)/%: .ci/tool .ci/%/go.mod .ci/%/go.sum
	.ci/tool $*
	@[ ! -e $@ ] || touch $@

# The real Redis that shared limits are tested on: Debian's, where apt can install it. Its tests fail without one.
setup-redis:
	@command -v redis-server >/dev/null || command -v valkey-server >/dev/null || .ci/package redis-server

# The real PostgreSQL that the ledger is tested on, likewise. Tests run a cluster of their own.
setup-postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || .ci/package postgresql

serve: $(STAMP)
	$(BIN)/guard serve --demo

test: $(STAMP) $(NODE_STAMP) $(MLSERVER_STAMP) $(OPA) setup-redis setup-postgres
	$(TESTS)

test-served:
	$(BIN)/python -m pytest $(SERVED)

test-rest:
	$(BIN)/python -m pytest $(addprefix --ignore=,$(SERVED))

check: $(STAMP) $(NODE_STAMP) $(MLSERVER_STAMP) $(OPA) $(REGAL) setup-redis setup-postgres
	$(BIN)/ruff format --check guard tests benchmarks
	$(BIN)/ruff check guard tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/guard policy test policies
	$(OPA) fmt --list --fail policies
	$(OPA) check --strict --schema schemas policies
	$(OPA) test --coverage --threshold 95 --format json policies > .tools/coverage.json || { $(OPA) test policies; exit 1; }
	$(REGAL) lint policies
	$(TESTS)

bench: $(STAMP)
	$(BIN)/python -m benchmarks

format: $(STAMP)
	$(BIN)/ruff format guard tests benchmarks
	$(BIN)/ruff check --fix guard tests benchmarks

# Pins come from pyproject.toml; the files name versions and hashes and no index.
lock: $(STAMP)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra cpu --extra remote --extra postgres pyproject.toml -o constraints.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra cpu --extra remote --extra postgres --extra dev -c constraints.txt pyproject.toml -o constraints-dev.txt
	cd tests/inference/mlserver && ../../../$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements.in -o constraints.txt

clean:
	rm -rf $(VENV) $(MLSERVER) .tools .cache guard.db guard.db-* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
