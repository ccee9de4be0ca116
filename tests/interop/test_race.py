"""Several writers on one table at once, ours and pylance's: no commit is lost, none is applied twice."""
import json
import pathlib
import subprocess
import sys
from collections import Counter

import lance
import pytest

from support import rows, trees

WRITER = pathlib.Path(__file__).with_name("pylance_writer.py")
COMMITS = [5, pytest.param(30, marks=pytest.mark.full)]


def start_writer(what, path, name, commits, *rest):
    return subprocess.Popen([sys.executable, str(WRITER), what, str(path), name, str(commits), *rest],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def history(path):
    """version -> how often each id is in it."""
    found = {}
    for version in (v["version"] for v in lance.dataset(str(path)).versions()):
        table = lance.dataset(str(path), version=version).to_table(columns=["id"])
        found[version] = Counter(table["id"].to_pylist())
    return found


def index_while(squire, tree, writers, commits, change):
    """Two index runs at a time over a changing tree, until the writers are done and we had our commits too."""
    number = ours = 0
    while any(w.poll() is None for w in writers) or number < commits:
        change(number)
        pair = [squire.start("index", tree, "--json") for _ in range(2)]
        for process in pair:
            answer, talk = process.communicate(timeout=120)
            assert process.returncode == 0, answer + talk
            ours += json.loads(answer)["commits"]
        number += 1
    return ours


def commits_of(writer):
    answer, talk = writer.communicate(timeout=120)
    assert writer.returncode == 0, talk
    return [json.loads(line) for line in answer.splitlines()]


@pytest.fixture
def index(squire, stub, tree):
    trees.make(tree, 90)
    squire.run("index", tree, *stub.options)
    return tree


def changer(index, files):
    def change(number):
        for path in (files[number % len(files)], files[(number * 7 + 3) % len(files)]):
            trees.write(index, path, trees.content(number + 1, path))
    return change


def finish(squire, stub, index, fresh):
    """The last run of ours makes the table equal to the tree."""
    path = rows.table_path(index)
    lance.dataset(str(path)).validate()
    squire.run("index", index)
    rows.assert_equal_indexes(rows.assert_sound(squire, path), rows.fresh_rows(squire, stub, index, fresh))


@pytest.mark.parametrize("commits", COMMITS)
def test_appended_beside_index_runs(squire, stub, index, tmp_path, commits):
    """Two pylance processes append rows of paths that the tree does not have. Our runs may remove what they found when
    they began, as it is not the tree's; what came while they ran must stay."""
    path = rows.table_path(index)
    files = trees.list_files(index)
    writers = [start_writer("append", path, f"w{number}", commits) for number in range(2)]
    ours = index_while(squire, index, writers, commits, changer(index, files))
    done = [commits_of(w) for w in writers]
    assert ours > 0 and [len(made) for made in done] == [commits, commits]
    versions = history(path)
    for name, made in enumerate(done):
        for number, commit in enumerate(made):
            after, before = versions.get(commit["version"]), versions.get(commit["version"] - 1)
            if after is None or before is None:
                continue  # pruned
            assert not before - after
            assert sorted(after - before) == [f"foreign/w{name}/{number}#{i}" for i in range(commit["rows"])]
    by_us = [v["version"] for v in squire.json("table", "versions", path) if v["writer"].startswith("squire")]
    for version in by_us:
        if version - 1 not in versions:
            continue
        read = lance.dataset(str(path), version=version).read_transaction(version).read_version
        removed = versions[version - 1] - versions[version]
        if read in versions:
            assert {i for i in removed if i.startswith("foreign/")} <= set(versions[read]), f"lost by version {version}"
        assert {i.rsplit("#", 1)[0] for i in versions[version]} >= set(files), f"a file is gone in version {version}"
    finish(squire, stub, index, tmp_path / "fresh")


@pytest.mark.parametrize("commits", COMMITS)
def test_deleted_beside_index_runs(squire, stub, index, tmp_path, commits):
    """Two pylance processes delete the rows of paths, two of ours replace those of others, all at once."""
    path = rows.table_path(index)
    files = trees.list_files(index)
    writers = [start_writer("delete", path, f"w{number}", commits, *files[number * 30:number * 30 + commits])
               for number in range(2)]
    ours = index_while(squire, index, writers, commits, changer(index, files[60:]))
    done = [commits_of(w) for w in writers]
    assert ours > 0 and sum(map(len, done)) == 2 * commits
    versions = history(path)
    by_us = {v["version"] for v in squire.json("table", "versions", path) if v["writer"].startswith("squire")}
    for number, made in enumerate(done):
        for name, commit in zip(files[number * 30:], made):
            after, before = versions.get(commit["version"]), versions.get(commit["version"] - 1)
            if not commit["rows"] or after is None or before is None:
                continue
            assert commit["version"] not in by_us
            assert not after - before
            assert {i.rsplit("#", 1)[0] for i in before - after} <= {name}
            assert not any(i.startswith(name + "#") for i in after)
    for version, ids in versions.items():
        assert max(ids.values(), default=1) == 1, f"an id twice in version {version}"
    finish(squire, stub, index, tmp_path / "fresh")
