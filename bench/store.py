#!/usr/bin/env python3
"""The store beside pylance and lancedb: the same rows, the same work, turn by turn in one process on one processor.

    store.py [--rows 255880] [--folder DIR] [--keep]

Rows are chunks of eight to a file: an id, a path, a text cut from Python's own library, a number and a vector of 384 floats.
Prints a table, then one JSON line: a row's name -> {"ours", "peer" (seconds, or what the name says), "name", "ratio" (over 1:
ours is better), "need" (the least ratio that is asked for), "ok"}.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time

os.environ.update(LANCE_LOG="error", LANCEDB_LOG="error")
ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("SQUIRE_BIN", ROOT / "build" / "bin" / "squire")).parents[1]
sys.path.insert(0, str(BUILD / "python"))

import lance  # noqa: E402
import lancedb  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import squire  # noqa: E402

DIM, ROWS_OF_FILE = 384, 8


def source_texts():
    """Pieces of the standard library's own source, 300 to 1500 characters each."""
    rng, texts = np.random.default_rng(3), []
    for path in sorted(pathlib.Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        text, at = path.read_text(errors="replace"), 0
        while at < len(text):
            size = int(rng.integers(300, 1500))
            texts.append(text[at : at + size])
            at += size
    return texts


class Data:
    """Rows of files [first, last), the same for the same numbers; `revision` changes text and number."""

    def __init__(self):
        self.texts = source_texts()

    def rows(self, first, last, revision=0):
        numbers = np.arange(first * ROWS_OF_FILE, last * ROWS_OF_FILE)
        files = numbers // ROWS_OF_FILE
        vectors = np.random.default_rng(first * 7 + revision).standard_normal(len(numbers) * DIM, dtype=np.float32)
        return pa.table({
            "id": [f"{n:09d}" for n in numbers],
            "file_path": [self.path(f) for f in files],
            "text": [self.texts[(n + revision * 31) % len(self.texts)] for n in numbers],
            "rev": pa.array(np.full(len(numbers), revision)),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors), DIM),
        })

    @staticmethod
    def path(file):
        return f"src/package_{file % 97}/module_{file // 97 % 331}/file_{file}.py"


class Report:
    def __init__(self):
        self.rows = {}

    def add(self, key, name, ours, peer, need=0.0, unit="s"):
        ratio = peer / ours if ours else float("inf")
        self.rows[key] = {"ours": ours, "peer": peer, "name": name, "ratio": round(ratio, 3), "need": need, "ok": ratio >= need}
        print(f"{key:28} {name:58} ours {ours:10.5f} peer {peer:10.5f} {unit:5} ratio {ratio:7.2f}"
              f"  need {need:4.2f}  {'ok' if ratio >= need else 'NOT OK'}", flush=True)

    def turns(self, key, name, ours, peer, need=0.0, times=9):
        """Both, turn by turn; medians, the first turn of each being warm-up."""
        mine, theirs = [], []
        for _ in range(times + 1):
            mine.append(seconds(ours))
            theirs.append(seconds(peer))
        self.add(key, name, statistics.median(mine[1:]), statistics.median(theirs[1:]), need)
        return statistics.median(mine[1:])


def seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def drain(reader):
    return sum(batch.num_rows for batch in reader)


def read_plainly(folder):
    buffer = bytearray(1 << 20)
    for path in folder.glob("*.lance"):
        with open(path, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def quoted(paths):
    return ", ".join("'" + p + "'" for p in paths)


def fill(report, data, files, ours, theirs):
    """Both tables, appended in ten parts; ours is synced, theirs is not."""
    parts = [data.rows(files * i // 10, files * (i + 1) // 10) for i in range(10)]
    mine, their = ours.create_table("t", schema=parts[0].schema), theirs.create_table("t", schema=parts[0].schema)
    spent = [sum(seconds(lambda p=p: table.add(p)) for p in parts) for table in (mine, their)]
    report.add("append", "bulk append (ours synced, lancedb's not)", *spent)
    return mine, their


def reads(report, data, files, folder, mine):
    theirs = lance.dataset(str(folder / "theirs" / "t.lance"))
    for column, need in (("vector", 3.0), ("text", 2.0)):
        scan = report.turns(f"scan_{column}", f"scan of {column}, pylance", lambda c=column: drain(mine.scan(columns=[c])),
                            lambda c=column: drain(theirs.scanner(columns=[c]).to_reader()), need)
        if column == "vector":
            plain = statistics.median(seconds(lambda: read_plainly(folder / "ours/t.lance/data")) for _ in range(7))
            size = sum(p.stat().st_size for p in (folder / "ours/t.lance/data").glob("*"))
            rate = mine.count_rows() * DIM * 4 / scan
            report.add("scan_vector_of_plain_read", "bytes a second of a plain read of the file, by ours", 1.0,
                       rate / (size / plain), 0.5, "share")
    rng = np.random.default_rng(5)
    rows = sorted(rng.choice(files * ROWS_OF_FILE, 100, replace=False).tolist())
    report.turns("take_100_vectors", "take of 100 vectors, pylance", lambda: mine.take(rows, columns=["vector"]),
                 lambda: theirs.take(rows, columns=["vector"]), 4.0, 40)
    report.turns("open", "open and count, pylance", lambda: squire.connect(folder / "ours").open_table("t").count_rows(),
                 lambda: lance.dataset(str(folder / "theirs/t.lance")).count_rows(), 2.0, 40)
    for key, where in (("filter_path", "file_path LIKE 'src/package_1/%'"), ("filter_number", "rev >= 0 AND id < '000001000'")):
        report.turns(key, f"scan of ids where {where}, pylance", lambda w=where: drain(mine.scan(columns=["id"], where=w)),
                     lambda w=where: drain(theirs.scanner(columns=["id"], filter=w).to_reader()), times=5)


def chains(report, data, files, mine):
    paths = [data.path(f) for f in range(min(files, 31_985))]
    in_list = f"file_path IN ({quoted(paths)})"
    for key, chain in (("or_chain", " OR ".join(f"file_path = '{p}'" for p in paths)),
                       ("or_and_chain", " OR ".join(f"file_path = '{p}' AND rev >= 0" for p in paths))):
        report.turns(key, f"count by {key.replace('_', ' ')} of {len(paths)} arms, beside our IN list",
                     lambda c=chain: mine.count_rows(c), lambda: mine.count_rows(in_list), 0.5, 3)


def deletes(report, data, files, mine, their):
    paths = [data.path(f) for f in range(min(files, 31_985))]
    versions = mine.version, their.version
    for key, chosen in (("delete_many", paths), ("delete_mixed", paths[::2])):
        spent = (seconds(lambda c=chosen: mine.delete_keys("file_path", c)),
                 seconds(lambda c=chosen: their.delete(f"file_path IN ({quoted(c)})")))
        assert mine.count_rows() == their.count_rows(), "both deleted the same"
        report.add(key, f"delete of {len(chosen)} keys, lancedb's IN list", *spent, 5.0)
        mine.restore(versions[0])
        their.restore(versions[1])
    many = [f"no/such/file_{i}" for i in range(1_000_000 - len(paths))] + paths
    spent = seconds(lambda: mine.delete_keys("file_path", many))
    report.add("delete_million", "delete of 1,000,000 keys, beside our 31,985", spent, report.rows["delete_many"]["ours"])
    mine.restore(versions[0])


def upserts(report, data, files, folder, mine, their):
    mine.create_scalar_index("file_path")
    their.create_scalar_index("id")
    their.create_scalar_index("file_path")
    unsynced = squire.connect(folder / "ours", synced=False).open_table("t")
    rng = np.random.default_rng(9)
    rows = sorted(rng.choice(files * ROWS_OF_FILE, 100, replace=False).tolist())
    before = statistics.median(seconds(lambda: mine.take(rows, columns=["vector"])) for _ in range(41))
    spent = {"synced": [], "unsynced": [], "merge": [], "delete_add": []}
    for turn in range(50):
        for way in spent:
            chunk = data.rows(*(int(f := rng.integers(files)), int(f) + 1), revision=turn + 1)
            path = chunk["file_path"][0].as_py()
            if way == "merge":
                work = lambda: (their.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(chunk))
            elif way == "delete_add":
                work = lambda: (their.delete(f"file_path = '{path}'"), their.add(chunk))
            else:
                table = mine if way == "synced" else unsynced
                table.checkout_latest()
                work = lambda: table.upsert("file_path", chunk)
            spent[way].append(seconds(work))
    median = {way: statistics.median(times) for way, times in spent.items()}
    peer = min(median["merge"], median["delete_add"])
    report.add("small_upsert", "upsert of 8 rows without syncs, lancedb's faster way", median["unsynced"], peer, 1.0)
    report.add("small_upsert_synced", "upsert of 8 rows synced, lancedb's (which syncs nothing)", median["synced"], peer)
    mine.checkout_latest()
    after = statistics.median(seconds(lambda: mine.take(rows, columns=["vector"])) for _ in range(41))
    report.add("take_after_upserts", "take of 100 vectors after 100 upserts, beside ours before", after, before, 0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=255_880)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--keep", action="store_true", help="leave the tables there")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-store-", dir=arguments.folder))
    report, data, files = Report(), Data(), arguments.rows // ROWS_OF_FILE
    try:
        ours, theirs = squire.connect(folder / "ours"), lancedb.connect(str(folder / "theirs"))
        mine, their = fill(report, data, files, ours, theirs)
        reads(report, data, files, folder, mine)
        chains(report, data, files, mine)
        deletes(report, data, files, mine, their)
        upserts(report, data, files, folder, mine, their)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)
    print(json.dumps(report.rows))
    return 0 if all(row["ok"] for row in report.rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
