#!/usr/bin/env bash
# Runs all tests by section and prints how long each took; LONG=1 adds what is marked long.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
export PATH="$PWD/.venv/bin:$PATH" # node may live there
section() { # section NAME COMMAND...
  local name=$1 began=$SECONDS; shift
  printf '== %s\n' "$name"
  "$@" || { failed=1; printf '== %s FAILED\n' "$name"; }
  printf '== %s: %d min %02d s\n' "$name" $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
}
marks='not long'; [ "${LONG:-}" = 1 ] && marks='long or not long'
python=.venv/bin/python
section style $python -m ruff check .
section format $python -m ruff format --check .
section types $python -m mypy
section imports .venv/bin/lint-imports
section pages bash -c 'cd frontend && node_modules/.bin/tsc --noEmit'
# the diagrams' walks are counted together, so they share one process
section diagrams $python -m pytest tests/bpmn -m "$marks" -q
# the tests of a file share a process: some tell one story on one installation
section tests $python -m pytest -m "($marks) and not browser" -n 2 --dist loadfile -q --ignore tests/bpmn
# what works on a database once more on PostgreSQL
section postgresql env TEST_DATABASE=postgresql $python -m pytest tests/engine tests/handlers tests/app tests/migrations \
  -m "($marks) and database and not browser" -n 2 --dist loadfile -q
section browser $python -m pytest -m "($marks) and browser" -q
exit $failed
