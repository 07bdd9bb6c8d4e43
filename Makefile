# The few commands a newcomer needs. Nothing has to be there but Python 3.11 or later, with pip and venv, and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TOOLS := $(VENV)/tools
# A worker a core and one for when others wait; more take more processor time than they find idle, since each has servers
# and a browser of its own. Each begins with a run of files, whose tests share a server; who is done takes from the end
# of another's.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
WORKERS := --numprocesses $(shell expr $(CORES) + 1) --maxprocesses 4 --dist worksteal
NODE_PATH := PATH="$(abspath $(BIN)):$(abspath $(TOOLS))/node_modules/.bin:$$PATH"

.DEFAULT_GOAL := help
.PHONY: help run dev test test-fast check check-python check-scripts format types tables tests tests-on-postgres test-postgres
.PHONY: other-pythons compiled-tests browser bench clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

run: $(VENV)/.installed ## Start on http://127.0.0.1:8000 (options: make run ARGS="--bind 127.0.0.1:9000")
	$(BIN)/quart-notes serve $(ARGS)

dev: $(VENV)/.installed ## Start and follow what you change (options as for run)
	$(BIN)/quart-notes dev $(ARGS)

# What does not depend on each other runs side by side: first what installs and checks, one core each, then the tests.
# The run on PostgreSQL fills the time in which the others wait.
test: ## Everything that CI runs: format, lint, types, all tests
	$(MAKE) --jobs 3 check other-pythons browser compiled-tests
	$(MAKE) --jobs 2 tests tests-on-postgres

check: check-python check-scripts ## Format, lint and types, without the tests

check-python: $(VENV)/.test-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check-scripts: $(TOOLS)/.installed
	$(NODE_PATH) biome check --error-on-warnings
	$(NODE_PATH) tsc --project tsconfig.json

# pytest and Hypothesis store what they make of each file: once, in place of once in each worker at the same time.
compiled-tests: $(VENV)/.test-installed
	@$(PYTEST) --collect-only --quiet | tail -1

other-pythons: $(VENV)/bin/python
	@$(BIN)/python tests/support/servers/pythons.py >/dev/null

# Compiled code is written, whatever the environment says: there are many processes.
PYTEST = $(NODE_PATH) PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
ALL_PYTHONS = TEST_PYTHONS="$$($(BIN)/python tests/support/servers/pythons.py)"
# The packages that know which database they are on, without their tests that are on PostgreSQL anyway.
ON_POSTGRES := tests/storage tests/live tests/cluster

tests: $(TOOLS)/.installed browser ## The tests alone (options: make tests ARGS="-k live")
	$(ALL_PYTHONS) $(PYTEST) $(WORKERS) $(ARGS)

test-fast: $(VENV)/.test-installed ## The unit tests alone, in less than a minute: no browser, no servers
	$(PYTEST) $(WORKERS) --fast --quiet $(ARGS)

tests-on-postgres: $(TOOLS)/.installed ## Those of the tests again that lean on the database, on PostgreSQL
	@$(PYTEST) --database postgres --again $(ON_POSTGRES) >$(VENV)/tests-on-postgres.log 2>&1; ended=$$?; \
	cat $(VENV)/tests-on-postgres.log; exit $$ended

test-postgres: $(TOOLS)/.installed browser ## All tests on PostgreSQL but those of SQLite's own file
	$(ALL_PYTHONS) $(PYTEST) $(WORKERS) --database postgres $(ARGS)

format: $(TOOLS)/.installed ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(NODE_PATH) biome check --write

types: $(VENV)/.installed ## Write the scripts' types of what the server sends
	$(BIN)/python -m quart_notes.dev.script_types > static/js/schema.d.ts

# A file in between: a failure must not leave an empty schema behind.
tables: $(VENV)/.installed ## Write the tables of a new SQLite file, after a change of the migrations
	$(BIN)/python -m quart_notes.dev.table_schema > $(VENV)/schema.sql
	mv $(VENV)/schema.sql quart_notes/storage/sqlite/schema.sql

# Playwright drives Debian's Chromium, WebDriver its Firefox and WebKit (which has no headless mode, hence a screen that
# nobody sees). What is missing is installed where we may, else named; its tests are skipped, and say so.
BROWSERS := chromium-headless-shell:chromium-headless-shell firefox-esr:firefox-esr WebKitWebDriver:webkit2gtk-driver Xvfb:xvfb
browser:
	@missing=""; for each in $(BROWSERS); do command -v "$${each%:*}" >/dev/null || missing="$$missing $${each#*:}"; done; \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing fonts-dejavu-core >/dev/null; \
	else \
	  echo "Missing here, with no right to install it:$$missing. The tests that need it are reported as skipped." >&2; \
	fi

bench: $(VENV)/.bench-installed ## Measure against other systems (options: make bench ARGS="--quick")
	$(BIN)/python -m bench $(ARGS)

clean: ## Remove what these commands made (not your data)
	rm -rf $(VENV) .venv-3.* .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build

# A pip of today resolves twice as fast as the one that comes with Python 3.11.
$(VENV)/bin/python:
	$(PYTHON) -m venv --upgrade-deps $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(PIP) install --editable .
	@touch $@

$(VENV)/.test-installed: $(VENV)/bin/python pyproject.toml
	$(PIP) install --editable ".[test,bench]"
	@touch $@ $(VENV)/.installed

# Node comes from a wheel; what checks scripts, styles and pages comes from its package manager.
$(TOOLS)/.installed: tests/tools/package.json tests/tools/openapi/package.json $(VENV)/.test-installed
	@mkdir -p $(TOOLS)/openapi && cp tests/tools/package.json $(TOOLS)/ && cp tests/tools/openapi/package.json $(TOOLS)/openapi/
	$(NODE_PATH) npm install --prefix $(TOOLS) --no-package-lock --no-audit --no-fund --silent
	$(NODE_PATH) npm install --prefix $(TOOLS)/openapi --no-package-lock --no-audit --no-fund --silent
	@touch $@

$(VENV)/.bench-installed: $(VENV)/bin/python pyproject.toml
	$(PIP) install --editable ".[bench]"
	@touch $@ $(VENV)/.installed
