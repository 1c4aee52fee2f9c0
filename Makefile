# What people do here. Everything lands in .venv; nothing is needed but Python 3.11 or newer.

PYTHON ?= python3
BIN := .venv/bin
SERVE_ARGS ?=
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help serve test fault-long check bench bench-peers docs lock clean

help:  ## show this
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

serve: .venv/serve  ## set everything up and serve (SERVE_ARGS="--port 9000")
	$(BIN)/backpack serve $(SERVE_ARGS)

test: .venv/dev system  ## set everything up and pass the tests
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-fail-under=90

fault-long: .venv/dev  ## 3000 power losses, 200 kills and every fault of a disk (10 minutes)
	FAULT_IMAGES=3000 FAULT_ROUNDS=200 $(BIN)/pytest -q tests/fault

check: .venv/dev web-check  ## lint, types, import contracts, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/vulture
	$(BIN)/pytest -q tests/docs tests/packaging

bench: .venv/dev system  ## benchmarks beside PocketBase; needs wrk
	$(BIN)/python -m bench

bench-peers: .venv/dev system  ## benchmarks beside Parse Server; installs PostgreSQL where that is allowed
	sh .ci/system postgresql
	$(BIN)/python -m bench --only parse

docs: .venv/dev  ## write the pages that are made from the code
	$(BIN)/python -m tests.docs.generate

lock:  ## renew the locked versions (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	  pyproject.toml -o requirements/serve.txt
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	  --group dev pyproject.toml -c requirements/serve.txt -o requirements/dev.txt

clean:  ## remove what was made here (not data/)
	rm -rf .venv build dist .coverage .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf server/assets/admin server/assets/sdk web/node_modules web/*/dist web/examples/*/dist

.PHONY: web-check system
system:
	sh .ci/system

web-check: .venv/dev
	$(BIN)/python web/npm.py run check --workspaces

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/serve: .venv/bin/python requirements/serve.txt pyproject.toml hatch_build.py $(WEB_SOURCES)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/serve.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev: .venv/serve requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@
