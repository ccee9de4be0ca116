#!/usr/bin/env bash
# Makes the virtual environment of the Python tests and prints its path. It lies in the cache of deps/fetch.py, named by
# the hash of requirements.txt, and appears whole or not at all: a second call does nothing, a change of the pins makes
# another.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${SQUIRE_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/squire-deps}
python=${PYTHON:-python3}
tag=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
venv=$cache/tests-venv-$(sha256sum "$here/requirements.txt" | cut -c1-16)-py$tag

if [ ! -e "$venv/.complete" ]; then
  mkdir -p "$cache"
  exec 9>"$venv.lock"
  flock 9
  if [ ! -e "$venv/.complete" ]; then
    echo "making the tests' virtual environment (once)" >&2
    rm -rf "$venv"
    "$python" -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
      -r "$here/requirements.txt" >&2
    touch "$venv/.complete"
  fi
fi
echo "$venv"
