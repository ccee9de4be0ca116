"""First aid from Python: dicts like the command line's JSON, on tables that need not open."""
import datetime
import shutil

import pyarrow as pa
import pytest
import squire as squire_module

from support import foreign


@pytest.fixture
def path(tmp_path):
    table = squire_module.connect(str(tmp_path)).create_table("notes", pa.table({"id": list(range(100))}))
    for number in range(5):
        table.delete_keys("id", [number])
    table.close()
    foreign.leave_orphans_of_nobody(tmp_path / "notes.lance")
    return tmp_path / "notes.lance"


def test_like_the_commands(squire, path, tmp_path):
    assert squire_module.doctor(path) == squire.json("doctor", path)
    assert squire_module.verify(path, deep=True) == squire.json("verify", path, "--deep")
    assert squire_module.repair(path, dry_run=True) == squire.json("repair", path, "--dry-run")
    for options, flags in (({}, []), ({"keep": 2}, ["--keep", 2]), ({"unverified": True}, ["--unverified"]),
                           ({"older_than": datetime.timedelta(days=7)}, ["--older-than", "7d"])):
        assert squire_module.prune(path, dry_run=True, **options) == squire.json("prune", path, "--dry-run", *flags)
    assert squire_module.find_tables(tmp_path) == [str(path)]


def test_a_torn_manifest(squire, path, tmp_path):
    copy = shutil.copytree(path, tmp_path / "copy.lance")
    for each in (path, copy):
        foreign.cut(foreign.newest_manifest(each))
    with pytest.raises(squire_module.CorruptionError):
        squire_module.connect(str(tmp_path)).open_table("notes")
    assert squire_module.verify(path)["problems"]
    mine, theirs = squire_module.repair(path), squire.json("repair", copy)
    assert {**mine, "table": ""} == {**theirs, "table": ""} and mine["set_aside"] == [mine["version"] + 1]
    assert squire_module.verify(path, deep=True)["problems"] == []
    freed = squire_module.prune(path, unverified=True)["freed_bytes"]
    assert freed > 0 and squire_module.doctor(path)["bytes"]["orphans"] == 0
    assert squire_module.connect(str(tmp_path)).open_table("notes").count_rows() == 96


def test_what_is_no_table(tmp_path):
    for call in (squire_module.doctor, squire_module.prune, squire_module.verify, squire_module.repair,
                 squire_module.find_tables):
        with pytest.raises(squire_module.NotFoundError):
            call(tmp_path)
