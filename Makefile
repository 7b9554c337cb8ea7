PYTHON ?= python3

.PHONY: run test setup lint format

run test setup lint:
	@$(PYTHON) bootstrap.py $@

format: setup
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .
