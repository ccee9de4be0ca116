"""Tables that lancedb has bloated, and ways to hurt them."""
import shutil

import pytest

from support import foreign


@pytest.fixture(scope="session")
def bloated_once(tmp_path_factory):
    """A database of lancedb with one table of 400 rows, three indexes and 200 commits of delete and add."""
    return foreign.make_bloated(tmp_path_factory.mktemp("bloated") / "db", changes=100)


@pytest.fixture
def bloated(bloated_once, tmp_path):
    """The table, a copy of the test's own."""
    shutil.copytree(bloated_once, tmp_path / "db")
    return tmp_path / "db" / "notes.lance"
