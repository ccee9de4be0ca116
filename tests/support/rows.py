"""Rows of a chunk table, by us and by others, and what makes two indexes equal."""
import datetime
import json

import lance
import numpy as np

TEXT_COLUMNS = ["id", "path", "start_line", "end_line", "kind", "name", "lang", "text", "content_hash", "file_hash",
                "frontmatter"]


def table_path(tree_or_db):
    inner = tree_or_db / ".squire" / "chunks.lance"
    return inner if inner.exists() else tree_or_db / "chunks.lance"


def by_lance(path, version=None):
    """The table's rows, in its order, as pylance reads them: a list of dicts, vectors as float32 arrays."""
    table = lance.dataset(str(path), version=version).to_table()
    rows = table.drop_columns(["vector"]).to_pylist()
    vectors = table.column("vector")
    for row, vector in zip(rows, vectors.to_pylist()):
        row["vector"] = None if vector is None else np.array(vector, dtype=np.float32)
    return rows


def by_squire(squire, path):
    """The same by `squire table scan --json`."""
    rows = squire.json_lines("table", "scan", path)
    for row in rows:
        # The digits round-trip a float32, so this is bit for bit what the table holds.
        row["vector"] = None if row["vector"] is None else np.array(row["vector"], dtype=np.float32)
    return rows


def assert_same_rows(ours, theirs):
    """Every column of every row, in order, vectors bit for bit."""
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs):
        assert mine.keys() == other.keys()
        for name in mine:
            if name == "vector":
                assert (mine[name] is None) == (other[name] is None)
                if mine[name] is not None:
                    assert np.array_equal(mine[name].view(np.uint32), other[name].view(np.uint32)), mine["id"]
            else:
                assert mine[name] == other[name], (mine["id"], name)


def assert_equal_indexes(rows, expected):
    """Equal as sets of rows: all columns, and vectors to cosine 0.999."""
    rows, expected = sorted(rows, key=lambda r: r["id"]), sorted(expected, key=lambda r: r["id"])
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids), f"ids twice: {sorted(i for i in set(ids) if ids.count(i) > 1)[:5]}"
    expected_ids = [row["id"] for row in expected]
    missing, extra = sorted(set(expected_ids) - set(ids)), sorted(set(ids) - set(expected_ids))
    assert not missing and not extra, f"missing {missing[:5]} of {len(missing)}, extra {extra[:5]} of {len(extra)}"
    for row, other in zip(rows, expected):
        for name in TEXT_COLUMNS:
            assert row[name] == other[name], (row["id"], name)
        a, b = row["vector"], other["vector"]
        assert a is not None and b is not None, row["id"]
        cosine = float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b))
        assert cosine >= 0.999, (row["id"], cosine)


def assert_paths_whole(rows):
    """No path has rows of two states of its file."""
    hashes = {}
    for row in rows:
        assert hashes.setdefault(row["path"], row["file_hash"]) == row["file_hash"], row["path"]


def assert_sound(squire, path):
    """Our verify and pylance's validate, and both read the same."""
    report = squire.json("verify", path, "--deep")
    assert report["problems"] == []
    lance.dataset(str(path)).validate()
    theirs = by_lance(path)
    assert report["rows"] == len(theirs) == squire.json("table", "count", path)["rows"]
    assert_same_rows(by_squire(squire, path), theirs)
    return theirs


def clean_up(path):
    """pylance removes every version but the newest and each file that nobody names, at once."""
    lance.dataset(str(path)).cleanup_old_versions(older_than=datetime.timedelta(0), delete_unverified=True)


def metadata(path):
    return {k.decode(): v.decode() for k, v in (lance.dataset(str(path)).schema.metadata or {}).items()}


def dump(rows):
    """For a message: rows without vectors."""
    return json.dumps([{k: v for k, v in row.items() if k != "vector"} for row in rows], indent=1)


def fresh_rows(squire, stub, tree, db):
    """The rows of a new index of the tree as it is, made beside its own."""
    squire.run("index", tree, "--db", db, *stub.options)
    return by_lance(table_path(db))
