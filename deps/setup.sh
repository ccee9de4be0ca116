#!/usr/bin/env bash
# Brings a fresh Debian 12 machine to where the project builds: packages, then pinned sources. Quick when all is there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python3 "$here/fetch.py" apt
python3 "$here/fetch.py" sources >/dev/null
