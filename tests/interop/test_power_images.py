"""What a loss of power left of our tables, as pylance reads it: a sample of the disks of engine_test's PowerImagesTest."""
import json
import os
import pathlib
import subprocess

import lance
import pyarrow as pa
import pytest

PROGRAM = "engine_test"


@pytest.mark.full
@pytest.mark.parametrize("disk", ["journalled", "strict"])
def test_whole_for_others_too(squire, tmp_path, disk):
    subprocess.run([pathlib.Path(squire.path).with_name(PROGRAM), f"--gtest_filter=*PowerImagesTest*/{disk}"], check=True,
                   env={**os.environ, "SQUIRE_TEST_EFFORT": "2", "SQUIRE_TEST_IMAGES": str(tmp_path)}, stdout=subprocess.DEVNULL)
    images = sorted(tmp_path.glob("*.json"))
    modes, after = set(), 0
    for image in images:
        told, path = json.loads(image.read_text()), image.with_suffix(".lance")
        where = f"{told['mode']} at sync {told['sync']}"
        modes.add(told["mode"])
        dataset = lance.dataset(str(path))
        dataset.validate()
        table = dataset.to_table()
        assert len(set(table["id"].to_pylist())) == table.num_rows, where
        rows = dict(zip(table["id"].to_pylist(), table["text"].to_pylist()))
        assert rows in (told["before"], told["after"]), where
        after += rows == told["after"]
        for old in dataset.versions():  # no version that is left names a file that is gone
            lance.dataset(str(path), version=old["version"]).to_table()
        assert squire.json("verify", path, "--deep")["problems"] == [], where
        new = pa.table({"id": ["new"], "path": ["p"], "line": pa.array([1], pa.int32()), "text": ["t"]})
        lance.write_dataset(new, dataset, mode="append")
        assert squire.json("table", "count", path)["rows"] == len(rows) + 1, where
    assert len(images) >= 30 and len(modes) == 6 and 0 < after < len(images)
