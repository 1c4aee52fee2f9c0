# What people do here. Everything lands in .venv; nothing is needed but Python 3.11 or newer.

PYTHON ?= python3
BIN := .venv/bin
SERVE_ARGS ?=
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help serve test cover explore soak fault-long prove prove-long check bench bench-fairness bench-lifecycle bench-peers churn docs lock clean

help:  ## show this
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

serve: .venv/serve  ## set everything up and serve (SERVE_ARGS="--port 9000")
	$(BIN)/backpack serve $(SERVE_ARGS)

test: .venv/dev system  ## set everything up and pass the tests
	$(BIN)/pytest -n 2 --dist loadfile

cover: .venv/dev system  ## the same, and which lines they reach: at least 90 % (twice as long)
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-fail-under=90

explore: .venv/dev system  ## properties with examples that were never drawn before
	EXAMPLES=drawn BACKPACK_ORACLE_EXAMPLES=2000 $(BIN)/pytest -n 2 --dist loadfile tests/unit tests/contract tests/api

fault-long: .venv/dev  ## 3000 power losses, 200 kills, every fault of a disk, operations broken off at every moment (30 minutes)
	FAULT_IMAGES=3000 FAULT_ROUNDS=200 FAULT_POINTS=0 $(BIN)/pytest -q -n 2 --dist loadfile tests/fault

prove: .venv/dev  ## attack one tenant with another, compare two worlds, see 32 seeded bugs (build/isolation.html)
	PROVE_REPORT=build/isolation.html $(BIN)/pytest -q -n 2 tests/isolation

prove-long: .venv/dev  ## a million attempts, 300,000 interleaved requests, 11,000 steps in two worlds (1 hour)
	PROVE_PAIRS=11 PROVE_INTERLEAVED=300000 PROVE_DESCRIBED=100 PROVE_WORLDS=400 PROVE_REPORT=build/isolation.html $(BIN)/pytest -q tests/isolation

soak: .venv/dev  ## ten minutes of mixed load, tenants made and deleted: nothing grows
	SOAK_S=600 $(BIN)/pytest -q tests/soak

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

bench-fairness: .venv/dev system  ## a small tenant beside a greedy one, experiments F1 to F13 (15 minutes); needs wrk
	$(BIN)/python -m bench --only fairness

bench-lifecycle: .venv/dev system  ## clones, snapshots, restores beside PocketBase's backup (5 minutes); needs wrk
	$(BIN)/python -m bench --only lifecycle

churn: .venv/dev  ## 2,000 tenants made, used, copied and removed: nothing is left (6 minutes)
	CHURN=2000 $(BIN)/pytest -q tests/soak/test_churn.py

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
	rm -rf server/assets/admin server/assets/sdk server/assets/templates web/node_modules web/*/dist web/examples/*/dist

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

.venv/dev: .venv/serve requirements/dev.txt tests/support/openid/package-lock.json
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python web/npm.py ci --silent --prefix ../tests/support/openid
	@touch $@
