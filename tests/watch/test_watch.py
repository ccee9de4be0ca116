"""`squire watch`: every edit is found soon after it was made, and what is gone is not found any more."""
import contextlib
import json
import os
import queue
import random
import statistics
import subprocess
import threading
import time

import pytest

from support import program, rows, trees

BOUND_SECONDS = 10.0  # generous: the machine may be busy; the figures are printed
SETTLE_SECONDS = 120.0


class Watch:
    """A watcher under way and the updates that it told."""

    def __init__(self, process):
        self.process = process
        self.updates = queue.Queue()
        self.ended_by_test = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.updates.put(json.loads(line))

    def next_update(self, seconds=SETTLE_SECONDS):
        return self.updates.get(timeout=seconds)


@contextlib.contextmanager
def watching(squire, tree, *options):
    process = squire.start("watch", tree, "--json", *options, stderr=subprocess.DEVNULL)
    watch = Watch(process)
    try:
        assert watch.next_update()["event"] == "updated"
        yield watch
        assert process.poll() is None or watch.ended_by_test, f"the watcher ended: {process.returncode}"
    finally:
        process.kill()
        process.wait()


def found(squire, tree, word):
    """The paths that hold `word`."""
    done = squire.run("search", word, tree, "--mode", "text", "--json", code=(0, 1))
    return {hit["path"] for hit in json.loads(done.stdout)}


def wait_for_paths(squire, tree, word, paths, seconds=BOUND_SECONDS):
    """How long until exactly `paths` hold `word`."""
    start = time.monotonic()
    program.wait_until(lambda: found(squire, tree, word) == set(paths), seconds, 0.005, f"{word} in {sorted(paths)}")
    return time.monotonic() - start


def check_equal_to_fresh(squire, stub, tree, db):
    """The index becomes equal to the tree, which nobody changes any more; returns how long that took."""
    start = time.monotonic()
    fresh = rows.fresh_rows(squire, stub, tree, db)

    def is_equal():
        found = rows.by_lance(rows.table_path(tree))
        if sorted((r["id"], r["file_hash"]) for r in found) != sorted((r["id"], r["file_hash"]) for r in fresh):
            return None
        return found

    try:
        program.wait_until(is_equal, SETTLE_SECONDS, 0.05)
    except AssertionError:
        pass  # told better below
    rows.assert_equal_indexes(rows.assert_sound(squire, rows.table_path(tree)), fresh)
    return time.monotonic() - start


def letters(number):
    """A number as a word without digits: digits are words of their own."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@pytest.mark.parametrize("files, edits", [(300, 15), pytest.param(3000, 100, marks=pytest.mark.full)])
def test_edits_are_found(squire, stub, tree, tmp_path, files, edits):
    """One edit after another in files of all kinds; from the end of the write until a search finds its new word."""
    paths = trees.make(tree, files)
    rng = random.Random(files)
    with watching(squire, tree, *stub.options):
        seconds = []
        for number in range(edits):
            path = rng.choice(paths)
            word = f"editword{letters(number)}x{letters(rng.randrange(1 << 30))}"
            (tree / path).write_text((tree / path).read_text() + f"\n{word}\n")
            seconds.append(wait_for_paths(squire, tree, word, [path]))
        print(f"\n{edits} edits in {files} files: found after p50 {statistics.median(seconds):.3f} s, "
              f"p95 {percentile(seconds, 0.95):.3f} s, at most {max(seconds):.3f} s")
        check_equal_to_fresh(squire, stub, tree, tmp_path / "fresh")


@pytest.fixture
def watched(squire, stub, tree):
    """A small tree, followed."""
    trees.make(tree, 60)
    with watching(squire, tree, *stub.options) as watch:
        yield watch


def test_new_file_and_new_folder(squire, tree, watched):
    trees.write(tree, "fresh/deep/er/new.md", "# New\n\nbrandnewfolderword\n")
    wait_for_paths(squire, tree, "brandnewfolderword", ["fresh/deep/er/new.md"])
    trees.write(tree, "fresh/deep/er/later.md", "# Later\n\nlaterinfolderword\n")  # the new folder is watched too
    wait_for_paths(squire, tree, "laterinfolderword", ["fresh/deep/er/later.md"])


def test_atomic_save(squire, tree, watched):
    """As editors save: another file, renamed over the old one."""
    path = trees.list_files(tree)[4]
    for old, new in (("none", "first"), ("first", "second"), ("second", "third")):
        part = tree / f"{path}.{new}~"
        part.write_text(f"atomicword{new}\n")
        os.replace(part, tree / path)
        wait_for_paths(squire, tree, f"atomicword{new}", [path])
        assert found(squire, tree, f"atomicword{old}") == set()


def test_renamed_and_deleted(squire, stub, tree, watched):
    trees.write(tree, "one/two/a.md", "# A\n\nwanderingword\n")
    trees.write(tree, "one/two/b.md", "# B\n\nwanderingword too\n")
    wait_for_paths(squire, tree, "wanderingword", ["one/two/a.md", "one/two/b.md"])
    embedded = stub.texts()
    (tree / "one").rename(tree / "other")
    wait_for_paths(squire, tree, "wanderingword", ["other/two/a.md", "other/two/b.md"])
    (tree / "other/two/a.md").rename(tree / "a.md")
    wait_for_paths(squire, tree, "wanderingword", ["a.md", "other/two/b.md"])
    assert stub.texts() == embedded, "what moved was embedded again"
    (tree / "a.md").unlink()
    wait_for_paths(squire, tree, "wanderingword", ["other/two/b.md"])
    (tree / "other/two/b.md").unlink()
    (tree / "other/two").rmdir()
    wait_for_paths(squire, tree, "wanderingword", [])


def test_folder_moved_in_and_out(squire, tree, watched, tmp_path):
    outside = tmp_path / "outside"
    trees.write(outside, "in/x.md", "# X\n\nvisitorword\n")
    (outside / "in").rename(tree / "guest")
    wait_for_paths(squire, tree, "visitorword", ["guest/x.md"])
    (tree / "guest").rename(outside / "back")
    wait_for_paths(squire, tree, "visitorword", [])


def test_ignore_rules_follow(squire, tree, watched):
    trees.write(tree, "notes/secret.md", "# S\n\nignoredlaterword\n")
    wait_for_paths(squire, tree, "ignoredlaterword", ["notes/secret.md"])
    trees.write(tree, ".squireignore", "notes/\n")
    wait_for_paths(squire, tree, "ignoredlaterword", [])
    (tree / ".squireignore").unlink()
    wait_for_paths(squire, tree, "ignoredlaterword", ["notes/secret.md"])


def test_a_burst_of_writes_to_one_file(squire, tree, watched):
    """The last one counts."""
    for number in range(200):
        trees.write(tree, "busy.md", f"# Busy\n\nburstword{letters(number)}\n")
    wait_for_paths(squire, tree, f"burstword{letters(199)}", ["busy.md"])
    assert found(squire, tree, f"burstword{letters(198)}") == set()


def test_edits_while_a_run_is_under_way(squire, gated_stub, stub, tree, tmp_path):
    """Written after the run read the file, and before it commits."""
    paths = trees.make(tree, 60)
    with watching(squire, tree, *gated_stub.options):
        for number in range(3):
            gated_stub.shut()
            trees.write(tree, paths[0], f"firstword{letters(number)}\n")
            assert gated_stub.arrived.wait(30)
            trees.write(tree, paths[0], f"secondword{letters(number)}\n")
            trees.write(tree, paths[1], f"besideword{letters(number)}\n")
            (tree / paths[2 + number]).unlink()
            gated_stub.open()
            wait_for_paths(squire, tree, f"secondword{letters(number)}", [paths[0]])
            wait_for_paths(squire, tree, f"besideword{letters(number)}", [paths[1]])
            assert found(squire, tree, f"firstword{letters(number)}") == set()
        check_equal_to_fresh(squire, stub, tree, tmp_path / "fresh")


def test_edits_during_the_first_index(squire, gated_stub, stub, tree, tmp_path):
    paths = trees.make(tree, 60)
    gated_stub.shut()
    process = squire.start("watch", tree, *gated_stub.options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert gated_stub.arrived.wait(30)
        for path in paths[:30]:
            trees.write(tree, path, trees.content(5, path))
        (tree / paths[40]).unlink()
        gated_stub.open()
        versions = tree / ".squire" / "chunks.lance" / "_versions"
        program.wait_until(lambda: versions.exists() and any(versions.glob("*.manifest")))
        check_equal_to_fresh(squire, stub, tree, tmp_path / "fresh")
    finally:
        process.kill()
        process.wait()


def git(tree, *arguments):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    names = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "core.fsmonitor=false")
    subprocess.run(["git", *names, "-C", str(tree), *arguments], check=True, capture_output=True, env=environment)


@pytest.mark.parametrize("files", [200, pytest.param(3000, marks=pytest.mark.full)])
def test_checkout_of_another_revision(squire, stub, tree, tmp_path, files):
    """All files of the new revision and none of the old, to and fro."""
    paths = trees.make(tree, files)
    git(tree, "init", "-q", "-b", "one")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "one")
    git(tree, "checkout", "-q", "-b", "two")
    rng = random.Random(2)
    trees.change(tree, rng, edits=files // 3, deletions=files // 5, renames=files // 10, additions=files // 5,
                 folder_renames=2)
    trees.write(tree, "only_two.md", "# Two\n\nonlyintwoword\n")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "two")
    git(tree, "checkout", "-q", "one")
    with watching(squire, tree, *stub.options):
        start = time.monotonic()
        git(tree, "checkout", "-q", "two")
        wait_for_paths(squire, tree, "onlyintwoword", ["only_two.md"], SETTLE_SECONDS)
        seconds = time.monotonic() - start
        check_equal_to_fresh(squire, stub, tree, tmp_path / "two")
        print(f"\ncheckout that changes half of {files} files: its last file is found after {seconds:.2f} s")
        git(tree, "checkout", "-q", "one")
        git(tree, "checkout", "-q", "two")
        git(tree, "checkout", "-q", "one")
        wait_for_paths(squire, tree, "onlyintwoword", [], SETTLE_SECONDS)
        check_equal_to_fresh(squire, stub, tree, tmp_path / "one")
    assert {row["path"] for row in rows.by_lance(rows.table_path(tree))} <= set(paths)


def test_status_is_fresh_after_an_edit(squire, tree, watched):
    """What was found is not told to be missing."""
    trees.write(tree, "told.md", "# Told\n\ntoldword\n")
    wait_for_paths(squire, tree, "toldword", ["told.md"])

    def is_fresh():
        status = squire.json("status", tree)
        return (status["pending"], status["stale"], status["followed"]) == (0, 0, True)

    program.wait_until(is_fresh, BOUND_SECONDS, 0.05, "a status without stale files")


def test_one_follows_another_reads(squire, stub, tree, watched):
    """A second watcher is told so; an index run beside the watcher spoils nothing."""
    second = squire.run("watch", tree, code=None, timeout=60)
    assert second.returncode == 6 and "follows" in second.stderr
    trees.write(tree, "both.md", "# Both\n\nbothword\n")
    squire.run("index", tree)
    wait_for_paths(squire, tree, "bothword", ["both.md"])
    assert squire.json("status", tree)["followed"]


def test_a_killed_watcher_leaves_nothing_behind(squire, stub, tree, tmp_path):
    paths = trees.make(tree, 60)
    with watching(squire, tree, *stub.options) as watch:
        trees.write(tree, paths[0], "beforekillword\n")
        wait_for_paths(squire, tree, "beforekillword", [paths[0]])
        watch.ended_by_test = True
        watch.process.kill()
        watch.process.wait()
        assert not squire.json("status", tree)["followed"]
        trees.write(tree, paths[1], "whilenonefollowsword\n")
        with watching(squire, tree):
            wait_for_paths(squire, tree, "whilenonefollowsword", [paths[1]])
            check_equal_to_fresh(squire, stub, tree, tmp_path / "fresh")


def test_interrupted_watcher(squire, stub, tree):
    trees.make(tree, 10)
    with watching(squire, tree, *stub.options) as watch:
        watch.ended_by_test = True
        watch.process.terminate()
        assert watch.process.wait(30) == 130


@pytest.mark.full  # a failed run is tried again after five seconds
def test_an_endpoint_that_comes_back(squire, gated_stub, stub, tree):
    """A run that fails is told and tried again; nothing is lost meanwhile."""
    trees.make(tree, 10)
    with watching(squire, tree, *gated_stub.options) as watch:
        gated_stub.refuse = True
        trees.write(tree, "late.md", "# Late\n\nlateword\n")
        update = watch.next_update()
        assert "error" in update, update
        gated_stub.refuse = False
        wait_for_paths(squire, tree, "lateword", ["late.md"], 60)
