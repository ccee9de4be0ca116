"""What LanceDB bloated, explained and made small: as small as LanceDB itself could."""
import random
import shutil

import lance
import pyarrow as pa
import pytest

from support import foreign

PARTS = ("live", "old_versions", "orphans", "indexes", "manifests")


def assert_adds_up(report, path):
    assert report["bytes"]["total"] == foreign.bytes_of(path) == sum(report["bytes"][part] for part in PARTS)


def remedy(report, kind):
    return next((each for each in report["remedies"] if each["kind"] == kind), None)


def test_doctor_tells_where_the_bytes_are(squire, bloated):
    foreign.leave_orphans(bloated)
    before = foreign.bytes_of(bloated)
    report = squire.json("doctor", bloated)
    assert_adds_up(report, bloated)
    assert all(report["bytes"][part] > 0 for part in PARTS)
    assert report["rows"] == 400 and report["versions"] == len(lance.dataset(str(bloated)).versions())
    assert report["bytes"]["live"] == squire.json("table", "info", bloated)["live_bytes"]
    assert {problem["kind"] for problem in report["problems"]} >= {"old_versions", "orphans"}
    assert not any(problem["damage"] for problem in report["problems"])
    assert foreign.bytes_of(bloated) == before and not (bloated / "_squire").exists()
    text = squire.run("doctor", bloated).stdout
    assert "old versions" in text and f"squire prune {bloated}" in text


def test_each_remedy_frees_what_the_doctor_says(squire, bloated, tmp_path):
    foreign.leave_orphans(bloated)
    report = squire.json("doctor", bloated)
    for kind, options in (("prune", ()), ("prune_unverified", ("--unverified",))):
        copy = shutil.copytree(bloated, tmp_path / f"{kind}.lance")
        planned = squire.json("prune", copy, *options, "--dry-run")
        assert foreign.bytes_of(copy) == report["bytes"]["total"], "a dry run removes nothing"
        done = squire.json("prune", copy, *options)
        freed = report["bytes"]["total"] - foreign.bytes_of(copy)
        assert freed == done["freed_bytes"] == planned["would_free_bytes"] == remedy(report, kind)["bytes"]
        assert planned["freed_bytes"] == 0
        assert_adds_up(squire.json("doctor", copy), copy)


@pytest.mark.parametrize("indexes, compacts", [(True, False), (True, True), (False, True)],
                         ids=["indexed", "indexed_compacted", "plain_compacted"])
def test_as_small_as_lancedbs_own_clean(squire, bloated, tmp_path, indexes, compacts):
    if not indexes:
        bloated = foreign.make_bloated(tmp_path / "plain", changes=40, indexes=False, optimize_every=0) / "notes.lance"
    foreign.leave_orphans(bloated)
    theirs = shutil.copytree(bloated, tmp_path / "theirs" / "notes.lance")
    foreign.clean_fully(theirs)
    if compacts:  # what lies in many fragments is small only once it is
        squire.run("compact", bloated)
    squire.run("prune", bloated, "--unverified")
    assert foreign.bytes_of(bloated) <= 1.1 * foreign.bytes_of(theirs)
    assert squire.json("verify", bloated, "--deep")["problems"] == []
    if indexes:
        foreign.assert_lancedb_is_content(bloated)
    assert squire.json("verify", bloated, "--deep")["problems"] == []


def test_versions_that_are_asked_for_stay(squire, bloated):
    dataset = lance.dataset(str(bloated))
    newest, tagged = dataset.version, dataset.version - 30
    dataset.tags.create("held", tagged)
    assert squire.json("prune", bloated, "--older-than", "7d")["freed_bytes"] == 0
    squire.run("prune", bloated, "--keep", 3, "--unverified")
    left = [version["version"] for version in lance.dataset(str(bloated)).versions()]
    assert left == [tagged, newest - 2, newest - 1, newest]
    for version in left:
        lance.dataset(str(bloated), version=version).validate()
        assert lance.dataset(str(bloated), version=version).to_table().num_rows in (396, 400)


def test_beside_its_owner(squire, bloated):
    """Somebody's handle stays open: it goes on to read and write once it looks for the newest version."""
    table = foreign.open_table(bloated)
    table.add(foreign.rows(7000, 4))
    squire.run("prune", bloated)
    table.checkout_latest()
    table.delete("id = 'id7000'")
    table.add(foreign.rows(8000, 4))
    assert table.count_rows() == 407
    assert squire.json("doctor", bloated)["rows"] == 407
    assert squire.json("verify", bloated, "--deep")["problems"] == []


def test_a_folder_of_tables(squire, bloated, tmp_path):
    folder = bloated.parent
    shutil.copytree(bloated, folder / "deeper" / "more.lance")
    foreign.open_table(bloated)
    reports = squire.json("doctor", folder)
    assert [report["table"] for report in reports] == [str(folder / "deeper" / "more.lance"), str(bloated)]
    for report in reports:
        assert_adds_up(report, report["table"])
    assert [report["problems"] for report in squire.json("verify", folder, "--deep")] == [[], []]
    foreign.cut(foreign.newest_manifest(bloated))
    reports = squire.json("verify", folder, code=4)
    assert [bool(report["problems"]) for report in reports] == [False, True]
    assert [report["set_aside"] for report in squire.json("repair", folder)] == [[], [reports[1]["version"] + 1]]
    assert all(report["freed_bytes"] > 0 for report in squire.json("prune", folder, "--unverified"))
    text = squire.run("verify", folder, "--progress", "plain")
    assert text.stdout.count("sound") == 2 and "table 2 of 2" in text.stderr
    (tmp_path / "empty").mkdir()
    assert squire.json("doctor", tmp_path / "empty", code=7)["error"]["code"] == "NotFound"


@pytest.mark.full
def test_what_a_killed_writer_leaves(squire, bloated):
    before = foreign.bytes_of(bloated)
    foreign.leave_as_a_killed_writer(bloated)
    left = foreign.bytes_of(bloated) - before
    report = squire.json("doctor", bloated)
    assert report["bytes"]["orphans"] == left > 0
    assert squire.json("prune", bloated, "--keep", 1000)["freed_bytes"] == 0, "another writer may be at work"
    assert squire.json("prune", bloated, "--keep", 1000, "--unverified")["freed_bytes"] == left
    foreign.assert_lancedb_is_content(bloated)


@pytest.mark.full
def test_five_thousand_commits(squire, tmp_path):
    path = foreign.make_bloated(tmp_path / "db", changes=2500, optimize_every=500) / "notes.lance"
    theirs = shutil.copytree(path, tmp_path / "theirs" / "notes.lance")
    report = squire.json("doctor", path)
    assert_adds_up(report, path)
    assert report["versions"] > 5000
    done = squire.json("prune", path, "--unverified")
    assert done["freed_bytes"] == remedy(report, "prune")["bytes"]
    foreign.clean_fully(theirs)
    assert foreign.bytes_of(path) <= 1.1 * foreign.bytes_of(theirs)
    foreign.assert_lancedb_is_content(path)


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2"])
def test_texts_stay_as_dense_as_lance_has_them(squire, tmp_path, version):
    chance = random.Random(4)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(3000)]
    prose = lambda count: None if chance.random() < 0.1 else " ".join(chance.choices(words, k=count))
    path = tmp_path / "texts.lance"
    parts = []
    for number in range(6):
        rows = range(number * 200, number * 200 + 200)
        parts.append(pa.table({
            "id": pa.array(rows), "short": [prose(4) for _ in rows],
            "long": pa.array([prose(150) for _ in rows], pa.large_string()),
            "hex": [chance.randbytes(300).hex() for _ in rows], "empty": pa.array([None] * 200, pa.string()),
            "tags": [[prose(2), prose(1)] if row % 3 else None for row in rows]}))
        lance.write_dataset(parts[-1], path, mode="append", data_storage_version=version)
    theirs = shutil.copytree(path, tmp_path / "theirs.lance")
    foreign.clean_fully(theirs)
    assert squire.json("compact", path)["fragments_after"] == 1
    squire.run("prune", path, "--unverified")
    assert foreign.bytes_of(path) <= 1.1 * foreign.bytes_of(theirs)
    ours, wanted = lance.dataset(str(path)), pa.concat_tables(parts)
    ours.validate()
    assert ours.to_table().sort_by("id").equals(wanted)
    assert ours.take([0, 333, 1199]).equals(wanted.take([0, 333, 1199]))
    assert squire.json("verify", path, "--deep")["problems"] == []
