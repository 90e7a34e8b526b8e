# Kujibiki. `make help` lists what can be done.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup up down status demo test test-fast lint types imports lock contracts screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## Install everything into .venv and fetch Kafka and the trace viewer (once; needs the network)

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || \
	  { echo "Kujibiki needs Python 3.11 or 3.12; $(PYTHON) is $$($(PYTHON) -V 2>&1). Install one and say: make setup PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || \
	  { echo "The package registry cannot be reached. The first set-up needs the network; check it and run this again."; exit 1; }
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@$(BIN)/kujibiki setup
	@touch $@

up: setup ## Start the whole system on this machine (Ctrl-C stops it)
	@$(BIN)/kujibiki up $(ARGS)

down: ## Stop the system
	@$(BIN)/kujibiki down $(ARGS)

status: ## Show what runs, and where
	@$(BIN)/kujibiki status $(ARGS)

demo: setup ## A campaign from form to door, checked from outside; ARGS="--applications 300 --stop"
	@$(BIN)/kujibiki demo $(ARGS)

test: setup lint types imports ## All checks and all tests (what CI runs)
	@$(BIN)/python -m tests.side_by_side $(ARGS)

test-fast: setup ## Tests without I/O only
	@$(BIN)/python -m pytest tests/unit tests/contract $(ARGS)

lint: setup ## Style, by ruff
	@$(BIN)/ruff check .

types: setup ## Strict types, by mypy
	@$(BIN)/mypy

imports: setup ## The one-way rule, by import-linter
	@$(BIN)/lint-imports

lock: ## Resolve requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate --quiet -o requirements.lock

contracts: setup ## Write the schemas, docs/asyncapi.yaml and the deployment's topics anew from the contract table
	@$(BIN)/python -m shared.contracts.publish

screenshots: setup ## Take the README's and the handbook's pictures anew, of a running demo
	@$(BIN)/python -m tests.browser.pictures --state .kujibiki

clean: ## Remove the state of the embedded stack and all caches (not .venv)
	@$(BIN)/kujibiki down --quiet 2>/dev/null || true
	@rm -rf .kujibiki .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
