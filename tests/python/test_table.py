"""The module by itself: life of tables, data of every kind, versions, reads and writes, what they return."""
import array
import datetime
import gc
import os
import threading
from datetime import timedelta

import lance
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import squire

ROWS = [{"id": i, "name": f"n{i}", "vector": [float(i), 1.0]} for i in range(5)]
WIDE = pa.schema([("id", pa.int64()), ("name", pa.string()), ("vector", pa.list_(pa.float32(), 2))])


def ids(table):
    return sorted(row["id"] for row in table.search().select(["id"]).to_list())


def as_arrow():
    return pa.Table.from_pylist(ROWS, schema=WIDE)


@pytest.mark.parametrize("make", [
    lambda: ROWS,
    lambda: {"id": list(range(5)), "name": [f"n{i}" for i in range(5)],
             "vector": np.array([[i, 1] for i in range(5)], np.float64)},
    as_arrow,
    lambda: as_arrow().to_batches()[0],
    lambda: as_arrow().to_reader(),
    lambda: as_arrow().to_batches(2),
    lambda: iter(as_arrow().to_batches(2)),
    lambda: pd.DataFrame({"id": range(5), "name": [f"n{i}" for i in range(5)], "vector": [np.array([i, 1.0]) for i in range(5)]}),
    lambda: pl.DataFrame(as_arrow()),
    lambda: pl.LazyFrame(as_arrow()),
    lambda: squire._native.Batch(as_arrow()),
], ids=["dicts", "columns", "table", "batch", "reader", "batches", "iterator", "pandas", "polars", "lazy", "capsule"])
def test_rows_of_every_kind_make_the_same_table(db, make):
    table = db.create_table("t", make())
    assert table.schema.names == WIDE.names
    assert table.schema.field("vector").type == WIDE.field("vector").type
    assert table.to_arrow().to_pylist() == as_arrow().to_pylist()
    table.add(make())
    assert table.count_rows() == 10


def test_a_schema_rules_the_types(db):
    schema = pa.schema([pa.field("id", pa.int16()), pa.field("at", pa.timestamp("us")), pa.field("note", pa.large_string())])
    table = db.create_table("t", schema=schema)
    assert table.version == 1 and table.schema == schema and len(table) == 0
    table.add([{"id": 7, "note": "x"}])
    assert table.to_arrow().to_pylist() == [{"id": 7, "at": None, "note": "x"}]
    for wrong in ([{"id": 70_000}], [{"id": 1.5}], [{"id": "x"}], [{"other": 1}], [5], 5, None, "text", []):
        with pytest.raises(squire.InvalidArgumentError):
            table.add(wrong)
    assert table.version == 2
    both = db.create_table("both", [{"id": 1}], schema=schema)
    assert both.schema == schema and both.count_rows() == 1


def test_columns_that_must_not_be_null(db):
    table = db.create_table("t", schema=pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("x", pa.int64())]))
    table.add([{"id": 1}])
    with pytest.raises(squire.InvalidArgumentError, match="'id'"):
        table.add([{"x": 1}])
    with pytest.raises(squire.InvalidArgumentError):
        table.add([{"id": None}])
    assert table.count_rows() == 1


@pytest.mark.parametrize("how, left", [("drop", [[1, 2]]), ("fill", [[1, 2], [9, 9], [9, 9]]), ("null", [[1, 2], None, None])])
def test_bad_vectors(db, how, left):
    rows = [{"vector": [1.0, 2.0]}, {"vector": [1.0, 2.0, 3.0]}, {"vector": [float("nan"), 1.0]}]
    table = db.create_table("t", rows[:1])
    with pytest.raises(squire.InvalidArgumentError, match="2 vectors"):
        table.add(rows)
    assert table.count_rows() == 1
    table.add(rows, mode="overwrite", on_bad_vectors=how, fill_value=9)
    assert table.to_arrow()["vector"].to_pylist() == left
    with pytest.raises(squire.InvalidArgumentError, match="on_bad_vectors"):
        table.add(rows, on_bad_vectors="guess")


def test_what_a_source_raises_comes_through_and_changes_nothing(db):
    def batches():
        yield as_arrow().to_batches()[0]
        raise KeyError("no more")

    table = db.create_table("t", ROWS)
    for call in (table.add, lambda data: table.upsert("id", data), lambda data: db.create_table("u", data)):
        with pytest.raises(KeyError, match="no more"):
            call(batches())
    assert table.version == 2 and "u" not in db
    assert os.listdir(db.uri) == ["t.lance"]


def test_life_of_tables(db):
    assert db.table_names() == [] and len(db) == 0 and "t" not in db
    table = db.create_table("t", ROWS)
    with pytest.raises(squire.AlreadyExistsError):
        db.create_table("t", ROWS)
    assert db.create_table("t", ROWS, exist_ok=True).count_rows() == 5
    with pytest.raises(squire.InvalidArgumentError):
        db.create_table("t", schema=pa.schema([("q", pa.int8())]), exist_ok=True)
    assert db.create_table("t", [{"x": 1}], mode="overwrite").schema.names == ["x"]
    table.checkout(2)
    assert ids(table) == list(range(5)), "the version before"
    for name in ("b", "a", "c"):
        db.create_table(name, ROWS)
    assert db.table_names(limit=2) == ["a", "b"] and db.table_names("b") == ["c", "t"]
    assert list(db) == ["a", "b", "c", "t"] and db.list_tables(limit=3).page_token == "c"
    db.rename_table("c", "z")
    assert "c" not in db and db["z"].name == "z"
    with pytest.raises(squire.AlreadyExistsError):
        db.rename_table("a", "b")
    db.drop_table("a")
    with pytest.raises(squire.NotFoundError):
        db.drop_table("a")
    db.drop_table("a", ignore_missing=True)
    db.drop_all_tables()
    assert db.table_names() == [] and os.listdir(db.uri) == []
    for name in ("", "a/b", "../x", "a b", "ä"):
        with pytest.raises(squire.InvalidArgumentError):
            db.create_table(name, ROWS)
    with pytest.raises(squire.UnsupportedError):
        squire.connect("s3://bucket/folder")


def test_closed_tables_and_context_managers(db):
    with db, db.create_table("t", ROWS) as table:
        assert len(table) == 5
    for call in (table.count_rows, table.to_arrow, lambda: table.add(ROWS), lambda: table.version, table.compact):
        with pytest.raises(squire.InvalidArgumentError, match="closed"):
            call()
    table.close()


def test_descriptors_are_given_back(db):
    def held():
        return len(os.listdir("/proc/self/fd"))

    table = db.create_table("t", ROWS)
    for _ in range(30):
        table.add(ROWS)
    before = held()
    for _ in range(5):
        db.open_table("t").to_arrow()
    gc.collect()
    assert held() <= before
    table.to_arrow()
    table.close()
    assert not any(db.uri in os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{n}") and os.path.exists(f"/proc/self/fd/{n}"))


def test_versions(db):
    table = db.create_table("t", ROWS[:2])
    table.add(ROWS[2:])
    versions = table.list_versions()
    assert [v["version"] for v in versions] == [1, 2, 3]
    assert [v["metadata"]["total_rows"] for v in versions] == ["0", "2", "5"]
    assert versions[0]["timestamp"] <= versions[1]["timestamp"]
    table.checkout(2)
    assert table.version == 2 and len(table) == 2
    for write in (lambda: table.add(ROWS), lambda: table.delete_keys("id", [1]), table.compact):
        with pytest.raises(squire.InvalidArgumentError, match="checked out"):
            write()
    with pytest.raises(squire.NotFoundError):
        table.checkout(99)
    assert len(table) == 2, "still there"
    table.checkout_latest()
    assert len(table) == 5
    assert db.open_table("t", version=2).count_rows() == 2


def test_reads_are_as_fresh_as_asked_for(tmp_path):
    writer = squire.connect(tmp_path).create_table("t", ROWS)
    still = squire.connect(tmp_path)["t"]
    fresh = squire.connect(tmp_path, read_consistency_interval=timedelta(0))["t"]
    lazy = squire.connect(tmp_path, read_consistency_interval=timedelta(hours=1))["t"]
    stream = still.scan()
    writer.add(ROWS)
    assert (len(still), len(fresh), len(lazy)) == (5, 10, 5)
    fresh.checkout(2)
    assert len(fresh) == 5, "what is checked out stays"
    still.add(ROWS)
    assert len(still) == 15, "a write begins on the newest version"
    assert stream.read_all().num_rows == 5, "a stream keeps its version"


def test_scan_is_a_stream_of_the_columns_asked_for(db):
    table = db.create_table("t", ROWS)
    table.delete_keys("id", [1])
    reader = table.scan(["name", "id"], batch_size=2, with_row_id=True)
    assert reader.schema.names == ["name", "id", "_rowid"]
    batches = list(reader)
    assert max(b.num_rows for b in batches) <= 2
    assert pa.Table.from_batches(batches).to_pylist() == [
        {"name": f"n{i}", "id": i, "_rowid": i} for i in (0, 2, 3, 4)]
    with pytest.raises(squire.NotFoundError, match="'nope'"):
        table.scan(["nope"])
    assert table.search().select({"key": "id"}).offset(1).limit(2).to_list() == [{"key": 2}, {"key": 3}]
    assert table.head(2)["id"].to_pylist() == [0, 2] and table.head(0).num_rows == 0


def test_takes_are_in_the_order_asked_for(db):
    table = db.create_table("t", ROWS)
    table.add([{"id": 9, "name": "n9", "vector": [0, 0]}])
    table.delete_keys("id", [0])
    assert table.take([4, 0, 4], ["id"])["id"].to_pylist() == [9, 1, 9]
    taken = table.take_offsets([2, 0]).select(["id"]).with_row_id().to_list()
    assert [row["id"] for row in taken] == [3, 1]
    assert table.take_row_ids([row["_rowid"] for row in taken]).to_arrow()["id"].to_pylist() == [3, 1]
    assert table.take([], ["id"]).num_rows == 0
    for places in ([5], [-1]):
        with pytest.raises(squire.InvalidArgumentError):
            table.take(places)
    with pytest.raises(squire.NotFoundError):
        table.take_row_ids([0]).to_arrow()


def test_keys_of_every_kind(db):
    table = db.create_table("t", [{"id": i, "name": f"n{i}"} for i in range(20)])
    assert table.delete_keys("id", [1, 1, 99, None]) == squire.DeleteResult(1, 3)
    assert table.delete_keys("id", np.array([2, 3])).num_deleted_rows == 2
    assert table.delete_keys("id", pa.array([4], pa.int8())).num_deleted_rows == 1
    assert table.delete_keys("id", pa.chunked_array([[5], [6]])).num_deleted_rows == 2
    assert table.delete_keys("id", (i for i in (7, 8))).num_deleted_rows == 2
    assert table.delete_keys("name", ["n9"]).num_deleted_rows == 1
    assert table.delete_keys("name", []) == squire.DeleteResult(0, table.version)
    for column, values in (("id", ["x"]), ("id", 5), ("name", "n10"), ("id", [1.5]), ("name", ["n10", 5]),
                           ("name", ["n10", "\ud800"])):
        with pytest.raises(squire.InvalidArgumentError):
            table.delete_keys(column, values)
    with pytest.raises(squire.NotFoundError):
        table.delete_keys("nope", [1])
    assert ids(table) == [0, *range(10, 20)]


def test_many_keys_in_one_version(db):
    keys = [f"key {i}" for i in range(200_000)]
    table = db.create_table("t", {"key": keys})
    before = table.version
    assert table.delete_keys("key", keys[::2]).num_deleted_rows == 100_000
    assert table.version == before + 1 and len(table) == 100_000


def test_upsert_replaces_all_rows_of_a_key(db):
    table = db.create_table("t", [{"file": f"f{i // 3}", "part": i % 3} for i in range(9)])
    before = table.version
    result = table.upsert("file", [{"file": "f1", "part": 7}, {"file": "new", "part": 0}, {"file": "new", "part": 1}])
    assert result == squire.MergeResult(before + 1, 0, 3, 3, 1, 3)
    rows = table.to_arrow().to_pylist()
    assert [r["part"] for r in rows if r["file"] == "f1"] == [7] and len(rows) == 9


def test_an_update_beside_another_writer_takes_no_rows_that_it_has_not_read(db):
    import squire

    table = db.create_table("t", pa.table({"id": [1, 2], "v": [0, 0]}))
    for values in ("values", "sql"):
        late = squire.connect(db.uri).open_table("t")
        late.count_rows()
        table.add(pa.table({"id": [3], "v": [7]}))
        native = late._native  # at the version before
        row = pa.table({"v": pa.array([5], pa.int64())})
        version, rows = native.set_values("v < 100", row) if values == "values" else native.update("v < 100", [("v", "5")])
        assert rows == late.count_rows() - 1, "those that were there"
        table.checkout_latest()
        assert sorted(table.to_arrow()["v"].to_pylist()) == [5] * rows + [7]
        table.update(where="id = 3", values={"v": 9})
        table.delete("id = 3")


def test_compact_prune_optimize(db):
    table = db.create_table("t", ROWS)
    for i in range(1, 11):
        table.upsert("id", [{"id": i, "name": f"again{i}", "vector": [0, i]}])
    want = sorted(map(str, table.to_arrow().to_pylist()))
    dry = table.prune(dry_run=True)
    assert dry.old_versions == table.stats().num_versions - 1
    stats = table.compact()
    assert stats.fragments_removed > 0 and stats.rows_dropped == 4
    assert table.optimize().prune.old_versions == 0, "nothing is a week old"
    assert not table.list_indices() and table.optimize(retrain=True), "no index, nothing to train"
    assert table.optimize(cleanup_older_than=timedelta(0)).prune.old_versions > 0
    stats = table.stats()
    assert stats["num_rows"] == 11 and stats.num_versions == 1 and stats["fragment_stats"]["num_fragments"] == 1
    assert sorted(map(str, table.to_arrow().to_pylist())) == want
    assert table.verify().problems == []
    leftover = os.path.join(db.uri, "t.lance", "data", "leftover.lance")
    open(leftover, "w").close()
    table.cleanup_old_versions()
    assert os.path.exists(leftover), "somebody may be writing it"
    table.prune(delete_unverified=True)
    assert not os.path.exists(leftover)


def test_threads_share_a_table(db):
    table = db.create_table("t", {"id": [0], "worker": [0]})
    errors = []

    def work(worker):
        try:
            for i in range(8):
                table.add([{"id": i, "worker": worker}])
                table.to_arrow()
                table.upsert("id", [{"id": 1000 + worker, "worker": worker}])
        except Exception as error:  # told below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(table) == 1 + 4 * 8 + 4


def test_writers_meet_and_go_on(tmp_path):
    """Two handles delete and replace the same rows in turn: each begins on what the other left."""
    one = squire.connect(tmp_path).create_table("t", ROWS)
    two = squire.connect(tmp_path)["t"]
    for _ in range(3):
        one.upsert("id", ROWS[:2])
        two.upsert("id", ROWS[:2])
        two.delete_keys("id", [4])
        one.add(ROWS[4:])
    one.checkout_latest()
    assert ids(one) == [0, 1, 2, 3, 4]
    assert lance.dataset(os.path.join(tmp_path, "t.lance")).validate() is None


def test_query_vectors_of_every_kind(db):
    table = db.create_table("t", ROWS)
    for query in ([3.0, 1.0], (3, 1), np.array([3, 1]), np.array([3, 1], np.float16), pa.array([3.0, 1.0]),
                  array.array("d", [3, 1]), np.array([[3, 1, 0, 0]])[0, :2]):
        assert table.search(query).limit(1).to_list()[0]["id"] == 3
    for wrong in (["x", "y"], [1.0], [1.0, float("nan")], 5):
        with pytest.raises(squire.InvalidArgumentError):
            table.search(wrong).limit(1).to_list()


def test_a_query_can_run_again(db):
    table = db.create_table("t", ROWS)
    for query in (table.search([[1.0, 1.0], [3.0, 1.0]]).limit(2).offset(1), table.search([1.0, 1.0]).limit(10**12),
                  table.search().limit(2)):
        assert query.to_list() == query.to_list() != []


def test_what_a_failed_create_did_not_make_stays(db):
    folder = os.path.join(db.uri, "t.lance")
    os.makedirs(folder)
    open(os.path.join(folder, "mine"), "w").close()
    with pytest.raises(KeyError):
        db.create_table("t", raising())
    assert os.path.exists(os.path.join(folder, "mine"))


def raising():
    yield as_arrow().to_batches()[0]
    raise KeyError


def test_values_of_every_type_are_set(db):
    table = db.create_table("t", schema=pa.schema([pa.field("id", pa.int64(), nullable=False), ("tags", pa.list_(pa.string())),
                                                   ("at", pa.timestamp("us")), ("pair", pa.struct([("a", pa.int8())]))]))
    table.add([{"id": 1}, {"id": 2}])
    at = datetime.datetime(2024, 2, 29, 1, 2, 3)
    assert table.update("id = 2", {"tags": ["x", None], "at": at, "pair": {"a": 7}}).rows_updated == 1
    assert table.search().where("id = 2").to_list() == [{"id": 2, "tags": ["x", None], "at": at, "pair": {"a": 7}}]
    for wrong in ({"id": None}, {"id": 1.5}, {"id": "x"}, {"pair": 5}, {"pair": {"a": 1000}}):
        with pytest.raises(squire.InvalidArgumentError):
            table.update(values=wrong)
    assert table.verify().problems == [] and len(table) == 2


def test_lancedb_and_pylance_open_what_was_written(db, theirs):
    import lancedb

    table = db.create_table("t", ROWS)
    table.upsert("id", [{"id": 2, "name": "new", "vector": [0, 0]}])
    other = lancedb.connect(db.uri).open_table("t")
    assert sorted(other.to_arrow()["name"].to_pylist()) == ["n0", "n1", "n3", "n4", "new"]
    other.add([{"id": 50, "name": "theirs", "vector": [1.0, 1.0]}])
    table.checkout_latest()
    assert "theirs" in table.to_arrow()["name"].to_pylist()
    made = theirs.create_table("m", ROWS)
    made.delete("id = 3")
    assert ids(squire.connect(theirs.uri)["m"]) == [0, 1, 2, 4]


def test_upkeep_can_be_left_off(db):
    """A table that nobody keeps: all versions and fragments stay, whoever writes, until somebody asks."""
    kept, left = db.create_table("kept", [{"id": 0}]), db.create_table("left", [{"id": 0}], upkeep=False)
    for number in range(1, 40):
        kept.add([{"id": number}])
        left.add([{"id": number}])
    assert left.stats().fragment_stats.num_fragments == 40 and len(left.list_versions()) == 41
    assert kept.stats().fragment_stats.num_fragments < 40 and len(kept.list_versions()) < 41
    assert left.stats().upkeep_versions == 0 < kept.stats().upkeep_versions
    assert not left.health().owned and kept.health().owned
    again = db.open_table("left")
    again.add([{"id": 40}])
    assert again.stats().fragment_stats.num_fragments == 41
    again.optimize()
    assert again.stats().fragment_stats.num_fragments == 1 and again.count_rows() == 41
