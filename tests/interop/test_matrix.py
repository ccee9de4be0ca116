"""Types by file versions by clients: what one writes the other reads, every value equal, and goes on from there."""
import lance
import lancedb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import types_of_columns as types

VERSIONS = ["2.0", "2.1", "2.2"]
SIZES = [5, 300, pytest.param(3000, marks=pytest.mark.full)]


def ours(path):
    import squire

    return squire.connect(path.parent).open_table(path.stem)


def assert_equal(got, want):
    """Every value of every column, NaN and all, told apart by column."""
    assert got.num_rows == want.num_rows
    assert set(got.column_names) == set(want.column_names)
    for name in want.column_names:
        assert got[name].to_pylist() == want[name].to_pylist(), name
    got.validate(full=True)


def make(path, client, table, version):
    if client == "pylance":
        lance.write_dataset(table, path, data_storage_version=version)
    else:
        db = lancedb.connect(str(path.parent))
        db.create_table(path.stem, table, on_bad_vectors="null", storage_options={"new_table_data_storage_version": version})


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client", ["pylance", "lancedb"])
def test_theirs_is_read_and_continued(tmp_path, client, version, rows):
    table = types.table(rows, version)
    path = tmp_path / "t.lance"
    make(path, client, table, version)
    mine = ours(path)
    assert_equal(mine.to_arrow(), table)
    more = types.table(rows // 2 + 1, version, seed=7)
    mine.add(more)
    both = pa.concat_tables([table, more])
    assert_equal(mine.to_arrow(), both)
    theirs = lance.dataset(path)
    theirs.validate()
    assert_equal(theirs.to_table(), both)
    places = [0, rows - 1, rows, both.num_rows - 1]
    assert_equal(mine.take(places), both.take(places))
    assert_equal(theirs.take(places), both.take(places))
    mine.delete("id = 'row-000001'")
    theirs = lance.dataset(path)
    theirs.delete("id = 'row-000002'")
    mine.checkout_latest()
    kept = both.filter(pc.invert(pc.is_in(both["id"], pa.array(["row-000001", "row-000002"]))))
    assert_equal(mine.to_arrow(), kept)
    assert_equal(theirs.to_table(), kept)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("version", VERSIONS)
def test_ours_is_rewritten_by_both(tmp_path, version, rows):
    """Compaction decodes and encodes every page: theirs of ours, then ours of theirs."""
    table = types.table(rows, version)
    path = tmp_path / "t.lance"
    lance.write_dataset(table.slice(0, 1), path, data_storage_version=version)
    for first in range(1, rows, max(1, rows // 3)):
        ours(path).add(table.slice(first, max(1, rows // 3)))
    assert_equal(lance.dataset(path).to_table(), table)
    lance.dataset(path).optimize.compact_files(target_rows_per_fragment=10**6)
    assert_equal(ours(path).to_arrow(), table)
    ours(path).add(table)
    mine = ours(path)
    mine.compact()
    lance.dataset(path).validate()
    assert_equal(lance.dataset(path).to_table(), pa.concat_tables([table, table]))


@pytest.mark.parametrize("version", ["2.1", "2.2"])
def test_pages_of_every_length(tmp_path, version):
    """Rows around the borders of chunks and blocks."""
    for rows in (1, 2, 63, 64, 65, 1023, 1024, 1025, 2049):
        numbers = pa.array(range(rows), pa.int32())
        table = pa.table({
            "n": numbers,
            "null": pa.array([None if i % 2 else i for i in range(rows)], pa.int64()),
            "text": pa.array([f"text {i * i}" for i in range(rows)]),
            "list": pa.array([[i] * (i % 4) for i in range(rows)], pa.list_(pa.int32())),
        })
        path = tmp_path / f"{rows}.lance"
        lance.write_dataset(table, path, data_storage_version=version)
        assert_equal(ours(path).to_arrow(), table)
        ours(path).add(table)
        assert_equal(lance.dataset(path).to_table(), pa.concat_tables([table, table]))


def test_stable_row_ids(tmp_path):
    path = tmp_path / "t.lance"
    lance.write_dataset(pa.table({"id": range(5)}), path, enable_stable_row_ids=True)
    mine = ours(path)
    mine.add(pa.table({"id": range(5, 9)}))
    mine.delete("id = 6")
    mine.upsert("id", pa.table({"id": [1, 7]}))
    theirs = lance.dataset(path)
    theirs.validate()
    rows = theirs.to_table(with_row_id=True)
    assert rows["id"].to_pylist() == [0, 2, 3, 4, 5, 8, 1, 7]
    assert rows["_rowid"].to_pylist() == [0, 2, 3, 4, 5, 8, 9, 10], "new rows have new ids, others keep theirs"
    lance.write_dataset(pa.table({"id": [100]}), path, mode="append")
    lance.dataset(path).optimize.compact_files()
    assert sorted(ours(path).to_arrow()["id"].to_pylist()) == [0, 1, 2, 3, 4, 5, 7, 8, 100]


def test_older_names_of_manifests(tmp_path):
    path = tmp_path / "t.lance"
    lance.write_dataset(pa.table({"id": range(5)}), path, enable_v2_manifest_paths=False)
    mine = ours(path)
    mine.add(pa.table({"id": [7]}))
    mine.delete("id = 3")
    assert {p.name for p in (path / "_versions").glob("*.manifest")} == {"1.manifest", "2.manifest", "3.manifest"}
    theirs = lance.write_dataset(pa.table({"id": [9]}), path, mode="append")
    assert theirs.version == 4 and theirs.to_table()["id"].to_pylist() == [0, 1, 2, 4, 7, 9]
    assert ours(path).to_arrow()["id"].to_pylist() == [0, 1, 2, 4, 7, 9]


def test_unknown_column_types_refuse_only_their_column(tmp_path):
    import squire

    path = tmp_path / "t.lance"
    table = pa.table({"id": range(3), "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64()))})
    lance.write_dataset(table, path)
    mine = ours(path)
    assert mine.scan(columns=["id"]).read_all()["id"].to_pylist() == [0, 1, 2]
    with pytest.raises(squire.Error) as refused:
        mine.scan(columns=["map"]).read_all()
    assert refused.value.code == "Unsupported" and "map" in str(refused.value)


@pytest.mark.parametrize("values", [pa.string(), pa.large_binary()], ids=str)
@pytest.mark.parametrize("keys", [pa.int8(), pa.uint16(), pa.int32(), pa.int64()], ids=str)
@pytest.mark.parametrize("version", VERSIONS)
def test_dictionary_columns_stay_what_they_are(tmp_path, version, keys, values):
    import squire

    path = tmp_path / "t.lance"
    texts = pa.array(["a", "b", None, "a"]).cast(values)
    column = texts.dictionary_encode().cast(pa.dictionary(keys, values))
    lance.write_dataset(pa.table({"d": column, "id": range(4)}), path, data_storage_version=version)
    mine = ours(path)
    assert mine.to_arrow()["d"].to_pylist() == texts.to_pylist()
    for number, more in enumerate([column, texts, pa.nulls(3, values), pa.array(["x"] * 2000).cast(values)]):
        mine.add(pa.table({"d": more, "id": pa.array([10 + number] * len(more))}))
    mine.delete("id = 1")
    want = ["a", None, "a", "a", "b", None, "a", "a", "b", None, "a", None, None, None] + ["x"] * 2000
    want = pa.array(want).cast(values).to_pylist()
    mine.compact()
    assert mine.to_arrow()["d"].to_pylist() == want
    theirs = lance.dataset(path)
    theirs.validate()
    assert theirs.schema.field("d").type == pa.dictionary(keys, values)
    assert theirs.to_table()["d"].to_pylist() == want
    if keys == pa.int8():
        many = pa.array([f"{i}" for i in range(200)]).cast(values)
        with pytest.raises(squire.Error) as refused:
            mine.add(pa.table({"d": many, "id": pa.array(range(200))}))
        assert refused.value.code == "OverBudget" and "column 'd'" in str(refused.value)
