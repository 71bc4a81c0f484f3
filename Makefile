# Everything works from a bare clone with Python 3.11+, pip and make. `make` lists the targets.

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
# The first that runs and is new enough; only looked for when the environment is made.
PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13 python; do \
	$$name -c '$(SUPPORTED)' 2>/dev/null && command -v $$name && break; done)
VENV := .venv
PYAIRBYTE := .venv-pyairbyte
AUDIT := build/pip-audit
RUN := $(VENV)/bin/python
# The lock is the whole answer: a machine's pip configuration says where packages come from, not which, nor where they go.
PIP_INSTALL = PIP_CONSTRAINT=/dev/null PIP_USER=0 $(PYTHON) -m pip --python $(RUN) --disable-pip-version-check install -qq
IMAGE ?= source-stripe:dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv pyairbyte demo sandbox bench profile test test-unit histories fuzz reliability test-system screenshot lint format generate lock sbom audit image clean

help: ## list these targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do printf '%-20s %s\n' "$$target" "$$text"; done

demo: venv ## two syncs against the sandbox (or the real Stripe, with secrets/config.json), and a DuckDB file of it
	@$(RUN) -m integration_tests.demo

sandbox: venv ## keep a Stripe look-alike running on loopback
	@$(RUN) -m integration_tests.sandbox

bench: venv ## what limits a sync, measured against the sandbox (ROWS=one,five RUNS=3); whole, it takes about 40 minutes
	@$(RUN) -m benchmarks $(if $(ROWS),--rows $(ROWS)) $(if $(RUNS),--runs $(RUNS))

profile: venv ## where the CPU of a read goes, by record (STREAMS=5 for five streams)
	@$(RUN) -m benchmarks.profile $(if $(STREAMS),--streams $(STREAMS))

test: lint ## lint, types, unit and integration tests: no root, no network but loopback
	$(RUN) -m pytest

test-unit: venv ## the fast tests alone
	$(RUN) -m pytest unit_tests

histories: venv ## ten thousand random histories of changes and syncs, on all cores (HISTORIES, JOBS, SEED)
	@$(RUN) -m integration_tests.histories

fuzz: venv ## configurations, catalogs, states and arguments of every kind (EXAMPLES=2000 of each): never a traceback
	FUZZ_EXAMPLES=$(or $(EXAMPLES),2000) $(RUN) -m pytest -q --timeout 0 integration_tests/test_fuzzing.py

reliability: venv ## faults, kills, readers and a backfill of ten million records, as one table (PARTS, KILLS, RECORDS, SEED); half an hour
	@$(RUN) -m integration_tests.reliability

test-system: venv pyairbyte ## what needs root and packages, which it installs: containers, Postgres, PyAirbyte, a browser
	$(RUN) -m pytest -m system integration_tests/system

screenshot: venv ## the picture of the report in docs/ anew; installs Debian's Chromium, as root, if there is none
	$(RUN) -m integration_tests.system.screenshot docs/report.png

lint: venv ## format, lint and types, changing nothing
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

format: venv ## format the code and repair what the linter can
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

generate: venv ## schemas, inventory and tables anew from the pinned stripe package
	$(RUN) -m tools.generate

# Neither index nor machine is named in them: the locks must fit every registry.
LOCK = $(RUN) -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: venv ## requirements/ anew from pyproject.toml (UPGRADE=1: with the newest versions in its ranges)
	$(LOCK) --output-file requirements/run.txt
	$(LOCK) --extra ingest --constraint requirements/run.txt --output-file requirements/ingest.txt
	$(LOCK) --extra ingest --group dev --constraint requirements/ingest.txt --output-file requirements/dev.txt
	$(subst pyproject.toml,requirements/pyairbyte.in,$(LOCK)) --no-strip-extras --output-file requirements/pyairbyte.txt
	$(RUN) -m tools.sbom

sbom: venv ## what the images hold of other people's packages, as CycloneDX, from the locks
	$(RUN) -m tools.sbom

# In an environment of its own: nothing of it takes part in the connector, and it is always the newest. Strict: a package
# that the vulnerability service does not know fails it, as does a service that cannot be reached.
audit: venv ## known vulnerabilities of the locked packages; asks PyPI's vulnerability service, so it needs the internet
	@$(PYTHON) -m venv --without-pip $(AUDIT)
	@PIP_CONSTRAINT=/dev/null PIP_USER=0 $(PYTHON) -m pip --python $(AUDIT)/bin/python --disable-pip-version-check install -qq 'pip-audit>=2.10,<3'
	@for lock in run ingest; do \
		$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements/$$lock.txt || exit 1; \
	done

image: venv ## build the connector's image as IMAGE, with Docker or buildah
	$(RUN) -m integration_tests.system.image $(IMAGE)

clean: ## remove what was built, environments included
	rm -rf $(VENV) $(PYAIRBYTE) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv: $(VENV)/installed ## the development environment, from the lock, in .venv

# Made anew when the lock changes, so that it never holds what the lock does not.
$(VENV)/locked: requirements/dev.txt
	@{ test -n "$(PYTHON)" && $(PYTHON) -c '$(SUPPORTED)'; } 2>/dev/null || { echo >&2 \
		"source-stripe needs Python 3.11, 3.12 or 3.13, found $(or $(PYTHON),none): name one with make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo >&2 "source-stripe needs pip, and $(PYTHON) has none."; exit 1; }
	@echo "Setting up $(VENV) from $< …"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv --without-pip $(VENV)
	@$(PIP_INSTALL) --require-hashes --only-binary :all: --requirement $<
	@touch $@

pyairbyte: $(PYAIRBYTE)/installed ## PyAirbyte in an environment of its own, from its lock, for the tests that run the connector in it

$(PYAIRBYTE)/installed: requirements/pyairbyte.txt | $(VENV)/locked
	@echo "Setting up $(PYAIRBYTE) from $< …"
	@rm -rf $(PYAIRBYTE)
	@$(PYTHON) -m venv --without-pip $(PYAIRBYTE)
	@PIP_CONSTRAINT=/dev/null PIP_USER=0 $(PYTHON) -m pip --python $(PYAIRBYTE)/bin/python --disable-pip-version-check install -qq --require-hashes --only-binary :all: --requirement $<
	@touch $@

$(VENV)/installed: $(VENV)/locked pyproject.toml
	@$(PIP_INSTALL) --no-index --no-deps --no-build-isolation --editable .
	@touch $@
