"""Health that turns red at the first failure and green only by a success; limits; few descriptors."""
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap

import pytest


def rows(prefix, count=20, size=100):
    return [{"id": f"{prefix}#{i}", "text": "x" * size, "rev": i} for i in range(count)]


def child(code, *arguments, limit=None, **options):
    """Runs Python code with the module in a process of its own, at `ulimit -n`."""
    code = "import resource, sys\n" + (f"resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))\n" if limit else "") + textwrap.dedent(code)
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": path}, **options)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


#: A disk that is full for this process: no file may grow. What is written in place may be.
FULL = """
    import json, signal, squire
    table = squire.connect(sys.argv[1]).open_table("t")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16384, resource.RLIM_INFINITY))
    failed = None
    try:
        table.add([{"id": "big", "text": "y" * 100_000, "rev": 0}])
    except squire.Error as error:
        failed = error.code
    print(json.dumps({"failed": failed, "health": table.health().to_dict()}))
"""


def test_a_new_table_is_green_and_measured(db):
    table = db.create_table("t", rows("a"))
    health = table.health()
    assert health.status == health["status"] == "green"
    assert health.owned and health.recorded
    assert health.bytes > health.live_bytes > 0
    assert health.ratio == health.bytes / health.live_bytes
    assert (health.versions, health.fragments) == (2, 1)
    assert health.files >= 3 and health.descriptors > 3 and health.free_bytes > 0
    assert db.health("t").status == "green"
    assert json.loads(json.dumps(health.to_dict()))["status"] == "green"


def test_red_survives_the_process_and_goes_by_a_success(db):
    import squire

    db.create_table("t", rows("a"))
    told = child(FULL, db.uri)
    assert told["failed"] == "Io" and told["health"]["status"] == "red"
    health = db.open_table("t").health()
    commit = health.stages["commit"]
    assert health.status == "red" and commit.status == "red"
    assert commit.streak == 1 and commit.since > 0 and commit.last_error.code == "Io"
    assert db.health("t").status == "red"
    told = child(FULL, db.uri)
    assert told["health"]["stages"]["commit"]["streak"] == 2
    table = db.open_table("t")
    with pytest.raises(squire.InvalidArgumentError):
        table.delete("nonsense =")
    assert table.health().status == "red", "nothing was tried"
    table.add(rows("b"))
    assert table.health().status == "green"
    assert table.health().stages["commit"].last_error.code == "Io", "what was is told on"
    assert db.health("t").status == "green"


def test_mistakes_of_the_caller_are_no_illness(db):
    import squire

    table = db.create_table("t", rows("a"))
    for call in (lambda: table.delete("no_such = 1"), lambda: table.drop_columns(["none"]),
                 lambda: table.add([{"other": 1}]), lambda: table.restore(77)):
        with pytest.raises((squire.Error, ValueError)):
            call()
    assert table.health().status == "green"


def test_a_table_that_does_not_open_is_red(db):
    import squire

    db.create_table("t", rows("a")).close()
    for manifest in pathlib.Path(db.uri, "t.lance", "_versions").glob("*.manifest"):
        manifest.write_bytes(b"torn")
    with pytest.raises(squire.CorruptionError):
        db.open_table("t")
    health = db.health("t")
    assert health.status == "red" and health.stages["open"].last_error.code == "Corruption"
    with pytest.raises(squire.NotFoundError):
        db.health("none")


def test_strangers_tables_have_a_health_and_nothing_is_written(db, theirs):
    import squire

    theirs.create_table("t", [{"id": 1}])
    ours = squire.connect(theirs.uri)
    health = ours.open_table("t").health()
    assert health.status == "green" and not health.owned and not health.recorded
    assert not pathlib.Path(theirs.uri, "t.lance", "_squire").exists()


@pytest.mark.parametrize("damage", [b"", b"x" * 8192, b"\0" * 100])
def test_a_damaged_record_is_made_anew(db, damage):
    db.create_table("t", rows("a"))
    record = pathlib.Path(db.uri, "t.lance", "_squire", "health")
    record.write_bytes(damage)
    assert db.open_table("t").health().status == "green"
    child(FULL, db.uri)
    assert db.open_table("t").health().status == "red"
    assert record.stat().st_size == 8192


def test_at_max_bytes_upkeep_runs_then_rows_are_refused(db):
    import squire

    limited = squire.connect(db.uri, max_bytes="6M")  # with the ballast of 1 MiB, if there is one
    table = limited.create_table("t", rows("a", 10))
    with pytest.raises(squire.OverBudgetError, match="max_bytes") as refused:
        for i in range(200):
            table.upsert("id", rows(f"k{i}", 10, 20_000))
    assert "delete rows" in str(refused.value)
    kept = table.count_rows()
    assert 100 < kept < 2000, "rows were taken up to the limit"
    assert table.health().stages["limits"].status == "red"
    assert table.search().limit(3).to_list(), "reads go on"
    table.delete("id LIKE 'k%'")
    table.add(rows("b", 5))
    assert table.count_rows() == 15
    assert table.health().status == "green"


def test_lifting_a_limit_turns_green(db):
    import squire

    db.create_table("t", rows("a"))
    with pytest.raises(squire.OverBudgetError):
        squire.connect(db.uri, max_bytes=1).open_table("t").add(rows("b"))
    table = db.open_table("t")
    assert table.health().stages["limits"].status == "red"
    table.add(rows("c"))
    assert table.health().status == "green"


def test_replacing_rows_for_ever_stays_below_max_bytes(db):
    import squire

    table = squire.connect(db.uri, max_bytes="6M").create_table("t", rows("a", 10))
    for i in range(60):
        table.upsert("id", rows("a", 10, 20_000))
    assert table.health().bytes < 6 << 20


@pytest.mark.parametrize("times", [1.5, 3])
def test_replacing_rows_for_ever_stays_below_a_multiple_of_the_live_bytes(db, times):
    import random

    import pyarrow as pa
    import squire

    random.seed(1)

    def some(keys):
        return pa.table({"id": keys, "text": [random.randbytes(20_000).hex() for _ in keys]})

    table = squire.connect(db.uri, max_bytes=f"{times}x").create_table("t", some(range(600)))
    for _ in range(100):
        table.upsert("id", some(random.sample(range(600), 20)))
    health = table.health()
    assert health.status == "green" and health.live_bytes > 20_000_000
    assert health.bytes < times * health.live_bytes + (2 << 20), "one write may pass the limit by its own size"


def test_max_versions_and_min_free_disk(db):
    import squire

    table = squire.connect(db.uri, max_versions=3).create_table("t", rows("a"))
    for i in range(10):
        table.add(rows(f"b{i}", 2))
        assert table.health().versions <= 4
    for version in (v["version"] for v in table.list_versions()):
        table.tags.create(f"v{version}", version)
    with pytest.raises(squire.OverBudgetError, match="max_versions"):
        for i in range(5):
            table.add(rows(f"c{i}", 2))
            table.tags.create(f"c{i}", table.version)
    picky = squire.connect(db.uri, min_free_disk=1 << 60).open_table("t")
    with pytest.raises(squire.OverBudgetError, match="min_free_disk"):
        picky.add(rows("d"))
    picky.delete("id = 'a#1'")


@pytest.mark.parametrize("wrong", [{"max_bytes": "2Q"}, {"max_bytes": 0}, {"max_bytes": "-1x"}, {"max_bytes": "x"},
                                   {"max_versions": 0}, {"max_versions": "3"}, {"min_free_disk": -5}])
def test_limits_that_make_no_sense(tmp_path, wrong):
    import squire

    with pytest.raises(squire.InvalidArgumentError):
        squire.connect(tmp_path, **wrong)


def test_limits_as_text(tmp_path):
    import squire

    assert squire.connect(tmp_path, max_bytes="1.5G", min_free_disk="64KiB").limits == squire.Limits(3 << 29, 0, 0, 64 << 10)
    assert squire.connect(tmp_path, max_bytes="3x").limits.max_bytes_per_live == 3


WORK = """
    import json, os, squire, pyarrow as pa
    db = squire.connect(sys.argv[1])
    rows = lambda name, count=4: [{"id": f"{name}#{i}", "text": "words " + name, "vector": [float(i)] * 8} for i in range(count)]
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("vector", pa.list_(pa.float32(), 8))])
    table = db.create_table("t", rows("a"), schema=schema)
    most = 0
    for i in range(70):
        table.add(rows(f"f{i}"))
        most = max(most, len(os.listdir("/proc/self/fd")))
    table.create_scalar_index("id")
    for i in range(10):
        table.upsert("id", rows(f"f{i}"))
        table.search([1.0] * 8).limit(5).to_list()
        table.text_search("words").to_list()
        table.delete(f"id = 'f{i + 20}#1'")
        most = max(most, len(os.listdir("/proc/self/fd")))
    table.compact(); table.prune(); table.optimize()
    most = max(most, len(os.listdir("/proc/self/fd")))
    rows_now = table.count_rows("id IS NOT NULL")
    print(json.dumps({"rows": rows_now, "most": most, "status": table.health().status, "problems": table.verify().problems}))
"""


def test_everything_works_with_32_descriptors(db):
    told = child(WORK, db.uri, limit=32)
    assert told["rows"] == 71 * 4 - 10 and told["problems"] == [] and told["status"] == "green"
    assert told["most"] <= 32


def test_the_command_tells_health(db, squire):
    db.create_table("t", rows("a"))
    table = f"{db.uri}/t.lance"
    run = lambda *a: subprocess.run([squire.path, "health", *map(str, a)], capture_output=True, text=True)
    green = run(table, "--json")
    assert green.returncode == 0 and json.loads(green.stdout)["status"] == "green"
    child(FULL, db.uri)
    red = run(table, "--json")
    assert red.returncode == 1
    told = json.loads(red.stdout)
    assert told["status"] == "red" and told["stages"]["commit"]["last_error"]["code"] == "Io"
    assert set(told) >= {"bytes", "live_bytes", "ratio", "versions", "fragments", "files", "descriptors", "free_bytes"}
    assert "red" in run(table).stdout
    metrics = run(db.uri, "--prometheus", "-")
    assert metrics.returncode == 1 and re.search(r'^squire_table_healthy\{table=".*t\.lance"\} 0$', metrics.stdout, re.M)
    file = pathlib.Path(db.uri, "squire.prom")
    assert run(table, "--prometheus", file).returncode == 1
    assert 'stage="commit"' in file.read_text()
    assert run(f"{db.uri}/none.lance").returncode == 7
