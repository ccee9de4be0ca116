"""Two writers of one table and its upkeep, for long: engine_test's TwoWritersTest with 100,000 operations."""
import os
import pathlib
import subprocess

import pytest


@pytest.mark.full
def test_two_writers_for_long(squire):
    done = subprocess.run([pathlib.Path(squire.path).with_name("engine_test"), "--gtest_filter=TwoWritersTest.*"],
                          env={**os.environ, "SQUIRE_TEST_OPERATIONS": "100000"}, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
