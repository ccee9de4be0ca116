"""Who may commit beside whom: the second of two writers that began at one version, ours and pylance's either way."""
import pathlib
import subprocess
import sys

import lance
import pyarrow as pa
import pytest

from test_matrix import ours

OK, CONFLICT = "ok", "conflict"
ROWS = 100


def table(path):
    data = pa.table({"id": pa.array(range(ROWS), pa.int64()), "x": pa.array(["x"] * ROWS)})
    lance.write_dataset(data.slice(0, 50), path)
    lance.write_dataset(data.slice(50), path, mode="append")


def rows(first, count):
    return pa.table({"id": pa.array(range(first, first + count), pa.int64()), "x": pa.array(["new"] * count)})


# What ours does as the second writer, with a handle of the version before the first one's commit.
OURS = {
    "append": lambda t: t.add(rows(1000, 3)),
    "delete": lambda t: t._native.delete("id = 1"),
    "delete_same": lambda t: t._native.delete("id = 2"),
    "update": lambda t: t._native.update("id = 1", [("x", "'changed'")]),
    "compact": lambda t: t._native.compact(),
    "add_column": lambda t: t._native.add_columns([("y", "id + 1")], None),
    "overwrite": lambda t: t.add(rows(0, 5), mode="overwrite"),
    "restore": lambda t: t.restore(1),
}
# What pylance did first; each touches row 2 where it deletes or updates.
THEIRS = {
    "append": lambda d, p: lance.write_dataset(rows(500, 5), p, mode="append"),
    "delete": lambda d, p: d.delete("id = 2"),
    "update": lambda d, p: d.update({"x": "'theirs'"}, where="id = 2"),
    "merge": lambda d, p: d.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(
        pa.table({"id": pa.array([2, 700], pa.int64()), "x": ["m", "m"]})),
    "compact": lambda d, p: d.optimize.compact_files(),
    "index": lambda d, p: d.create_scalar_index("id", "BTREE"),
    "add_column": lambda d, p: d.add_columns({"z": "id * 2"}),
    "config": lambda d, p: d.update_config({"a": "b"}),
}
#: first -> the seconds that cannot be laid over it; the others can. Operations of ours that look again after a conflict
#: (delete, update) are none, nor is compaction: rows deleted meanwhile are deleted where they are now, and what others
#: rewrote is left to them.
REFUSED = {
    "append": {"add_column"},
    "delete": set(),
    "update": {"add_column"},
    "merge": {"add_column"},
    "compact": {"add_column"},
    "index": set(),
    "add_column": {"add_column"},
    "config": set(),
}


@pytest.mark.parametrize("second", OURS)
@pytest.mark.parametrize("first", THEIRS)
def test_ours_second(tmp_path, first, second):
    import squire

    path = tmp_path / "t.lance"
    table(path)
    late = ours(path)
    late.count_rows()
    THEIRS[first](lance.dataset(path), str(path))
    before = lance.dataset(path).to_table(columns=["id"])["id"].to_pylist()
    try:
        OURS[second](late)
        outcome = OK
    except squire.Error as error:
        assert error.code in ("Conflict", "Unsupported"), error
        outcome = CONFLICT
    assert outcome == (CONFLICT if second in REFUSED[first] else OK)
    theirs = lance.dataset(path)
    theirs.validate()
    ids = theirs.to_table(columns=["id"])["id"].to_pylist()
    if second in ("overwrite", "restore"):
        return
    expected = set(before)
    if outcome == OK:
        expected |= {1000, 1001, 1002} if second == "append" else set()
        expected -= {1} if second == "delete" else {2} if second == "delete_same" else set()
    assert sorted(ids) == sorted(expected), "no row lost, none twice"
    if first == "update" and second not in ("delete_same",):
        assert theirs.to_table(filter="id = 2")["x"].to_pylist() == ["theirs"]


@pytest.mark.parametrize("made_by", ["squire", "lancedb"])
def test_a_handle_of_lancedb_writes_on_beside_ours(tmp_path, made_by):
    """Versions of ours have what its older library lays its own over: a file of their transaction."""
    import lancedb
    import squire

    db, theirs = squire.connect(tmp_path), lancedb.connect(tmp_path)
    (db if made_by == "squire" else theirs).create_table("t", rows(0, 10))
    table, late = db.open_table("t"), theirs.open_table("t")
    for i in range(4):
        table.add(rows(100 + i, 1))
        late.add(rows(200 + i, 1))
    table.update(where="id = 0", values={"x": "ours"})
    late.delete("id = 1")
    table.delete("id = 2")
    late.merge_insert("id").when_not_matched_insert_all().execute(rows(300, 1))
    table.compact()
    late.add(rows(301, 1))
    ids = sorted(db.open_table("t").to_arrow()["id"].to_pylist())
    assert ids == [0, *range(3, 10), *range(100, 104), *range(200, 204), 300, 301]
    assert sorted(theirs.open_table("t").to_arrow()["id"].to_pylist()) == ids


WRITER = """
import sys; sys.path.insert(0, sys.argv[5])
import pyarrow as pa
who, path, number, commits = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for i in range(commits):
    key = number * 100_000 + i
    row = pa.table({"id": pa.array([key], pa.int64()), "x": ["race"]})
    if who == "ours":
        import pathlib, squire
        table = squire.connect(pathlib.Path(path).parent).open_table(pathlib.Path(path).stem)
        table.add(row)
        if i % 5 == 4:
            table.delete(f"id = {key - 2}")
        if i % 7 == 6:
            table.upsert("id", row)
    else:
        import lance
        lance.write_dataset(row, path, mode="append")
        if i % 5 == 4:
            lance.dataset(path).delete(f"id = {key - 2}")
"""


@pytest.mark.parametrize("commits", [6, pytest.param(60, marks=pytest.mark.full)])
def test_four_processes_race(tmp_path, commits):
    import squire

    module = pathlib.Path(squire.__file__).parents[1]
    path = tmp_path / "t.lance"
    table(path)
    started = [subprocess.Popen([sys.executable, "-c", WRITER, who, str(path), str(number), str(commits), str(module)],
                                stderr=subprocess.PIPE, text=True)
               for number, who in enumerate(["ours", "ours", "pylance", "pylance"], start=1)]
    for process in started:
        _, talk = process.communicate(timeout=400)
        assert process.returncode == 0, talk[-2000:]
    expected = set(range(ROWS))
    for number in range(1, 5):
        keys = {number * 100_000 + i for i in range(commits)}
        expected |= keys - {number * 100_000 + i - 2 for i in range(commits) if i % 5 == 4}
    theirs = lance.dataset(path)
    theirs.validate()
    assert sorted(theirs.to_table()["id"].to_pylist()) == sorted(expected), "no row lost, none twice"
    assert sorted(ours(path).to_arrow()["id"].to_pylist()) == sorted(expected)
