#!/usr/bin/env bash
# venv.sh NAME REQUIREMENTS [PACKAGE...]: makes a virtual environment of pinned and hashed packages and prints its path. It
# lies in the cache of fetch.py, named by the hash of REQUIREMENTS, and appears whole or not at all: a second call does
# nothing, a change of the pins makes another. The PACKAGEs, which have no wheels, are built by what is pinned with them.
set -euo pipefail
name=$1 requirements=$2
shift 2
cache=${SQUIRE_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/squire-deps}
python=${PYTHON:-python3}
tag=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
venv=$cache/$name-venv-$(sha256sum "$requirements" | cut -c1-16)-py$tag

install() {
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation --require-hashes "$@" >&2
}

# The pins of one package, or of all but those.
pins() {
  awk -v wanted="$*" -v only="$only" 'BEGIN { split(wanted, names); for (i in names) is_named[names[i]] = 1 }
    /^[A-Za-z0-9]/ { split($0, parts, "=="); is_in = (parts[1] in is_named) == only }
    is_in' "$requirements"
}

if [ ! -e "$venv/.complete" ]; then
  mkdir -p "$cache"
  exec 9>"$venv.lock"
  flock 9
  if [ ! -e "$venv/.complete" ]; then
    echo "making the virtual environment of the $name (once)" >&2
    rm -rf "$venv"
    "$python" -m venv "$venv" >&2
    install --only-binary :all: -r <(only=0 pins "$@")
    for package in "$@"; do install -r <(only=1 pins "$package"); done
    touch "$venv/.complete"
  fi
fi
echo "$venv"
