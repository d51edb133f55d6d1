# Bihuan: the commands that stay. `make` alone prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
RUN := .venv/bin/python

.PHONY: help setup run loop test check bench

help: ## print the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/make \1|\2/' | column -t -s '|'

setup: ## environment, packages, node if missing, front-end build
	@tools/setup.sh run >&2

run: setup ## demo province, one campaign round the loop, http://127.0.0.1:8000
	@$(RUN) -m demo.run $(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(PORT),--port $(PORT))

loop: ## one campaign through all seven stages, headless; last line is JSON
	@tools/setup.sh run >&2
	@$(RUN) -m demo.loop $(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(SEED),--seed $(SEED))

test: ## everything but what is marked long; LONG=1 runs that too
	@tools/setup.sh test >&2
	@LONG="$(LONG)" tools/test.sh

check: ## the part of the tests that takes under two minutes
	@tools/setup.sh check >&2
	@tools/check.sh

bench: ## every benchmark, small, only reporting
	@tools/setup.sh check >&2
	@$(RUN) -m benchmarks all
