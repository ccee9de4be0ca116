#!/usr/bin/env bash
# Makes the virtual environment with the peers that bench/search runs beside Squire, and prints its path.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../../deps/venv.sh" search "$here/requirements.txt" hnswlib
