#!/usr/bin/env bash
# The quick part of the tests, before each commit.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
$python -m ruff check .
$python -m ruff format --check .
$python -m mypy
.venv/bin/lint-imports
$python -m pytest -m "not long and not browser and not postgresql" -n 2 -q --ignore tests/journey --ignore tests/bpmn
$python -m pytest tests/bpmn -q
