# Commands for people. Each installs what it needs; the machine needs Python 3.11-3.13, git and make.
#
#   make demo     the whole pipeline on embedded data, stages side by side; prints the path of the report
#   make test     lint, then every test
#   make lint     ruff, mypy, import-linter
#   make bench    speed relative to the textbook's loops
#   make setup    .venv/ from the lock, so that .venv/bin/dvc and .venv/bin/atelier work
#   make remote-ssh URL=ssh://…     push to this remote and pull from it; also
#   make remote-s3 URL=s3://… [ENDPOINT=https://…], make remote-http URL=https://…, and make remote-local to go back
#   make lock     compile requirements/ again (LOCK_FLAGS=--upgrade raises the pins)
#   make clean    remove .venv/ and caches; data/ stays
#
# Targets of continuous integration, which a person can run too (docs/ci.md):
#
#   make why      the stages that would run, and what changed; needs no data
#   make check    check results against gates.yaml and another commit (AGAINST=REV)
#   make compare  write comparison/: differences from another commit (AGAINST=REV), with pictures; they do not fail
#   make retrain  restore or run what changed (TARGETS=…, with PROFILE=… applied before), then check and compare
#   make publish  push data, then results as a branch retrain/COMMIT for BASE=main; not if a gate fails
#   make propose  a pull request of that branch, with the comparison as its text (needs gh)
#
# PYTHON=… is the interpreter, EXTRA=cpu|gpu chooses the TensorFlow, WORKERS=… is the number of processes for tests. BIN=…
# (or VENV=…) names the environment of another checkout: it is used as it is, with the code of this one.

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench lock clean anew
.PHONY: why check compare retrain publish propose remote-ssh remote-s3 remote-http remote-local
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
ATELIER = $(BIN)/atelier
BASE ?= main
# With targets, data of other stages may be in the remote only.
ALLOWED = $(if $(value TARGETS),--allow-missing)

# By default uv trusts its own certificate authorities. pip and git trust the system's, which may include a company's.
UV_SYSTEM_CERTS ?= true
export UV_SYSTEM_CERTS

ifndef EXTRA
EXTRA := $(shell nvidia-smi >/dev/null 2>&1 && echo gpu || echo cpu)
endif
ifeq ($(filter cpu gpu,$(EXTRA)),)
$(error EXTRA=$(EXTRA): allowed are cpu and gpu)
endif

# A stamp marks an environment with the packages of the lock. Development packages are installed in addition, and stay:
# `make demo` after `make test` removes nothing.
RUN := $(VENV)/.synced-$(EXTRA)
DEV := $(VENV)/.synced-$(EXTRA)-dev
PTH := $(VENV)/.pth
RUN_OR_DEV := $(if $(wildcard $(DEV)),$(DEV),$(RUN)) $(PTH)

# The environment of another checkout is used, but never changed, because that checkout depends on it. Its installed code
# is that checkout's, so this checkout's code comes first on the path.
ifeq ($(origin BIN),command line)
LENT := yes
else ifeq ($(origin VENV),command line)
LENT := $(shell [ -x $(BIN)/python ] && [ "$$(cat $(VENV)/.place 2>/dev/null)" != "$(CURDIR)" ] && echo yes)
endif
ifeq ($(LENT),yes)
ifneq ($(shell $(BIN)/python -c 'import dvc' 2>/dev/null && echo yes),yes)
$(error BIN=$(BIN): no environment with DVC is there; without BIN=… and VENV=…, make setup makes one)
endif
RUN_OR_DEV :=
export PYTHONPATH := $(CURDIR)/src$(if $(PYTHONPATH),:$(PYTHONPATH))
endif

# Scripts in an environment contain its absolute path, and its Python is a link: if the checkout was moved or the
# interpreter removed, the environment is made again.
ifneq ($(if $(LENT),,$(wildcard $(VENV))),)
BROKEN := $(shell $(BIN)/python -c '' 2>/dev/null && \
	{ [ ! -e $(VENV)/.place ] || [ "$$(cat $(VENV)/.place)" = "$(CURDIR)" ]; } || echo yes)
ifeq ($(BROKEN),yes)
$(RUN) $(DEV): anew
endif
endif

help:
	@sed -n 's/^#   \(make .*\)/\1/p' Makefile

setup: $(RUN_OR_DEV)
	@$(merge_drivers)
	@echo "$(if $(LENT),$(BIN),$(VENV)) is ready: $(BIN)/dvc, $(BIN)/atelier"

demo: $(RUN_OR_DEV)
	@echo "The demo takes about 14 minutes on 2 cores; progress follows."
	$(BIN)/atelier run
	@echo "The report: $(CURDIR)/data/report/index.html"

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: $(if $(LENT),,$(DEV))
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(RUN_OR_DEV)
	$(BIN)/python benchmarks/run.py

# Status 1 means that a stage would run, or that the command failed: only then there is no JSON.
why: $(RUN_OR_DEV)
	@$(ATELIER) why --allow-missing || $(ATELIER) why --allow-missing --json | $(BIN)/python -m json.tool >/dev/null

check: $(RUN_OR_DEV)
	$(ATELIER) check $(ALLOWED) $(AGAINST:%=--against %)

# Continuous integration shows the text as its summary, without pictures, whose links would not work there.
compare: $(RUN_OR_DEV)
	$(ATELIER) compare $(AGAINST) -o comparison
	@if [ -n "$$GITHUB_STEP_SUMMARY" ]; then cat comparison/summary.md >>"$$GITHUB_STEP_SUMMARY"; fi

# A failed gate still gets its comparison, and decides the status. Values from a form are never part of the text of a
# command, which make or the shell could execute: they go from an environment variable to an argument.
retrain: $(RUN_OR_DEV)
	$(if $(value PROFILE),$(ATELIER) profile apply -- "$$PROFILE")
	$(BIN)/dvc repro --pull $(ALLOWED) -- $$TARGETS
	@status=0; \
	$(MAKE) --no-print-directory check || status=$$?; \
	$(MAKE) --no-print-directory compare || status=$$?; \
	exit $$status

publish: $(RUN_OR_DEV)
	$(ATELIER) publish $(ALLOWED) $(AGAINST:%=--against %) --base $(BASE)

propose:
	@set -e; branch="retrain/$$(git rev-parse --short=10 HEAD)"; \
	if ! git ls-remote --exit-code origin "refs/heads/$$branch" >/dev/null; then \
		echo "origin has no $$branch: nothing new to propose"; \
	elif [ -n "$$(gh pr list --head "$$branch" --json number --jq '.[].number')" ]; then \
		gh pr edit "$$branch" --body-file comparison/summary.md; \
	else \
		gh pr create --base $(BASE) --head "$$branch" --title "Results of $${branch#retrain/}" \
			--body-file comparison/summary.md; \
	fi

# The default remote of this checkout only, in .dvc/config.local, which Git ignores. A URL in the environment is ignored.
ifneq ($(origin URL),command line)
URL :=
endif
ifneq ($(origin ENDPOINT),command line)
ENDPOINT :=
endif
export URL ENDPOINT
remote-ssh: $(RUN_OR_DEV)
	@$(call use_remote,ssh,ssh://?*,ssh://host/srv/atelier)
remote-s3: $(RUN_OR_DEV)
	@$(call use_remote,s3,s3://?*,s3://bucket/atelier)
remote-http: $(RUN_OR_DEV)
	@$(call use_remote,http,http://?*|https://?*,https://host/atelier)
remote-local: $(RUN_OR_DEV)
	@$(BIN)/dvc remote default --local --unset
	@$(BIN)/dvc remote list

$(RUN): requirements/$(EXTRA).txt requirements/uv.txt pyproject.toml
	$(call sync,requirements/$(EXTRA).txt)
	@touch $@

$(DEV): requirements/$(EXTRA).txt requirements/dev.txt requirements/uv.txt pyproject.toml
	$(call sync,requirements/$(EXTRA).txt requirements/dev.txt)
	@touch $(RUN) $@

# Written again with each Makefile, so that environments made before get it too.
$(PTH): Makefile $(filter-out $(PTH),$(RUN_OR_DEV))
	@packages="$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"; \
	printf '%s\n' '$(path_line)' '$(user_line)' >"$$packages/atelier_path.pth"
	@touch $@

anew:
	@echo "$(VENV) was made elsewhere or has lost its Python: making it again"
	@rm -rf $(VENV)

# Install the environment: $(call sync,LOCK...).
#
# - If PATH has no uv, it gets an environment of its own, because `uv pip sync` removes what the lock does not name.
# - Bytecode is compiled ahead, even if PYTHONDONTWRITEBYTECODE is set: without it TensorFlow imports in 12 s, not 4.5.
#   Some packages contain templates that are not valid Python, so the exit status is ignored.
define sync
	@set -e; \
	if [ ! -x $(BIN)/python ]; then \
		$(find_python); \
		echo "making $(VENV) with $$python"; \
		"$$python" -m venv --clear --without-pip $(VENV); \
	fi; \
	$(find_uv); \
	rm -f $(VENV)/.synced-*; \
	printf '%s' "$(CURDIR)" >$(VENV)/.place; \
	"$$uv" pip sync $$no_index --python $(BIN)/python --require-hashes $(1); \
	"$$uv" pip install $$no_index --python $(BIN)/python --no-deps --no-build-isolation --quiet --editable .; \
	packages="$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"; \
	echo "compiling bytecode"; \
	$(BIN)/python -m compileall -qq -j 0 "$$packages" || true; \
	$(merge_drivers)
endef

# Configure this clone's Git for the names in .gitattributes, unless the project is no checkout of its own (an unpacked
# archive, perhaps inside another repository).
#
# - A worktree shares its configuration with the main checkout, whose drivers stay.
# - The value must not begin with a quote: DVC reads the configuration for `dvc exp run --temp` with ConfigObj, for which
#   such a value must end with one as well.
define merge_drivers
	message="$$(git rev-parse 2>&1 >/dev/null || true)"; \
	case "$$message" in *safe.directory*) printf '%s\n' "$$message" >&2 ;; esac; \
	if [ -z "$$(git rev-parse --show-prefix 2>/dev/null || echo none)" ] && \
		{ [ "$$(git rev-parse --git-dir)" = "$$(git rev-parse --git-common-dir)" ] || \
		! git config merge.dvc-lock.driver >/dev/null; }; then \
		atelier="$$(cd "$(BIN)" && pwd)/atelier"; \
		command="exec '$$(printf %s "$$atelier" | sed "s/'/'\\\\''/g")' merge-lock"; \
		git config merge.dvc-lock.name "dvc.lock, stage by stage"; \
		git config merge.dvc-lock.driver "$$command %O %A %B"; \
		git config merge.dvc-metrics.name "metrics.json, number by number"; \
		git config merge.dvc-metrics.driver "$$command --metrics %O %A %B"; \
	fi
endef

# $(call use_remote,KIND,PATTERN,EXAMPLE). A URL must not contain credentials: `dvc remote list`, logs and error messages
# show it. Partial or damaged objects are noticed only with `verify`.
define use_remote
	set -e; \
	refuse() { echo "make remote-$(1): $$1" >&2; exit 1; }; \
	case "$$URL" in \
		$(2)) ;; \
		"") refuse "URL is missing; say where: make remote-$(1) URL=$(3)" ;; \
		*) refuse "the URL does not begin as it has to; say: make remote-$(1) URL=$(3)" ;; \
	esac; \
	for url in "$$URL" "$$ENDPOINT"; do \
		authority="$${url#*://}"; authority="$${authority%%/*}"; \
		case "$(1) $$authority" in \
			ssh\ *:*@*|s3\ *@*|http\ *@*) refuse "$(credentials)" ;; \
		esac; \
		case "$$url" in *\?*) refuse "$(credentials)" ;; esac; \
	done; \
	case "$(1) $$ENDPOINT" in \
		"$(1) "|s3\ http://?*|s3\ https://?*) ;; \
		*) refuse "ENDPOINT goes with remote-s3 only, and begins with http:// or https://" ;; \
	esac; \
	$(BIN)/dvc remote add --quiet --local --force --default shared "$$URL"; \
	$(BIN)/dvc remote modify --quiet --local shared verify true; \
	if [ -n "$$ENDPOINT" ]; then $(BIN)/dvc remote modify --quiet --local shared endpointurl "$$ENDPOINT"; fi; \
	$(BIN)/dvc remote list
endef

credentials := a URL holds no password, key or query; credentials go into an SSH key or agent, an AWS profile or the \
	environment, or into .dvc/config.local: dvc remote modify --local shared OPTION VALUE

# What each process of the environment does first: two lines of a .pth file.
#
# - dvc.yaml's commands say `python`: put this environment first on PATH, so that `.venv/bin/dvc repro` needs no
#   activation, in the temporary workspaces of `dvc exp run` either.
# - A user id without a name (`docker run -u 12345`): DVC asks Python for the user's name and home, which raises an
#   error. The number becomes the name and / the home, as in Docker; what is set already stays.
path_line := import os, sys; here = os.path.join(sys.prefix, "bin"); path = os.environ.get("PATH") or os.defpath; \
	path.split(os.pathsep)[0] == here or os.environ.update(PATH=here + os.pathsep + path)
user_line := import os, pwd; exec("try: pwd.getpwuid(os.getuid())\nexcept KeyError: \
	os.environ.setdefault(\"HOME\", \"/\"); \
	any(map(os.environ.get, (\"LOGNAME\", \"USER\", \"LNAME\", \"USERNAME\"))) or os.environ.update(LOGNAME=str(os.getuid()))")

# The shim of a version manager may be on PATH although its version is disabled, so each candidate is executed.
define find_python
	python=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3); do \
		if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
			python="$$candidate"; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Atelier needs Python 3.11, 3.12 or 3.13; $(if $(PYTHON),PYTHON=$(PYTHON) is another,PATH has none)." >&2; \
		echo "Name one: make PYTHON=/path/to/python3.11 …" >&2; \
		exit 1; \
	fi
endef

define find_uv
	if uv --version >/dev/null 2>&1; then uv=uv; else \
		uv=$(VENV)/uv/bin/uv; \
		if [ ! -x "$$uv" ] || [ requirements/uv.txt -nt "$$uv" ]; then \
			echo "installing uv into $(VENV)/uv"; \
			$(BIN)/python -m venv --clear $(VENV)/uv || { \
				echo "Python cannot make an environment with pip: install it (Debian: apt install python3-venv) or uv." >&2; \
				exit 1; \
			}; \
			$(VENV)/uv/bin/python -m pip install --quiet --require-hashes --requirement requirements/uv.txt; \
			touch "$$uv"; \
		fi; \
	fi; \
	no_index=; settings="$$($(BIN)/python requirements/uv_settings.py $(VENV)/uv/bin/python)"; \
	eval "$$settings"
endef

# With uv from PATH or from .venv/; the other locks follow the pins of cpu.txt, so that the extras agree.
COMPILE = pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --quiet $(LOCK_FLAGS)
lock: $(RUN_OR_DEV)
	@set -e; $(find_uv); set -x; \
	"$$uv" $(COMPILE) pyproject.toml --extra cpu --output-file requirements/cpu.txt; \
	"$$uv" $(COMPILE) pyproject.toml --extra gpu --constraint requirements/cpu.txt --output-file requirements/gpu.txt; \
	"$$uv" $(COMPILE) pyproject.toml --extra dev --extra onnx --constraint requirements/cpu.txt --output-file requirements/dev.txt; \
	echo 'uv>=0.9' | "$$uv" $(COMPILE) - --no-annotate --output-file requirements/uv.txt

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist
	find . -path ./data -prune -o -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
