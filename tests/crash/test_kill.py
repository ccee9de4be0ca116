"""`squire index` killed anywhere: the next run ends equal to a fresh index, and embeds nothing again that was kept."""
import os
import random
import signal
import time

import lance
import pytest

from support import program, rows, trees

SLICE = 128  # texts between two writes of the spool: what a kill may lose
FILES = 130
FEW = 70  # enough for more than one slice
SEED = int(os.environ.get("SQUIRE_TEST_SEED", "1"))


class Killer:
    """Ends a run by SIGKILL at one moment of its life, which `rng` chooses."""

    def __init__(self, squire, tree, stub, rng):
        self.squire, self.tree, self.stub, self.rng = squire, tree, stub, rng
        self.kills = 0
        self.moments = []
        self.to_come = []

    def names(self, folder):
        try:
            return set(os.listdir(rows.table_path(self.tree) / folder))
        except FileNotFoundError:
            return set()

    def moment(self, full_seconds):
        """(name, function that tells whether the moment has come)."""
        if not self.to_come:  # all kinds in turn, each time in another order
            self.to_come = ["time", "embedding"] * 2 + ["data", "_deletions", "_versions"]
            self.rng.shuffle(self.to_come)
        kind = self.to_come.pop()
        if kind == "time":
            end = time.monotonic() + self.rng.uniform(0, full_seconds)
            return kind, lambda: time.monotonic() >= end
        if kind == "embedding":
            texts = self.stub.texts() + self.rng.randint(1, 200)
            return kind, lambda: self.stub.texts() >= texts
        before = self.names(kind)
        late = self.rng.choice([0, 0, 0.001, 0.005])  # a little after the name appears

        def appeared():
            if self.names(kind) == before:
                return False
            time.sleep(late)
            return True

        return kind, appeared

    def run(self, full_seconds):
        """Starts a run and kills it, unless it ends before."""
        name, has_come = self.moment(full_seconds)
        process = self.squire.start("index", self.tree, *self.stub.options)
        while process.poll() is None and not has_come():
            time.sleep(0.0003)
        was_alive = process.poll() is None
        process.kill()
        _, talk = process.communicate()
        if was_alive:
            self.kills += 1
            self.moments.append(name)
        else:
            assert process.returncode == 0, talk


def check_nothing_half(squire, tree):
    """What a reader meets after a kill: no table yet, or a sound one in which each path is of one state."""
    path = rows.table_path(tree)
    if not (path / "_versions").exists() or not any((path / "_versions").glob("*.manifest")):
        return
    assert squire.json("verify", path, "--deep")["problems"] == []
    lance.dataset(str(path)).validate()
    rows.assert_paths_whole(rows.by_lance(path))


def rounds(count):
    return pytest.param(count, marks=pytest.mark.full) if count > 10 else count


@pytest.mark.parametrize("count", [rounds(6), rounds(30)])
def test_killed_at_random_moments(squire, start_stub, stub, tree, tmp_path, count):
    rng = random.Random(SEED)
    slow = start_stub(delay=0.03)
    trees.make(tree, FILES, SEED)
    killer = Killer(squire, tree, slow, rng)
    ever = set()  # content hashes of every state of the tree that a run saw
    full_seconds = 1.0
    for number in range(count):
        for attempt in range(rng.choice([1, 1, 2, 3])):
            fresh = rows.fresh_rows(squire, stub, tree, tmp_path / f"fresh{number}-{attempt}")
            ever |= {row["content_hash"] for row in fresh}
            killer.run(full_seconds)
            check_nothing_half(squire, tree)
            if rng.random() < 0.5:
                trees.change(tree, rng, edits=4, deletions=1, folder_renames=rng.randint(0, 1))
        fresh = rows.fresh_rows(squire, stub, tree, tmp_path / f"fresh{number}")
        ever |= {row["content_hash"] for row in fresh}
        report = squire.json("index", tree, *slow.options)
        assert report["files_failed"] == 0
        full_seconds = max(0.05, report["seconds"])
        found = rows.assert_sound(squire, rows.table_path(tree))
        rows.assert_paths_whole(found)
        rows.assert_equal_indexes(found, fresh)
        assert squire.json("index", tree)["commits"] == 0
        status = squire.json("status", tree)
        assert (status["pending"], status["stale"], status["failed"]) == (0, 0, 0)
        # The first run asks for the model's dimension with a text of its own, also when it is begun again.
        assert slow.texts() <= len(ever) + (SLICE + 1) * killer.kills + 1
        trees.change(tree, rng, edits=rng.randint(1, 100), folder_renames=rng.randint(0, 1))
    moments = ", ".join(f"{killer.moments.count(m)} {m}" for m in sorted(set(killer.moments)))
    print(f"\n{killer.kills} kills ({moments}); "
          f"{len(ever)} distinct texts, {slow.texts()} embedded")
    assert killer.kills >= count // 3


def start_embedding(squire, tree, stub, *options):
    """A run that has embedded something and is not done."""
    before = stub.texts()
    process = squire.start("index", tree, *stub.options, *options)
    program.wait_until(lambda: stub.texts() > before + 1 or process.poll() is not None, what="the first batch")
    assert process.poll() is None, process.communicate()
    return process


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_and_gone_on(squire, start_stub, stub, tree, tmp_path, sign):
    slow = start_stub(delay=0.15)
    trees.make(tree, FEW)
    fresh = rows.fresh_rows(squire, stub, tree, tmp_path / "fresh")
    distinct = len({row["content_hash"] for row in fresh})
    spool = tree / ".squire" / "spool.bin"
    process = start_embedding(squire, tree, slow)
    program.wait_until(lambda: spool.exists() and spool.stat().st_size > 1000, what="the spool")
    process.send_signal(sign)
    _, talk = process.communicate(timeout=60)
    assert process.returncode == 130, talk
    assert "kept" in talk
    check_nothing_half(squire, tree)
    embedded = slow.texts()
    assert embedded < distinct
    report = squire.json("index", tree)
    assert report["vectors_resumed"] + report["vectors_reused"] > 0
    assert slow.texts() <= distinct + SLICE + 1
    rows.assert_equal_indexes(rows.assert_sound(squire, rows.table_path(tree)), fresh)


def test_interrupted_reindex_changes_nothing(squire, start_stub, stub, tree, tmp_path):
    """A later run replaces all or nothing; what it embedded is kept."""
    slow = start_stub(delay=0.15)
    trees.make(tree, FEW)
    squire.run("index", tree, *slow.options)
    before = rows.by_lance(rows.table_path(tree))
    for path in trees.list_files(tree):
        trees.write(tree, path, trees.content(5, path))
    fresh = rows.fresh_rows(squire, stub, tree, tmp_path / "fresh")
    embedded = slow.texts()
    process = start_embedding(squire, tree, slow)
    spool = tree / ".squire" / "spool.bin"
    program.wait_until(lambda: spool.exists() and spool.stat().st_size > 1000, what="the spool")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    rows.assert_same_rows(rows.by_lance(rows.table_path(tree)), before)
    assert squire.json("index", tree)["vectors_resumed"] > 0
    assert slow.texts() - embedded <= len({row["content_hash"] for row in fresh}) + SLICE
    rows.assert_equal_indexes(rows.assert_sound(squire, rows.table_path(tree)), fresh)


def test_two_runs_at_once(squire, start_stub, stub, tree, tmp_path):
    """One waits for the other and finds nothing left to do."""
    slow = start_stub(delay=0.05)
    trees.make(tree, FEW)
    fresh = rows.fresh_rows(squire, stub, tree, tmp_path / "fresh")
    distinct = 0
    for _ in range(2):
        distinct += len({row["content_hash"] for row in fresh})
        running = [start_embedding(squire, tree, slow), squire.start("index", tree, *slow.options)]
        for process in running:
            _, talk = process.communicate(timeout=120)
            assert process.returncode == 0, talk
        assert "waiting" in talk
        rows.assert_equal_indexes(rows.assert_sound(squire, rows.table_path(tree)), fresh)
        for path in trees.list_files(tree):
            trees.write(tree, path, trees.content(9, path))
        fresh = rows.fresh_rows(squire, stub, tree, tmp_path / "fresh")
    assert slow.texts() <= distinct + 1


def test_one_of_two_runs_killed(squire, start_stub, stub, tree, tmp_path):
    """The lock of a killed run is free at once, and who waited does the work."""
    slow = start_stub(delay=0.05)
    trees.make(tree, FEW)
    fresh = rows.fresh_rows(squire, stub, tree, tmp_path / "fresh")
    first = start_embedding(squire, tree, slow)
    second = squire.start("index", tree, *slow.options)
    time.sleep(0.05)
    first.kill()
    first.communicate()
    _, talk = second.communicate(timeout=120)
    assert second.returncode == 0, talk
    rows.assert_equal_indexes(rows.assert_sound(squire, rows.table_path(tree)), fresh)
    assert slow.texts() <= len(fresh) + SLICE + 2


def test_an_endpoint_that_fails_now_and_then(squire, start_stub, stub, tree, tmp_path):
    failing = start_stub(fail_every=3)
    trees.make(tree, FEW)
    squire.run("index", tree, *failing.options)
    rows.assert_equal_indexes(rows.assert_sound(squire, rows.table_path(tree)),
                              rows.fresh_rows(squire, stub, tree, tmp_path / "fresh"))
