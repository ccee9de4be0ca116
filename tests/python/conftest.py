"""The Python module under test: the one of the build whose program SQUIRE_BIN names."""
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SQUIRE_BIN", ROOT / "build" / "bin" / "squire")).parents[1]
sys.path.insert(0, str(BUILD / "python"))


@pytest.fixture
def db(tmp_path):
    """A folder of ours without tables."""
    import squire as module

    return module.connect(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path):
    """A folder of lancedb's without tables."""
    import lancedb

    return lancedb.connect(str(tmp_path / "theirs"))
