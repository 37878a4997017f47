# Mandje's commands. `make help` lists them.
SHOP ?= demo
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SHOP_FOLDER = $(if $(wildcard $(SHOP)/shop.toml),$(SHOP),data/$(SHOP))
export PYTHONPATH :=
export DO_NOT_TRACK = 1

.DEFAULT_GOAL := help
.PHONY: help install run up down test test-full check format lock bench clean

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

install: $(STAMP)  ## create .venv from requirements.lock

run: $(STAMP)  ## run the nights that are due through Airflow and show the result (SHOP=demo)
	@$(BIN)/mandje run $(SHOP_FOLDER)

up: $(STAMP)  ## start Airflow with its pages for a shop on loopback
	@$(BIN)/mandje up $(SHOP_FOLDER)

down: $(STAMP)  ## stop it cleanly
	@$(BIN)/mandje down $(SHOP_FOLDER)

test: $(STAMP)  ## run the tests (under 10 minutes on 2 cores)
	@echo "== Tests"
	@$(BIN)/pytest -q -n 2 --dist loadfile -m "not full"

test-full: $(STAMP)  ## the same and the longer proofs
	@$(BIN)/pytest -q -n 2 --dist loadfile

check: $(STAMP)  ## lint, types and SQL style: every pre-commit hook on every file
	@echo "== ruff, mypy, sqlfluff"
	@$(BIN)/pre-commit run --all-files --show-diff-on-failure

format: $(STAMP)  ## put code and SQL into house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --disable-progress-bar dbt_project

lock: $(STAMP)  ## compile requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet --all-extras --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 pyproject.toml --output-file requirements.lock

bench: $(STAMP)  ## measure: ingest against plain DuckDB, an empty night through Airflow, the simulator
	@$(BIN)/python bench/ingest.py
	@$(BIN)/python bench/night.py
	@$(BIN)/python bench/simulate.py

clean:  ## remove what the shops' nights made (exports, key and settings stay)
	@for shop in data/*/; do rm -rf $$shop/raw $$shop/warehouse $$shop/published $$shop/quarantine; done
	@rm -rf data/*/.airflow .bench
