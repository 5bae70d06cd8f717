# `make help` lists what there is. Every target sets up what it needs, and skips what is done already.
PYTHON ?= python3
# So many tests run at a time. Each worker has servers of its own: about 2 GB of memory with a browser.
WORKERS ?= 4
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
OLDEST := .nox/compat-oldest
# Minutes each, on all cores: `make soak` runs them.
LONG := tests/integration/many/test_chaos.py tests/integration/many/test_partition.py tests/integration/many/test_hub_killed.py
FRONT_END := $(wildcard labextension/*.json labextension/*.py labextension/yarn.lock) \
	$(shell find $(wildcard $(addprefix labextension/,src style schema scripts)) -type f)
# Some programs of the environment start others by name: jlpm starts node, a build of the wheel jlpm.
WITH_PATH := PATH="$(CURDIR)/$(BIN):$$PATH"
JLPM := cd labextension && $(WITH_PATH) jlpm
# A warning, and a link to a page or heading that is not there, stops it.
SPHINX := $(BIN)/sphinx-build -q -W -n --keep-going
# Where long random-looking text is what it should be: made-up keys of tests, figures, check sums.
NO_SECRETS := ^(tests|notebooks|labextension|docs/images)/|\.lock$$|(_weights\.json|/disguises\.py)$$|^learnflow_ext/contracts/schemas/
# Bandit's rules that ruff has too (S102, …): there each line that needs one says so, and why.
RUFF_ASKS := B102,B104,B108,B307,B310,B608
LINTS := lint-types lint-pages lint-front lint-style lint-safety
# What one of them says in one piece, where make can do that.
IN_ORDER := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup demo lint $(LINTS) audit docs test compat bench soak eval pictures fresh clean

help: ## List what make can do here
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Install everything needed to run LearnFlow into .venv

demo: setup ## Start a classroom on this machine (ARGS="--port 9000" passes options on)
	@$(BIN)/learnflow demo $(ARGS)

lint: setup ## Check style, types and layers of the sources; write the pages of docs/ that are made from them
	$(BIN)/python -W ignore -m learnflow_ext.reference
	@$(MAKE) --no-print-directory -j2 $(IN_ORDER) $(BESIDE) $(LINTS)

# Beside each other, the longest first.
lint-types:
	$(BIN)/mypy
	$(BIN)/mypy tests

lint-pages:
	$(SPHINX) docs build/docs

lint-front:
	$(JLPM) install --immutable
	$(JLPM) lint:check

lint-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

lint-safety:
	$(BIN)/bandit -q -r -ll -s $(RUFF_ASKS) learnflow_ext kernels grading hub_config
	git ls-files | grep -vE '$(NO_SECRETS)' | xargs $(BIN)/detect-secrets-hook --no-verify

docs: setup ## Make the documentation's site: build/docs/index.html
	$(BIN)/python -W ignore -m learnflow_ext.reference
	$(SPHINX) docs build/docs

# Made while the lints run.
test: BESIDE := $(OLDEST)/.installed
test: $(STAMPS)/test-system lint ## Run all checks and tests, and measure their coverage
	$(JLPM) test
	$(BIN)/coverage erase
	rm -f .pytest_cache/v/cache/lastfailed
	$(WITH_PATH) coverage run -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=25 \
		$(addprefix --ignore=,$(LONG)) \
		|| $(WITH_PATH) $(BIN)/python tests/again.py .pytest_cache $$?
	$(BIN)/coverage combine -q
	$(BIN)/coverage json -q -o .coverage.json
	$(BIN)/python tests/coverage_gate.py .coverage.json

audit: setup ## Ask the advisory service on the internet about every installed package (.ci/run does it after make test)
	@$(WITH_PATH) $(BIN)/python .ci/audit must

compat: $(STAMPS)/test-system setup ## Try the oldest and the newest Jupyter packages and nbgrader that are allowed, quickly
	$(WITH_PATH) $(BIN)/nox -s compat

bench: $(STAMPS)/test-system setup ## Measure how fast all of it is, into test-results/performance.md (ARGS="kernels events": only these)
	PYTHONPATH=tests/support $(BIN)/python tests/benchmarks/page.py $(ARGS)

eval: $(STAMPS)/run-system setup ## Measure how good its judgement is, on the data in LEARNFLOW_EVAL_DATA (a folder)
	LEARNFLOW_EVAL_DATA="$(LEARNFLOW_EVAL_DATA)" $(BIN)/python tests/evaluation/evaluate.py $(ARGS)

soak: $(STAMPS)/test-system setup ## Kill each part of the event stream, and of a class at work, again and again; gate every family five times
	LEARNFLOW_SOAK_SEEDS=5 $(BIN)/pytest -s tests/integration/exercises/test_gate.py -k "family or five"
	$(WITH_PATH) LEARNFLOW_SOAK_KILLS=200 LEARNFLOW_SOAK_EVENTS=20000 $(BIN)/pytest -s \
		tests/integration/events/test_soak.py tests/integration/events/test_faults.py
	$(WITH_PATH) LEARNFLOW_CHAOS_ROUNDS=3 $(BIN)/pytest -s $(LONG)

pictures: $(STAMPS)/test-system setup ## Photograph the screens anew for the documentation
	rm -rf test-results/e2e test-results/service
	$(WITH_PATH) $(BIN)/pytest -q tests/e2e/test_story.py tests/e2e/test_keyboard.py tests/integration/service/test_service_every_page.py
	$(BIN)/python tests/pictures.py

fresh: $(STAMPS)/test-system ## Does the README hold on a fresh Debian? Makes one, and starts there (as root, six minutes)
	tests/fresh_machine.sh

clean: ## Delete everything that was built or installed here; a classroom's state in .learnflow stays
	rm -rf $(VENV) $(STAMPS) dist build htmlcov test-results labextension/lib labextension/node_modules
	rm -rf learnflow_ext/labextension learnflow_ext/service/static/vendor
	rm -rf .mypy_cache .nox .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/python:
	@mkdir -p $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "LearnFlow needs Python 3.11 or newer, and '$(PYTHON)' is not. Name one: make setup PYTHON=python3.12" >&2; \
		exit 1; }
	@touch $@

$(STAMPS)/run-system: .ci/system-packages $(STAMPS)/python
	.ci/system-packages run
	@touch $@

$(STAMPS)/test-system: .ci/system-packages $(STAMPS)/run-system
	.ci/system-packages test
	@touch $@

# These two lie in the environment, so that deleting it is noticed.
$(VENV)/.made: $(STAMPS)/run-system
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml $(FRONT_END)
	$(BIN)/uv pip install --python $(BIN)/python --compile-bytecode -e '.[kernels,grading,hub,dev]'
	@touch $@

# A test runs a brief pass in it: the oldest versions that are allowed. The newest are those above.
$(OLDEST)/.installed: $(VENV)/.installed noxfile.py
	$(WITH_PATH) nice nox -s "compat(oldest)" --install-only
	@touch $@
