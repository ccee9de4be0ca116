#!/usr/bin/env bash
# Makes the virtual environment with the peers that bench/search runs beside Squire and prints its path. It lies in the
# cache of deps/fetch.py, named by the hash of requirements.txt, and appears whole or not at all.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${SQUIRE_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/squire-deps}
python=${PYTHON:-python3}
tag=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
venv=$cache/search-venv-$(sha256sum "$here/requirements.txt" | cut -c1-16)-py$tag

if [ ! -e "$venv/.complete" ]; then
  mkdir -p "$cache"
  exec 9>"$venv.lock"
  flock 9
  if [ ! -e "$venv/.complete" ]; then
    echo "making the virtual environment of the peers (once)" >&2
    rm -rf "$venv"
    "$python" -m venv "$venv" >&2
    # hnswlib alone has no wheel: what builds it comes first, from the same pins.
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation --only-binary :all: \
      --no-binary hnswlib --require-hashes -r <(sed '/^hnswlib==/,/^[a-z]/{/^[a-z]/!d;/^hnswlib==/d}' "$here/requirements.txt") >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation --require-hashes \
      -r <(sed -n '/^hnswlib==/,/^[a-z]/{/^hnswlib==/p;/^[a-z]/!p}' "$here/requirements.txt") >&2
    touch "$venv/.complete"
  fi
fi
echo "$venv"
