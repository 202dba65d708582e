# make run · make test · make check · make bench · make backtest · make pictures · make hosts · make env · make serve · make help
# Packages are installed again only when a requirements file changes: stamps carry their checksum.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
PIP := $(VENV)/bin/python -m pip --quiet --disable-pip-version-check --no-input
RUNTIME := $(VENV)/.runtime-$(firstword $(shell cksum requirements.txt))
DEVELOPMENT := $(VENV)/.development-$(firstword $(shell cat requirements.txt requirements-dev.txt | cksum))
CORES = $(shell $(VENV)/bin/python -c 'import os; print(os.cpu_count())')
# Many tests wait for a vendor in trouble or for a process. Each worker has a Redis database of its
# own, of which there are seven. Tests of the browser keep the cores busier.
WORKERS = $(shell $(VENV)/bin/python -c 'import os; print(min(7, 2 * os.cpu_count()))')
PYTEST = $(VENV)/bin/python -m pytest $(TEST_ARGS)
CHECKS = check-types check-format check-lint check-templates check-contracts check-security
# More for the tests that no browser drives, such as --cov.
MEASURE ?=
# Each process of a test run would compile all modules again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test check $(CHECKS) bench backtest pictures hosts env serve packages
.DEFAULT_GOAL := help

help:
	@echo "make run     the demo: a simulated Refonte, the console and its worker, all in .demo/"
	@echo "make test    every test"
	@echo "make check   format, lint, templates, contracts and types, in less than a minute"
	@echo "make bench   how fast pages answer, and what they cost in calls to Refonte"
	@echo "make backtest  how often estimates are right, and how early alarms come; five minutes of one core"
	@echo "make pictures  the pictures of docs/guide.md, taken from a demo"
	@echo "make hosts   two hosts behind nginx, through restarts and the loss of a host, Redis, connections"
	@echo "make env     a .env with fresh secrets"
	@echo "make serve   the console and its worker with the real Refonte, from .env"

run: $(RUNTIME)
	@exec $(VENV)/bin/python -m dashboard.run.demo

test: $(DEVELOPMENT)
	@$(PYTEST) -n $(WORKERS) --ignore=tests/browser --ignore=tests/hosts $(MEASURE)
	@$(PYTEST) -n $$(($(CORES) + 1)) tests/browser

check: $(DEVELOPMENT)
	@$(MAKE) --no-print-directory --jobs 2 $(CHECKS)

# Types first, as they take longest.
check-types:
	@$(VENV)/bin/mypy
check-format:
	@$(VENV)/bin/ruff format --check --quiet .
check-lint:
	@$(VENV)/bin/ruff check --quiet .
check-templates:
	@$(VENV)/bin/djlint templates --lint --quiet
check-contracts:
	@$(VENV)/bin/lint-imports
check-security:
	@$(VENV)/bin/bandit --quiet --recursive --configfile pyproject.toml batches dashboard manage.py

# Two minutes; needs Chromium.
pictures: $(DEVELOPMENT)
	@exec $(VENV)/bin/python -m tests.pictures

bench: $(DEVELOPMENT)
	@exec $(VENV)/bin/python -m tests.bench

# Under five minutes of one core.
backtest: $(DEVELOPMENT)
	@exec nice $(VENV)/bin/python -m tests.backtest

# Two minutes; needs nginx, Redis and PostgreSQL.
hosts: $(DEVELOPMENT)
	@$(PYTEST) -s tests/hosts

env:
	@$(if $(PYTHON),$(PYTHON),python3) dashboard/run/secrets_file.py

serve: $(RUNTIME)
	@exec $(VENV)/bin/python manage.py serve

# What the gate in .ci/run starts with.
packages: $(DEVELOPMENT)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and was not found."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments."; \
		if test -f /etc/debian_version; then echo "On Debian: apt-get install python3-venv"; fi; exit 1; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUNTIME): | $(VENV)/bin/python
	@echo "Installing packages; the first time takes a minute …"
	@$(PIP) install -r requirements.txt
	@rm -f $(VENV)/.runtime-* && touch $@

$(DEVELOPMENT): | $(VENV)/bin/python
	@echo "Installing packages for tests and checks …"
	@$(PIP) install -r requirements-dev.txt
	@rm -f $(VENV)/.development-* $(VENV)/.runtime-* && touch $@ $(RUNTIME)
