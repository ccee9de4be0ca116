"""Tables as LanceDB leaves them: bloated by its defaults, left behind by a killed writer, damaged by the disk."""
import datetime
import os
import pathlib
import subprocess
import sys

import lance
import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import FTS, BTree, IvfPq

DIM = 128  # as in life, vectors take most of the room


def rows(first, count, revision=0):
    rng = np.random.default_rng(first + 1000 * revision)
    return pa.table({
        "id": [f"id{first + i}" for i in range(count)],
        "path": [f"p{(first + i) // 4}" for i in range(count)],
        "text": [" ".join(f"w{word}" for word in rng.integers(0, 200, 20)) + f" r{revision}" for i in range(count)],
        "tags": pa.array([[f"t{j}" for j in range((first + i) % 4)] for i in range(count)], pa.list_(pa.string())),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(rng.random(count * DIM), pa.float32()), DIM),
    })


def make_bloated(folder, changes, indexes=True, optimize_every=25):
    """A table whose every file of four rows is deleted and added again and again, by lancedb's defaults."""
    table = lancedb.connect(str(folder)).create_table("notes", rows(0, 400))
    if indexes:
        table.create_index("text", config=FTS(with_position=True))
        table.create_index("id", config=BTree())
        table.create_index("vector", config=IvfPq(distance_type="l2", num_partitions=2, num_sub_vectors=8))
    for number in range(changes):
        path = number % 100
        table.delete(f"path = 'p{path}'")
        table.add(rows(path * 4, 4, number))
        if optimize_every and number % optimize_every == optimize_every - 1:
            table.optimize()
    return folder


def open_table(path):
    path = pathlib.Path(path)
    return lancedb.connect(str(path.parent)).open_table(path.name.removesuffix(".lance"))


def clean_fully(path):
    """All that LanceDB itself can free."""
    open_table(path).optimize()
    lance.dataset(str(path)).cleanup_old_versions(older_than=datetime.timedelta(0), delete_unverified=True)


def leave_orphans(path, files=3):
    """Data files that were written whole and never named: what a writer leaves that dies before its commit."""
    for number in range(files):
        lance.fragment.write_fragments(rows(9000 + number * 50, 50), str(path))


def leave_orphans_of_nobody(path):
    """A file in the folder of data files that is no data file at all."""
    (pathlib.Path(path) / "data" / "0123456789abcdef.lance").write_bytes(bytes(1000))


def leave_as_a_killed_writer(path):
    """The same by one that is killed."""
    program = "import os, signal, sys; from support import foreign; foreign.leave_orphans(sys.argv[1]); os.kill(os.getpid(), signal.SIGKILL)"
    tests = pathlib.Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True,
                          env={**os.environ, "PYTHONPATH": str(tests)})
    assert done.returncode == -9, done.stderr


def bytes_of(path):
    return sum(file.lstat().st_size for file in pathlib.Path(path).rglob("*") if not file.is_dir())


def newest_manifest(path):
    return min((pathlib.Path(path) / "_versions").glob("*.manifest"))  # names count down


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def assert_lancedb_is_content(path, indexes=("id_idx", "text_idx", "vector_idx"), count=400):
    """It opens the table, finds nothing wrong, reads, searches, and writes."""
    lance.dataset(str(path)).validate()
    table = open_table(path)
    assert table.count_rows() == table.to_arrow().num_rows == count
    assert {index.name for index in table.list_indices()} == set(indexes)
    assert len(table.search(np.full(DIM, 0.5, np.float32), vector_column_name="vector").limit(5).to_list()) == 5
    ids = table.search().select(["id"]).limit(count).to_arrow()["id"].to_pylist()
    assert len(set(ids)) == count
    for some in ids[:: count // 5]:
        assert [row["id"] for row in table.search().where(f"id = '{some}'").to_list()] == [some]
    if "text_idx" in indexes:
        assert table.search("w7", query_type="fts").limit(5).to_list()
    before = table.count_rows()
    table.add(rows(50_000, 8))
    table.delete("id = 'id50000'")
    table.optimize()
    assert table.count_rows() == before + 7
    lance.dataset(str(path)).validate()
