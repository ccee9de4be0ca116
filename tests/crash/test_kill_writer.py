"""Writers of a table that are killed in the middle, and many processes on one table: nothing is left lying about, and
nobody misses a file."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

import lance
import pyarrow as pa
import pytest

BUILD = pathlib.Path(os.environ.get("SQUIRE_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/bin/squire")).parents[1]
sys.path.insert(0, str(BUILD / "python"))

SCHEMA = pa.schema([("key", pa.string()), ("rev", pa.int64()), ("text", pa.string())])
KEYS, ROWS = 12, 20

WRITER = """
import sys
import pyarrow as pa
import squire
folder, first, count, name = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
table = squire.connect(folder, synced=False).open_table("t")
schema = pa.schema([("key", pa.string()), ("rev", pa.int64()), ("text", pa.string())])
for rev in range(first, first + count):
    key = f"{name}{rev %% %d}"
    rows = [{"key": key, "rev": rev, "text": "x" * 2000} for _ in range(%d)]
    table.upsert("key", pa.Table.from_pylist(rows, schema=schema))
    print(rev, flush=True)
""" % (KEYS, ROWS)


def start_writer(folder, first, count, name="k"):
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(first), str(count), name], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "PYTHONPATH": str(BUILD / "python")})


def names(path, folder):
    try:
        return set(os.listdir(path / folder))
    except FileNotFoundError:
        return set()


def assert_nothing_is_left(path):
    """Of a table with one version: each file is named by it."""
    dataset = lance.dataset(str(path))
    dataset.validate()
    fragments = dataset.get_fragments()
    assert names(path, "data") == {file.path for f in fragments for file in f.data_files()}
    assert len(names(path, "_deletions")) == sum(f.metadata.deletion_file is not None for f in fragments)
    assert len(names(path, "_transactions")) == 1
    assert len(names(path, "_versions") - {"latest_version_hint.json", ".publish_lock"}) == 1
    assert not names(path, "_squire/removed")


def assert_whole(table):
    """Every key shows all rows of one revision."""
    revs = {}
    for row in table.search().select(["key", "rev"]).to_list():
        revs.setdefault(row["key"], []).append(row["rev"])
    for key, of_key in revs.items():
        assert len(of_key) == ROWS and len(set(of_key)) == 1, (key, of_key)
    return {key: of_key[0] for key, of_key in revs.items()}


@pytest.fixture
def folder(tmp_path):
    import squire

    squire.connect(tmp_path, synced=False).create_table("t", schema=SCHEMA).close()
    return tmp_path


@pytest.mark.parametrize("rounds", [6, pytest.param(60, marks=pytest.mark.full)])
def test_killed_in_the_middle(folder, rounds):
    import squire

    rng = random.Random(rounds)
    path, rev, acknowledged = folder / "t.lance", 0, {}
    for number in range(rounds):
        process = start_writer(folder, rev, 1000)
        for _ in range(rng.randint(1, 4)):
            rev = int(process.stdout.readline())
            acknowledged[f"k{rev % KEYS}"] = rev
        kind = ["data", "_versions"][number % 2]
        before = names(path, kind)
        while names(path, kind) <= before:  # the moment of the kill: a name has appeared
            assert process.poll() is None, process.stderr.read()
        process.kill()
        for line in process.stdout:
            acknowledged[f"k{int(line) % KEYS}"] = rev = int(line)
        process.wait()
        with squire.connect(folder, synced=False).open_table("t") as table:
            seen = assert_whole(table)
            for key, of_key in acknowledged.items():
                assert seen[key] in (of_key, rev + 1)
            acknowledged, rev = seen, rev + 2
            table.prune()
            assert_nothing_is_left(path)
            table.upsert("key", pa.Table.from_pylist([{"key": "k0", "rev": rev, "text": ""}] * ROWS, schema=SCHEMA))
            acknowledged["k0"] = rev
        rev += 1
        assert not names(path, "_squire/writers"), "the dead are forgotten, the others have gone"


def test_a_stopped_writer_is_not_taken_for_dead(folder):
    """It stands still in the middle of a commit while another prunes all that can go."""
    import squire

    path = folder / "t.lance"
    process = start_writer(folder, 0, 40)
    stops = 0
    with squire.connect(folder, synced=False).open_table("t") as table:
        for line in process.stdout:
            if int(line) > 30:
                continue
            process.send_signal(signal.SIGSTOP)
            table.prune(delete_unverified=True)
            stops += 1
            process.send_signal(signal.SIGCONT)
        assert process.wait() == 0, process.stderr.read()
        assert stops > 10
        table.checkout_latest()
        assert max(assert_whole(table).values()) == 39
        table.prune()
        assert_nothing_is_left(path)


def test_readers_and_writers_beside_a_prune_that_never_rests(folder):
    import squire

    path, count = folder / "t.lance", 60
    writers = [start_writer(folder, 0, count, name) for name in "ab"]
    done, failures, reads = threading.Event(), [], [0, 0]

    def follow(work):
        try:
            with squire.connect(folder, synced=False).open_table("t") as table:
                while not done.is_set():
                    work(table)
        except Exception as error:  # told by the test
            failures.append(repr(error))

    def read(number):
        def work(table):
            table.checkout_latest()
            assert table.is_pinned
            assert_whole(table)
            reads[number] += 1

        follow(work)

    def prune():
        follow(lambda table: table.prune(delete_unverified=True))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(2)] + [threading.Thread(target=prune)]
    for thread in threads:
        thread.start()
    codes = [writer.wait() for writer in writers]
    while min(reads) < 5 and not failures:
        time.sleep(0.01)
    done.set()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    assert codes == [0, 0], [writer.stderr.read() for writer in writers]
    with squire.connect(folder, synced=False).open_table("t") as table:
        assert set(assert_whole(table).values()) == set(range(count - KEYS, count))
        table.prune()
    assert_nothing_is_left(path)
    assert not names(path, "_squire/writers")


@pytest.mark.full
def test_many_processes_leave_no_trace(folder):
    """One commit each, and one reader of another library beside them."""
    path = folder / "t.lance"
    for rev in range(12):
        before = lance.dataset(str(path))
        process = start_writer(folder, rev, 1)
        assert process.wait() == 0, process.stderr.read()
        before.to_table()
    assert not names(path, "_squire/writers")
    assert lance.dataset(str(path)).count_rows() == KEYS * ROWS
