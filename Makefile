# The commands of this project; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
# The first Python on this machine that is new enough; `make PYTHON=…` overrides it.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print(sys.executable)' 2>/dev/null)))
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# What tests and migrations run with is pinned by hash; see `make lock`. The lock is whole,
# so nothing is resolved: pip would take a release that came later for a package with extras.
INSTALL := $(PIP) install --no-deps --require-hashes --requirement
# GitHub's own schemas, which the package brings along.
SCHEMA := $(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header pyproject.toml --group build

.PHONY: help
help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" \
		read -r target text; do printf '  make %-10s %s\n' "$$target" "$$text"; done

.PHONY: migrate
migrate: up ## bring both databases to head and show them; starts servers unless one is configured
	@$(BIN)/alembic -n meta upgrade head
	@$(BIN)/alembic -n tsdb upgrade head
	@$(BIN)/dataforeman-schema status

.PHONY: up
up: $(VENV)/runtime ## start the embedded servers and write where they are to .env
	@$(BIN)/python -m dataforeman_schema.embedded up

.PHONY: down
down: $(VENV)/runtime ## stop the embedded servers; their data stays
	@$(BIN)/python -m dataforeman_schema.embedded down

.PHONY: test
test: $(VENV)/dev ## run the whole test suite with branch coverage, or ARGS=tests/… of it without
	@$(BIN)/pytest --numprocesses 2 $(if $(ARGS),$(ARGS),--cov --cov-fail-under 95)

.PHONY: test-fast
test-fast: $(VENV)/dev ## run the tests that need no TimescaleDB, in less than a minute
	@$(BIN)/pytest --numprocesses 2 -m fast $(ARGS)

.PHONY: test-full
test-full: ## the same with every random example: more killed servers, more declarations
	@DATAFOREMAN_TEST_FULL=1 $(MAKE) --no-print-directory test

.PHONY: lint
lint: $(VENV)/dev ## check style, types, imports, messages, revisions, releases and .github
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m dataforeman_schema.contracts
	@$(SCHEMA)workflows .github/workflows/*.yml
	@$(SCHEMA)issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(SCHEMA)issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	@$(BIN)/pre-commit validate-config
	@$(BIN)/dataforeman-schema lint $(ARGS)
	@$(BIN)/dataforeman-schema release --check

.PHONY: bench
bench: $(VENV)/dev ## measure side by side, ARGS=piece or all; QUICK=1 in minutes, else into docs/performance.md
	@$(BIN)/python -m benchmarks $(if $(QUICK),--size quick) $(ARGS)

.PHONY: sql
sql: $(VENV)/runtime ## write head.sql of both trees, which `upgrade` loads new databases with
	@$(BIN)/python -m dataforeman_schema.alembic_env.head_sql

.PHONY: docs
docs: $(VENV)/dev ## write what is generated from models and rules, and the site to build/site
	@$(BIN)/python -m docs.generate_pictures
	@$(BIN)/python -m docs.generate_schema
	@$(BIN)/python -m docs.generate_constructors
	@$(BIN)/python -m docs.generate_linting
	@$(BIN)/python -m docs.build_site

.PHONY: format
format: $(VENV)/dev ## put the code into the project's format
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

.PHONY: lock
lock: $(VENV)/dev ## write the lock files anew from pyproject.toml
	@$(UV_COMPILE) --output-file requirements/runtime.txt --extra embedded --extra async $(ARGS)
	@$(UV_COMPILE) --output-file requirements/dev.txt --constraint requirements/runtime.txt --all-extras \
		--group bench --group test --group lint --group docs --group lock $(ARGS)
	@$(UV_COMPILE) --output-file requirements/consumer.txt --constraint requirements/dev.txt \
		--extra async --extra testing --group consumer $(ARGS)

.PHONY: clean
clean: ## remove the virtual environment and caches; databases stay
	rm -rf $(VENV) .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
		.cache .ruff_cache build dist htmlcov

$(VENV)/runtime: requirements/runtime.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or later found: install one, or make PYTHON=/path/to/it" >&2; exit 1; }
	@echo "installing into $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements/dev.txt $(VENV)/runtime
	@$(INSTALL) requirements/dev.txt
	@$(PIP) check
	@touch $@
