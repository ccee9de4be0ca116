"""Our compaction and pruning as others see them, and what is theirs stays."""
import lance
import pytest

from support import rows, trees


@pytest.fixture
def index(squire, stub, tree):
    """Six versions, deleted rows in most fragments."""
    paths = trees.make(tree, 30)
    squire.run("index", tree, *stub.options)
    for number in range(5):
        for path in paths[number * 3:number * 3 + 3]:
            trees.write(tree, path, trees.content(number + 1, path))
        squire.run("index", tree)
    return tree


def test_compacted_and_pruned(squire, index):
    path = rows.table_path(index)
    before = rows.assert_sound(squire, path)
    stats = squire.json("compact", path)
    assert stats["fragments_before"] > stats["fragments_after"] == 1 and stats["rows_dropped"] > 0
    rows.assert_equal_indexes(rows.assert_sound(squire, path), before)
    told = squire.json("prune", path, "--dry-run")
    assert len(lance.dataset(str(path)).versions()) > 1
    done = squire.json("prune", path)
    assert told.pop("would_free_bytes") == done["freed_bytes"]
    assert {**told, "dry_run": False, "freed_bytes": done["freed_bytes"]} == done and done["versions_removed"] > 0 and done["bytes_freed"] > 0
    rows.assert_equal_indexes(rows.assert_sound(squire, path), before)
    assert len(lance.dataset(str(path)).versions()) == 1
    info = squire.json("table", "info", path)
    assert info["bytes_on_disk"] <= info["live_bytes"] * 1.2 + 64 * 1024
    assert squire.json("index", index)["commits"] == 0
    rows.clean_up(path)
    rows.assert_equal_indexes(rows.assert_sound(squire, path), before)


def test_pylance_writes_after_our_compaction(squire, stub, index, tmp_path):
    path = rows.table_path(index)
    squire.run("compact", path)
    lance.dataset(str(path)).delete("start_line > 10")
    rows.assert_sound(squire, path)
    squire.run("compact", path)
    squire.run("prune", path)
    rows.assert_sound(squire, path)
    squire.run("index", index)
    rows.assert_equal_indexes(rows.assert_sound(squire, path), rows.fresh_rows(squire, stub, index, tmp_path / "fresh"))


def test_a_tagged_version_stays(squire, index):
    path = rows.table_path(index)
    dataset = lance.dataset(str(path))
    tagged = dataset.versions()[2]["version"]
    expected = rows.by_lance(path, version=tagged)
    dataset.tags.create("kept", tagged)
    squire.run("compact", path)
    squire.run("prune", path)
    left = [v["version"] for v in lance.dataset(str(path)).versions()]
    assert tagged in left and len(left) == 2
    rows.assert_same_rows(rows.by_lance(path, version="kept"), expected)
    lance.dataset(str(path), version="kept").validate()
    rows.assert_sound(squire, path)
    lance.dataset(str(path)).tags.delete("kept")
    squire.run("prune", path)
    assert tagged not in [v["version"] for v in lance.dataset(str(path)).versions()]
    rows.assert_sound(squire, path)


def test_a_branch_stays(squire, index):
    path = rows.table_path(index)
    dataset = lance.dataset(str(path))
    older = dataset.versions()[1]["version"]
    expected = rows.by_lance(path, version=older)
    lance.dataset(str(path), version=older).create_branch("side", older)
    squire.run("compact", path, code=None)
    squire.run("prune", path, code=None)
    branch = lance.dataset(str(path)).checkout_version(("side", None))
    assert branch.count_rows() == len(expected)
    assert branch.to_table(columns=["text"])["text"].to_pylist() == [row["text"] for row in expected]
    rows.assert_sound(squire, path)


def test_files_of_a_writer_under_way_stay(squire, index):
    """A young file that no version names may be another writer's: only a week makes it rubbish."""
    path = rows.table_path(index)
    young = path / "data" / "0123456789abcdef.lance"
    young.write_bytes(b"not finished")
    squire.run("prune", path)
    assert young.exists()
    rows.assert_sound(squire, path)
