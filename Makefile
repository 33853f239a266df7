# All commands for people and CI. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export GAME ?=
export EPOCHS ?=
export WEIGHTS ?=
export FETCH ?=
export KEEP_VERSIONS ?=
export VERSION ?=
export BASE_DIR ?=
export VGMUSIC_URL ?=
export RECIPE ?= default
export PEERS ?=
export DATA_DIR ?= data/midi
export MODELS_DIR ?= models
export API_PORT ?= 8080
export MODEL_SERVER_PORT ?= 8500
export MODEL_SERVER ?= localhost:$(MODEL_SERVER_PORT)

PYTHON := .venv/bin/python
READY := .venv/.ready
PEERS_READY := .venv/.peers-ready
BROWSER_READY := .venv/.browser-ready
AUDIT_READY := .venv-audit/.ready

.PHONY: help train promote data evaluate base reproduce serve sound bench pictures test check chaos proto
.PHONY: lock clean up up-gpu down images-check compose-check audit sbom

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

train: $(READY) ## train every collection that has pieces, or GAME=name
	@$(PYTHON) -m training

promote: $(READY) ## make the newest version of GAME=name, or VERSION=number, the stable one
	@$(PYTHON) -m training.promoting

data: $(READY) ## download the pieces of all games that have a source, or of GAME=name
	@$(PYTHON) -m training.fetching

evaluate: $(READY) ## evaluate the model of GAME=name and write a report into reports/
	@$(PYTHON) -m training.report

base: $(READY) ## train the base for KIND=piano or band on music in BASE_DIR or downloaded (40 minutes)
	@$(PYTHON) -m training.base $(KIND)

reproduce: $(READY) ## reproduce the old experiment's five models, or GAME=name
	@$(PYTHON) -m training.report.reproduction

serve: $(READY) ## the model server and the API, until Ctrl-C
	@bash scripts/serve.sh $(PYTHON)

sound: ## install FluidSynth and a General MIDI soundfont (Debian, as root)
	@bash scripts/setup_sound.sh

bench: $(READY) $(if $(filter 1,$(PEERS)),$(PEERS_READY)) ## measure the speed; with PEERS=1, compare it with PyTorch and ONNX Runtime
	@$(PYTHON) -m benchmarks

pictures: $(READY) $(BROWSER_READY) ## create the pictures of README from the game bach, in docs/pictures/
	@$(PYTHON) -m scripts.pictures

# Two processes, since CI has two cores; each runs whole files, whose tests share processes.
# Files stay in the order of tests/conftest.py: those of few tests, which would come last, take
# longest. A process that ended during a test is not replaced, since that would repeat the test.
PYTEST := $(PYTHON) -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder \
	--max-worker-restart=0

test: check $(BROWSER_READY) ## run everything that CI runs
	@$(PYTEST) -m "not slow"
	@$(PYTEST) -m slow

check: $(READY)
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-logo

chaos: $(READY) ## kill and suspend model servers and publish versions for two minutes
	@CHAOS_SECONDS=120 $(PYTHON) -m pytest -m slow tests/end_to_end/test_replicas.py

# Variables that are not set come from docker/.env.
UNSET = $(foreach name,$(1),$(if $(filter file,$(origin $(name))),--unset=$(name)))
COMPOSE = env $(strip $(call UNSET,API_PORT DATA_DIR EPOCHS GAME KEEP_VERSIONS WEIGHTS)) \
	docker compose --file docker/compose.yaml

up: ## run the service in containers, on CPUs (needs Docker)
	@$(COMPOSE) --profile cpu up --build --detach --wait

up-gpu: ## run the service in containers, with the model server on a GPU
	@$(COMPOSE) --profile gpu up --build --detach --wait

down: ## stop the containers (their models stay)
	@$(COMPOSE) --profile cpu --profile gpu down

images-check: $(READY) ## build the images without Docker and run them (needs root on Debian)
	@bash scripts/images_check.sh

compose-check: ## train a game twice in containers and request songs from both versions (needs Docker)
	@bash scripts/compose_check.sh

audit: $(AUDIT_READY) ## check the shipped packages for known vulnerabilities
	@for lock in api training; do \
		.venv-audit/bin/pip-audit --disable-pip --require-hashes --strict -r locks/$$lock.txt; done

sbom: $(AUDIT_READY) ## list the shipped packages in CycloneDX format, in build/
	@mkdir -p build
	@for lock in api training; do \
		.venv-audit/bin/cyclonedx-py requirements --output-reproducible \
			--output-file build/$$lock.cdx.json locks/$$lock.txt; done

proto: $(READY) ## regenerate proto/*_pb2.py
	@$(PYTHON) -m grpc_tools.protoc -I . --python_out=. --pyi_out=. proto/model_server.proto

PIP_COMPILE := uv pip compile pyproject.toml --universal --generate-hashes --no-header \
	--python-version 3.11 --quiet

lock: ## lock the newest versions that pyproject.toml allows (needs uv)
	@$(PIP_COMPILE) --extra dev --upgrade --output-file locks/dev.txt
	@for extra in audit peers training; do \
		$(PIP_COMPILE) --extra $$extra --constraint locks/dev.txt --output-file locks/$$extra.txt; done
	@$(PIP_COMPILE) --extra api --extra rate-storage --extra tracing --constraint locks/dev.txt \
		--output-file locks/api.txt
	@$(PIP_COMPILE) --extra training --extra gpu --constraint locks/dev.txt \
		--output-file locks/training-gpu.txt

clean: ## remove the virtual environment and caches (models stay)
	@rm -rf .venv .venv-audit .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/studio/node_modules

$(READY): locks/dev.txt
	@bash scripts/setup.sh locks/dev.txt
	@touch $@

$(PEERS_READY): locks/peers.txt $(READY)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/peers.txt
	@touch $@

$(BROWSER_READY): scripts/setup_browser.sh tests/studio/package-lock.json $(READY)
	@bash scripts/setup_browser.sh
	@touch $@

$(AUDIT_READY): locks/audit.txt
	@python3 -m venv --clear .venv-audit
	@.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/audit.txt
	@touch $@
