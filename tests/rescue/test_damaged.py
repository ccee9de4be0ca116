"""Damage as disks and crashes do it, to tables that lancedb made: told by doctor and verify, mended by repair, and then
lancedb opens, validates, searches and writes. A dry run tells exactly what is done."""
import os
import shutil
import struct

import lance
import pyarrow as pa
import pytest

from support import foreign


def repair(squire, path, code=0):
    planned = squire.json("repair", path, "--dry-run", code=code)
    before = foreign.bytes_of(path)
    done = squire.json("repair", path, code=code)
    assert {**planned, "dry_run": False} == done
    assert foreign.bytes_of(path) >= before - 64, "nothing is deleted"  # the hint of the newest version may get shorter
    return done


def kinds(squire, path):
    return {problem["kind"] for problem in squire.json("doctor", path, code=4)["problems"] if problem["damage"]}


def test_a_torn_newest_manifest(squire, bloated):
    version = lance.dataset(str(bloated)).version
    foreign.cut(foreign.newest_manifest(bloated))
    with pytest.raises(Exception):
        foreign.open_table(bloated)
    assert kinds(squire, bloated) == {"torn_manifest"}
    assert squire.json("verify", bloated, code=4)["version"] == version - 1
    done = repair(squire, bloated)
    assert done["set_aside"] == [version] and done["version"] == version - 1 and done["lost_rows"] == 0
    assert squire.json("verify", bloated, "--deep")["problems"] == []
    foreign.assert_lancedb_is_content(bloated)
    squire.run("prune", bloated, "--unverified")
    assert squire.json("verify", bloated, "--deep")["problems"] == []


def test_a_torn_commit_tells_the_rows_that_it_added(squire, bloated):
    foreign.open_table(bloated).add(foreign.rows(6000, 12))
    manifest = foreign.newest_manifest(bloated)
    manifest.write_bytes(b"")
    assert repair(squire, bloated)["lost_rows"] == 12
    foreign.assert_lancedb_is_content(bloated)


def test_torn_old_manifests(squire, bloated):
    names = sorted((bloated / "_versions").glob("*.manifest"))
    for name in names[3:6]:
        foreign.cut(name)
    assert len(repair(squire, bloated)["set_aside"]) == 3
    foreign.assert_lancedb_is_content(bloated)


@pytest.mark.parametrize("how", ["unlink", "cut", "overwrite"])
def test_a_lost_data_file(squire, bloated, how):
    dataset = lance.dataset(str(bloated))
    fragment = max(dataset.get_fragments(), key=lambda f: f.count_rows())
    lost = fragment.count_rows()
    file = bloated / "data" / fragment.data_files()[0].path
    if how == "unlink":
        file.unlink()
    elif how == "cut":
        foreign.cut(file)
    else:
        file.write_bytes(os.urandom(file.stat().st_size))
    assert squire.json("verify", bloated, code=4)["problems"]
    done = repair(squire, bloated)
    assert done["lost_rows"] == lost and done["version"] == dataset.version + 1
    assert [each["fragment"] for each in done["fragments"]] == [fragment.fragment_id] and done["fragments"][0]["why"]
    assert squire.json("verify", bloated, "--deep")["problems"] == []
    foreign.assert_lancedb_is_content(bloated, count=400 - lost)


def test_lost_deletions_bring_rows_back(squire, bloated):
    table = foreign.open_table(bloated)
    table.optimize()
    table.delete("path = 'p3'")
    table.delete("path = 'p4'")
    newest = max((bloated / "_deletions").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    newest.unlink()
    done = repair(squire, bloated)
    assert done["restored_rows"] == 4 and done["lost_rows"] == 0 and done["corrected"]
    assert lance.dataset(str(bloated)).count_rows("path = 'p3'") == 0
    assert squire.json("verify", bloated, "--deep")["problems"] == []
    foreign.assert_lancedb_is_content(bloated, count=396)


@pytest.mark.parametrize("name", ["id_idx", "text_idx", "vector_idx"])
def test_a_broken_index(squire, bloated, name):
    index = next(i for i in lance.dataset(str(bloated)).list_indices() if i["name"] == name)
    files = sorted((bloated / "_indices" / index["uuid"]).iterdir())
    foreign.cut(files[0]) if name != "text_idx" else shutil.rmtree(files[0].parent)
    assert squire.json("verify", bloated, code=4)["problems"]
    done = repair(squire, bloated)
    assert done["indexes"][0]["name"] == name and done["lost_rows"] == 0
    assert done["indexes"][0]["action"] == "rebuilt"
    assert squire.json("verify", bloated, "--deep")["problems"] == []
    foreign.assert_lancedb_is_content(bloated, indexes={"id_idx", "text_idx", "vector_idx"})


def test_an_index_that_names_other_rows(squire, bloated):
    """Whole files, and wrong: of an older version."""
    dataset = lance.dataset(str(bloated))
    uuid = next(i["uuid"] for i in dataset.list_indices() if i["name"] == "id_idx")
    folder = bloated / "_indices" / uuid
    ids = dataset.to_table(columns=["id"])["id"].to_pylist()
    data = (folder / "page_data.lance").read_bytes()
    old = next(each.encode() for each in ids if len(each) == 5 and each.encode() in data)
    (folder / "page_data.lance").write_bytes(data.replace(old, b"id!!!", 1))
    assert squire.json("verify", bloated)["problems"] == []
    assert "values" in squire.json("verify", bloated, "--deep", code=4)["problems"][0]
    assert repair(squire, bloated)["indexes"][0]["action"] == "rebuilt"
    foreign.assert_lancedb_is_content(bloated)


def break_lists_2_0(path, lists, items):
    """The column of items is shorter than the offsets of the lists say."""
    def varint(number):
        out = b""
        while number > 127:
            out, number = out + bytes([number & 127 | 128]), number >> 7
        return out + bytes([number])

    data = bytearray(path.read_bytes())
    column_table, = struct.unpack_from("<Q", data, len(data) - 32)
    at, size = struct.unpack_from("<QQ", data, column_table + 1 * 16)
    metadata, length = bytes(data[at:at + size]), b"\x18" + varint(items)
    assert metadata.count(length) == 1
    data[at:at + size] = metadata.replace(length, b"\x18" + varint(items * 2 // 3))
    path.write_bytes(data)


def break_lists_2_2(path, lists, items):
    """Empty lists are said to hold an item: the levels tell of more values than there are."""
    data = bytearray(path.read_bytes())
    levels, rep_bytes, def_bytes = struct.unpack_from("<HHH", data, 64)
    assert levels > lists
    at = 64 + 16 + (rep_bytes + 7) // 8 * 8
    data[at:at + def_bytes] = bytes(def_bytes)
    path.write_bytes(data)


@pytest.mark.parametrize("version, broken", [("2.0", break_lists_2_0), ("2.2", break_lists_2_2)])
@pytest.mark.parametrize("nullable", [True, False], ids=["nullable", "required"])
def test_a_list_column_whose_offsets_pass_its_values(squire, tmp_path, version, broken, nullable):
    count, path = 2000, tmp_path / "lists.lance"
    lists = [[i] * 5 if i % 4 != 3 else [] for i in range(count)]
    schema = pa.schema([pa.field("numbers", pa.list_(pa.int32()), nullable), pa.field("id", pa.int64())])
    lance.write_dataset(pa.table([lists, list(range(count))], schema=schema), path, data_storage_version=version)
    lance.write_dataset(pa.table([lists, list(range(count, 2 * count))], schema=schema), path, mode="append")
    first = path / "data" / lance.dataset(str(path)).get_fragments()[0].data_files()[0].path
    broken(first, count, sum(map(len, lists)))
    with pytest.raises(Exception):
        lance.dataset(str(path)).to_table()
    assert squire.json("verify", path)["problems"] == []
    assert "numbers" in squire.json("verify", path, "--deep", code=4)["problems"][0]
    done = repair(squire, path)
    assert done["lost_rows"] == 0 and 0 < done["lost_values"] < count
    assert [(column["fragment"], column["column"]) for column in done["columns"]] == [(0, "numbers")]
    dataset = lance.dataset(str(path))
    dataset.validate()
    table = dataset.to_table()
    assert table["id"].to_pylist() == list(range(2 * count))
    numbers = table["numbers"].to_pylist()
    assert numbers[count:] == lists
    if nullable:
        assert numbers.count(None) == done["lost_values"]
    kept = [pair for pair in zip(numbers[:count], lists) if pair[0] not in (None, [])]
    assert len(kept) > count // 4 and all(mine == theirs for mine, theirs in kept), "what can be read is as it was"
    dataset.optimize.compact_files()
    assert lance.dataset(str(path)).to_table()["numbers"].to_pylist() == numbers
    assert squire.json("verify", path, "--deep")["problems"] == []


def test_old_versions_are_still_named_by_nobody_else(squire, bloated):
    """What a repair leaves behind goes by prune, and not before."""
    fragment = lance.dataset(str(bloated)).get_fragments()[0]
    (bloated / "data" / fragment.data_files()[0].path).unlink()
    squire.run("repair", bloated)
    assert squire.json("verify", bloated)["notes"]
    squire.run("prune", bloated)
    assert squire.json("verify", bloated)["notes"] == []


def test_nothing_to_repair(squire, bloated):
    done = repair(squire, bloated)
    assert not done["repaired"] and done["version"] == lance.dataset(str(bloated)).version


def test_no_version_can_be_read(squire, bloated):
    for manifest in (bloated / "_versions").glob("*.manifest"):
        manifest.write_bytes(b"gone")
    assert squire.json("repair", bloated, code=4)["error"]["code"] == "Corruption"
    assert kinds(squire, bloated) >= {"no_version", "torn_manifest"}
    assert squire.json("verify", bloated, code=4)["version"] == 0
