# PIP_FLAGS goes to pip, for example PIP_FLAGS="--extra-index-url ..." for a CPU build of torch
PYTHON ?= python3
PIP_FLAGS ?=
IN_VENV = .venv/bin/python

.PHONY: help locks reproduce map quick report check verify torture compare explain docs page article bench gpu contest test thorough fast lint audit clean
help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):[^#]*## */\1\t/'

# First the build tools: antlr4 exists only as source, and an isolated build would fetch the newest setuptools
.venv/ready: requirements/build.lock requirements/main.lock requirements/torch.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(IN_VENV) -m pip install $(PIP_FLAGS) --require-hashes -r requirements/build.lock
	$(IN_VENV) -m pip install $(PIP_FLAGS) --require-hashes --no-build-isolation -r requirements/main.lock
	$(IN_VENV) -m pip install $(PIP_FLAGS) -r requirements/torch.lock
	$(IN_VENV) -m pip install $(PIP_FLAGS) --no-deps --no-build-isolation -e .
	touch .venv/ready

# uv keeps the versions of the existing lock. CUDA is left out: pip adds it with a torch that needs it
LOCK = UV_CUSTOM_COMPILE_COMMAND="make locks" uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-annotate
CUDA = cuda-bindings cuda-toolkit nvidia-cudnn-cu13 nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvshmem-cu13 triton
locks:  ## make the locks with hashes anew from pyproject.toml (needs uv); to raise a version, delete its pin first
	echo setuptools | $(LOCK) - -o requirements/build.lock
	printf '%s\n' $(CUDA) | $(LOCK) pyproject.toml --extra run --extra dev -c requirements/build.lock -c requirements/torch.lock \
	  --excludes - --no-emit-package setuptools --no-emit-package torch -o requirements/main.lock
	echo jax | $(LOCK) - -c requirements/main.lock -o requirements/bench.lock
	echo autograd | $(LOCK) - -c requirements/main.lock -o requirements/contest.lock
	echo playwright | $(LOCK) - -c requirements/main.lock -o requirements/browser.lock
	printf '%s\n' cuda-core llvmlite numba | $(LOCK) - -c requirements/main.lock -o requirements/cuda.lock
	echo ray | $(LOCK) - -c requirements/main.lock -o requirements/cluster.lock
	printf '%s\n' mkdocs-material mkdocstrings-python nbclient nbformat ipykernel | \
	  $(LOCK) - -c requirements/main.lock -o requirements/docs.lock
	printf '%s\n' adduce rrdoctor | $(LOCK) - -o requirements/audit.lock

reproduce: .venv/ready  ## make every run but the map, every table, figure and verdict, in results/
	$(IN_VENV) experiments/reproduce.py

map: .venv/ready  ## train the map of the family trees (half an hour on two cores), then make the report
	$(IN_VENV) experiments/run.py experiment=family_trees_map shard=1 shards=2 threads=1 & \
	$(IN_VENV) experiments/run.py experiment=family_trees_map shard=2 shards=2 threads=1; wait
	$(IN_VENV) experiments/run.py experiment=family_trees_map
	$(IN_VENV) experiments/report.py

quick: .venv/ready  ## do the same as reproduce with a few seeds, in quick/
	$(IN_VENV) experiments/reproduce.py --quick

report: .venv/ready  ## make tables, figures, verdicts and the gallery from the runs in results/
	$(IN_VENV) experiments/report.py

check: .venv/ready  ## compare every table, figure and number with the runs in results/; writes nothing
	$(IN_VENV) experiments/report.py --check

verify: .venv/ready  ## train 20 seeds of every reading anew, and compare every bit with results/ (two to five minutes)
	$(IN_VENV) experiments/verify.py

torture: .venv/ready  ## kill a run at 50 random moments, and list the losses (five minutes; not on Windows)
	$(IN_VENV) experiments/torture.py

# make passes on each variable of the command line as name=value, in quotes; $(value) keeps make from expanding it
ASKED = $(foreach name,$(filter-out PYTHON PIP_FLAGS IN_VENV,$(.VARIABLES)),\
  $(if $(filter command,$(firstword $(origin $(name)))),'$(subst ','\'',$(name)=$(value $(name)))'))
explain: .venv/ready  ## show one training step with every number (for a net of your own: make explain epsilon=2 hidden=3 seed=1)
	@$(IN_VENV) experiments/explain.py $(ASKED)

# A warning is an error; with --quiet MkDocs would count none
docs: .venv/ready  ## make the site, in site/: open site/index.html (adds MkDocs to the environment)
	$(IN_VENV) -m pip install $(PIP_FLAGS) --require-hashes -r requirements/docs.lock
	NO_MKDOCS_2_WARNING=1 $(IN_VENV) -m mkdocs build --strict

# MkDocs empties site/, so the page comes after it; WITH_PAGE lets the site link to the page
page: export WITH_PAGE = true
page: docs  ## make the site with the page that trains published runs: open site/page/index.html (needs Node and npm)
	cd page && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run build --silent
	$(IN_VENV) experiments/page.py

article: .venv/ready  ## make the article in docs/writeup, with LaTeX
	$(IN_VENV) experiments/report.py --more
	cd docs/writeup && pdflatex article && bibtex article && pdflatex article && pdflatex article

compare: .venv/ready  ## compare gradients and whole runs by hand with autograd and other oracles (three minutes), then make the report
	$(IN_VENV) experiments/compare_autograd.py
	$(IN_VENV) experiments/report.py

bench: .venv/ready  ## time our engines beside common alternatives, in seed-sweeps per second (adds JAX to the environment)
	$(IN_VENV) -m pip install $(PIP_FLAGS) --require-hashes -r requirements/bench.lock
	$(IN_VENV) experiments/benchmark.py

gpu: .venv/ready  ## compare the CUDA engine's bits on an NVIDIA card, and time it there (adds cuda-core to the environment)
	$(IN_VENV) -m pip install $(PIP_FLAGS) --require-hashes -r requirements/cuda.lock
	$(IN_VENV) experiments/check_gpu.py

contest: .venv/ready  ## test gradient checkers on right and wrong gradients (adds JAX and HIPS autograd), then make the report
	$(IN_VENV) -m pip install $(PIP_FLAGS) --require-hashes -r requirements/bench.lock -r requirements/contest.lock
	$(IN_VENV) experiments/contest.py
	$(IN_VENV) experiments/report.py

test: .venv/ready  ## run every test, on every core
	$(IN_VENV) -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

thorough: .venv/ready  ## run every test with full counts: more seeds, nets, examples and sizes (an hour or more)
	$(IN_VENV) -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal --thorough

fast: .venv/ready  ## run the quick tests, for use while working: under a minute
	$(IN_VENV) -m pytest --numprocesses auto --maxprocesses 8 -m "not slow"

lint: .venv/ready  ## run ruff and mypy
	$(IN_VENV) -m ruff check
	$(IN_VENV) -m ruff format --check
	$(IN_VENV) -m mypy

audit:  ## let two auditors of research artifacts look (in an environment of their own, .venv-audit)
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install $(PIP_FLAGS) --require-hashes -r requirements/audit.lock
	.venv-audit/bin/python .ci/audit.py

clean:  ## remove files that can be made again; results/ stays
	rm -rf .venv .venv-audit quick multirun site page/node_modules results/ranges .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf src/backprop86/engines/__pycache__ "$${XDG_CACHE_HOME:-$$HOME/.cache}/backprop86"
