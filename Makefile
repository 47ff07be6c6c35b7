# PIP_FLAGS goes to pip, e.g. make test PIP_FLAGS="--index-url ... " for a CPU build of torch
PYTHON ?= python3
PIP_FLAGS ?=

.PHONY: help test lint
help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):[^#]*## */\1\t/'

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install $(PIP_FLAGS) -r requirements.lock
	.venv/bin/python -m pip install $(PIP_FLAGS) --no-deps -e .
	touch .venv/ready

test: .venv/ready  ## run the tests
	.venv/bin/python -m pytest

lint: .venv/ready  ## ruff and mypy
	.venv/bin/python -m ruff check
	.venv/bin/python -m mypy
