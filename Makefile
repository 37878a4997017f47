# Mandje's commands. `make help` lists them.
SHOP ?= demo
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SPARK := .venv-spark
SPARK_STAMP := $(SPARK)/.installed
BROWSER_STAMP := tests/browser/node_modules/.installed
SHOP_FOLDER = $(if $(wildcard $(SHOP)/shop.toml),$(SHOP),data/$(SHOP))
export PYTHONPATH :=
export DO_NOT_TRACK = 1
# As `mandje` itself has it, for tests and benches.
export OPENBLAS_NUM_THREADS = 1

.DEFAULT_GOAL := help
.PHONY: help install install-spark run up down test test-full test-production test-spark test-browser check format docs lock bench clean

help:  ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): requirements.lock pyproject.toml
	@echo "== Environment: Python packages from requirements.lock into $(VENV) (about a minute the first time)"
	@test -x $(BIN)/python || python3.11 -m venv $(VENV) || python3 -m venv $(VENV)
	@awk '/^[a-z]/ {keep = /^uv==/} keep' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(SPARK_STAMP): $(STAMP) requirements-spark.lock
	@echo "== Environment: the same with Spark, from requirements-spark.lock into $(SPARK) (a few minutes the first time, 2 GB)"
	@java -version > /dev/null 2>&1 || { echo "Spark needs Java 17: install it (Debian: openjdk-17-jre-headless)"; exit 1; }
	@test -x $(SPARK)/bin/python || $(BIN)/python -m venv $(SPARK)
	@$(BIN)/uv pip sync --quiet --python $(SPARK)/bin/python --require-hashes --compile-bytecode requirements-spark.lock
	@$(BIN)/uv pip install --quiet --python $(SPARK)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

$(BROWSER_STAMP): tests/browser/package-lock.json
	@echo "== Environment: Chromium and axe-core from tests/browser/package-lock.json (half a minute the first time)"
	@node --version > /dev/null 2>&1 || { echo "A look in a browser needs Node 20: install it (Debian: nodejs npm)"; exit 1; }
	@npm ci --prefix tests/browser --no-audit --no-fund --silent
	@touch $@

install: $(STAMP)  ## create .venv from requirements.lock

install-spark: $(SPARK_STAMP)  ## create .venv-spark, the same with Spark

run: $(STAMP)  ## run the nights that are due through Airflow and show the result (SHOP=demo)
	@$(BIN)/mandje run $(SHOP_FOLDER)

up: $(STAMP)  ## start Airflow with its pages for a shop on loopback
	@$(BIN)/mandje up $(SHOP_FOLDER)

down: $(STAMP)  ## stop it cleanly
	@$(BIN)/mandje down $(SHOP_FOLDER)

# As a process ends, DuckDB's binding reports objects that Great Expectations keeps: see CONTRIBUTING, Tests.
QUIET_END = 2> >(grep -vE '^nanobind: | - leaked | - \.\.\. skipped|^See https://nanobind' >&2)
# In the order of folders, the long ones first: both processes end together.
PYTEST = $(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder --durations=10 $(QUIET_END)
test test-full: SHELL := bash

test: $(STAMP)  ## run the tests (under 10 minutes on 2 cores)
	@echo "== Tests"
	@$(PYTEST) -m "not full and not spark and not browser"

test-full: $(STAMP)  ## the same and the longer proofs
	@$(PYTEST) -m "not spark and not browser"

test-production: $(STAMP)  ## Airflow on PostgreSQL under a supervisor, as deploy/ has it: nights of two shops, kills, repairs (under 8 minutes)
	@echo "== Production: PostgreSQL, supervisor, two shops"
	@$(BIN)/pytest -q -rs tests/integration/airflow/test_production.py

test-spark: $(SPARK_STAMP)  ## build the demo shop on DuckDB and on Spark and compare every mart, row by row
	@echo "== The demo shop on both engines"
	@$(SPARK)/bin/pytest -q -m spark tests/spark

test-browser: $(STAMP) $(BROWSER_STAMP)  ## look at the morning report in a real browser, at two widths and in both themes
	@echo "== The morning report in Chromium"
	@$(BIN)/pytest -q -m browser tests/browser

check: $(STAMP)  ## lint, types and SQL style: every pre-commit hook (SQL that was clean and has not changed is not linted again)
	@echo "== ruff, mypy, sqlfluff"
	@$(BIN)/pre-commit run --all-files --show-diff-on-failure

format: $(STAMP)  ## put code and SQL into house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --disable-progress-bar dbt_project

docs: $(STAMP)  ## write the pages of docs/ that follow from the code
	@$(BIN)/python docs/generate.py

LOCK = $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11

lock: $(STAMP)  ## compile requirements.lock and requirements-spark.lock from pyproject.toml
	@$(LOCK) --extra airflow --extra dev --extra postgres pyproject.toml --output-file requirements.lock
	@$(LOCK) --all-extras --constraints requirements.lock pyproject.toml --output-file requirements-spark.lock

bench: $(STAMP)  ## measure: ingest against plain DuckDB, an empty night through Airflow, a DAG file of ten shops, the simulator, behaviour marts, predictions
	@$(BIN)/python bench/ingest.py
	@$(BIN)/python bench/night.py
	@$(BIN)/python bench/dags.py
	@$(BIN)/python bench/simulate.py
	@$(BIN)/python bench/behaviour.py
	@$(BIN)/python bench/predict.py

clean:  ## remove what the shops' nights made (exports, key and settings stay)
	@for shop in data/*/; do rm -rf $$shop/raw $$shop/warehouse $$shop/published $$shop/quarantine; done
	@rm -rf data/*/.airflow .bench
