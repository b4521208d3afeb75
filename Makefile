# make demo | make test | make check | make help. Each makes .venv and installs what it needs.
# Everything is addressed relative to this folder, so the path may hold spaces.

.DEFAULT_GOAL := help
.PHONY: help demo test check ready clean

PYTHON := .venv/bin/python
WORKERS ?= 2

help:
	@echo "make demo    assess the bundled patients, write the reports to out/demo"
	@echo "make test    format, lint, types and all tests (WORKERS=$(WORKERS) processes)"
	@echo "make check   format, lint and types only"
	@echo "make clean   remove .venv, out and the tools' caches"

demo: ready
	@.venv/bin/equipoise demo --out out/demo

test: check
	@$(PYTHON) -m pytest -n $(WORKERS)

check: ready
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy

# Installed once for each state of pyproject.toml and each place of this folder.
ready:
	@want="$$(cksum < pyproject.toml) $$(pwd)"; \
	if [ -x $(PYTHON) ] && [ "$$(cat .venv/.ready 2>/dev/null)" = "$$want" ]; then exit 0; fi; \
	test='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; \
	if ! $(PYTHON) -c "$$test" >/dev/null 2>&1; then \
	  found=; \
	  for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	    if "$$name" -c "$$test" >/dev/null 2>&1; then found="$$name"; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "Equipoise needs Python 3.11 or later with the module venv; none was found on PATH" \
	      "(on Debian and Ubuntu: apt-get install python3 python3-venv)." >&2; \
	    exit 3; \
	  fi; \
	  echo "making .venv with $$found ($$("$$found" --version))" >&2; \
	  rm -rf .venv && "$$found" -m venv .venv || exit 1; \
	fi; \
	echo "installing what pyproject.toml names; this happens once" >&2; \
	$(PYTHON) -m pip install -qq --disable-pip-version-check -e '.[test]' || { \
	  echo "installing failed; what pip says stands above" >&2; exit 1; }; \
	printf '%s' "$$want" > .venv/.ready

clean:
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache .hypothesis
