"""The Python module of the build under test, for tests that compare it with other clients."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SQUIRE_BIN", ROOT / "build" / "bin" / "squire")).parents[1]
sys.path.insert(0, str(BUILD / "python"))
