PYTHON ?= python3

.PHONY: run phone test setup lint format

run phone test setup lint:
	@$(PYTHON) bootstrap.py $@

format: setup
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .
