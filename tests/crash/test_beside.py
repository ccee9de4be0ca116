"""Writers, readers and upkeep in processes of their own on one table, all at once: nobody fails, nobody misses a file,
and every look sees each key whole."""
import json
import os
import pathlib
import subprocess
import sys

import lance
import pyarrow as pa
import pytest

BUILD = pathlib.Path(os.environ.get("SQUIRE_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/bin/squire")).parents[1]
sys.path.insert(0, str(BUILD / "python"))

KEYS, ROWS, DIM = 30, 20, 16

PROGRAM = """
import datetime, json, pathlib, sys
import numpy as np, pyarrow as pa
import squire
KEYS, ROWS, DIM = %d, %d, %d
folder, role, name, commits = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
schema = pa.schema([("key", pa.string()), ("rev", pa.int64()), ("text", pa.string()), ("vector", pa.list_(pa.float32(), DIM))])
table = squire.connect(folder, synced=False).open_table("t")
done, errors, told = 0, [], []

def write(number):
    rng = np.random.default_rng(number)
    rows = pa.table([[f"{name}{number %% KEYS}"] * ROWS, [number] * ROWS, [f"common r{number} " + "x" * 2000] * ROWS,
                     pa.FixedSizeListArray.from_arrays(pa.array(rng.random(ROWS * DIM), pa.float32()), DIM)], schema=schema)
    table.upsert("key", rows)

def read(number):
    table.checkout_latest()
    revs = {}
    for batch in table.scan(["key", "rev", "text", "vector"]):
        for key, rev in zip(batch["key"].to_pylist(), batch["rev"].to_pylist()):
            revs.setdefault(key, []).append(rev)
    for key, of_key in revs.items():
        assert len(of_key) == ROWS and len(set(of_key)) == 1, (key, of_key)
    if revs:
        assert len(table.search(np.full(DIM, 0.5, np.float32)).limit(5).to_list()) == 5
        assert len(table.text_search("common", 5).to_list()) == 5

def keep(number):
    table.checkout_latest()
    if number %% 3 == 0:
        done = table.compact()
    elif number %% 3 == 1:
        done = table.optimize(cleanup_older_than=datetime.timedelta(0))
    else:
        done = table.prune(delete_unverified=True)
    if table.health().status != "green":
        told.append(str(done))

work = {"write": write, "read": read, "keep": keep}[role]
while done < commits or (role != "write" and not (folder / "stop").exists()):
    try:
        work(done)
    except Exception as error:
        errors.append(repr(error))
    done += 1
table.close()
print(json.dumps({"role": role, "done": done, "errors": errors[:3], "failed": len(errors), "red": told[:3]}))
""" % (KEYS, ROWS, DIM)


def start(folder, role, name, commits):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder), role, name, str(commits)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "PYTHONPATH": str(BUILD / "python")})


def finish(process):
    out, err = process.communicate()
    assert process.returncode == 0, err
    answer = json.loads(out)
    assert answer["failed"] == 0 and answer["red"] == [], answer
    return answer["done"]


@pytest.mark.parametrize("commits", [40, pytest.param(3000, marks=pytest.mark.full)])
@pytest.mark.parametrize("writers", ["a", "ab"], ids=["one_writer", "two_writers"])
def test_nobody_fails(tmp_path, writers, commits):
    import squire

    schema = pa.schema([("key", pa.string()), ("rev", pa.int64()), ("text", pa.string()),
                        ("vector", pa.list_(pa.float32(), DIM))])
    squire.connect(tmp_path, synced=False).create_table("t", schema=schema).close()
    beside = [start(tmp_path, "keep", "", 3), start(tmp_path, "read", "", 3), start(tmp_path, "read", "", 3)]
    for writer in [start(tmp_path, "write", name, commits) for name in writers]:
        assert finish(writer) == commits
    (tmp_path / "stop").touch()
    for process in beside:
        assert finish(process) >= 3
    with squire.connect(tmp_path, synced=False).open_table("t") as table:
        assert table.count_rows() == KEYS * ROWS * len(writers)
        assert table.verify().problems == []
        assert table.health().status == "green"
    dataset = lance.dataset(str(tmp_path / "t.lance"))
    dataset.validate()
    revs = dataset.to_table(columns=["key", "rev"]).group_by("key").aggregate([("rev", "min"), ("rev", "max"), ("rev", "count")])
    for row in revs.to_pylist():
        assert row["rev_min"] == row["rev_max"] >= commits - KEYS and row["rev_count"] == ROWS, row
