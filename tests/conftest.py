"""Fixtures of all Python tests. SQUIRE_BIN names the program under test (default: build/bin/squire)."""
import os
import pathlib

import pytest

from support import program

ROOT = pathlib.Path(__file__).resolve().parents[1]


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the long tests too; -m full: these alone")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--full") or config.getoption("markexpr"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.fixture(scope="session")
def squire():
    """The program: squire.run("index", tree), squire.json("status", tree)."""
    path = pathlib.Path(os.environ.get("SQUIRE_BIN", ROOT / "build" / "bin" / "squire"))
    if not path.exists():
        pytest.exit(f"{path} is not built; SQUIRE_BIN names another", 2)
    return program.Squire(path)


@pytest.fixture(scope="session")
def start_stub():
    """Starts stub endpoints that end with the session: start_stub(dim=64, delay=0, fail_every=0)."""
    stubs = []

    def start(**options):
        stubs.append(program.Stub(**options))
        return stubs[-1]

    yield start
    for stub in stubs:
        stub.stop()


@pytest.fixture(scope="session")
def stub(start_stub):
    """A stub endpoint without delay, shared by the session."""
    return start_stub()


@pytest.fixture
def gated_stub():
    """A stub endpoint whose answers the test holds back while it likes."""
    stub = program.GatedStub()
    yield stub
    stub.stop()


@pytest.fixture
def tree(tmp_path):
    """An empty folder to make a tree in, apart from whatever else the test writes."""
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder
