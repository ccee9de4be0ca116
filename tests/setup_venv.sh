#!/usr/bin/env bash
# Makes the virtual environment of the Python tests, where it is not there yet, and prints its path.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../deps/venv.sh" tests "$here/requirements.txt"
