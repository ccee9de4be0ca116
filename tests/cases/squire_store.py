"""Squire for the case scripts: run by hand, with the folder of the cases on the path and the module installed or on it.

Options: fresh=0|1 (look for new versions at every read), key_index=0|1 (an index of file_path with the others),
sync=0|1 (writes survive a crash of the machine; 1); others are ignored.
"""
from __future__ import annotations

import os
import time
from datetime import timedelta

import numpy as np
import pyarrow as pa
import squire

from adapters.base import Store
from common import disk

ZERO = timedelta(0)
pa.array([""])  # pyarrow loads pandas, where there is one, at its first list: now, not within a call that is measured


def quote(s: str) -> str:
    return "'" + s.replace("'", "''") + "'"


def bytes_written() -> int:
    """What this process has sent to the disk."""
    with open("/proc/self/io") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("write_bytes"))


class SquireStore(Store):
    name = "squire " + squire.__version__
    immutable_files = False
    delete_ways = ("native", "in", "or", "or_and")

    def __init__(self, fresh="0", key_index="0", sync="1", **_):
        self.fresh, self.key_index, self.sync = fresh == "1", key_index == "1", sync == "1"
        self.upkeep_s = 0.0
        self.written_before = bytes_written()

    # -- life
    def open(self, path, dim, create=False):
        self.path, self.dim = os.path.join(path, "t.lance"), dim
        self.schema = pa.schema([("id", pa.string()), ("file_path", pa.string()), ("text", pa.string()),
                                 ("rev", pa.int64()), ("vector", pa.list_(pa.float32(), dim))])
        self.db = squire.connect(path, read_consistency_interval=ZERO if self.fresh else None, synced=self.sync)
        self.t = self.db.create_table("t", schema=self.schema) if create else self.db.open_table("t")
        return self

    def close(self):
        self.t.close()
        self.t = self.db = None

    def _arrow(self, rows):
        flat = pa.array(np.ascontiguousarray(rows.vector, dtype=np.float32).reshape(-1))
        return pa.table([pa.array(rows.id, pa.string()), pa.array(rows.file_path, pa.string()),
                         pa.array(rows.text, pa.string()), pa.array(rows.rev, pa.int64()),
                         pa.FixedSizeListArray.from_arrays(flat, self.dim)], schema=self.schema)

    # -- writes
    def add(self, rows):
        self.t.add(self._arrow(rows))

    def upsert(self, rows):
        self.t.upsert("file_path", self._arrow(rows))

    def delete_keys(self, file_paths, how=None):
        how = how or "native"
        if how == "native":
            self.t.delete_keys("file_path", file_paths)
        elif how == "in":
            self.t.delete(f"file_path IN ({', '.join(map(quote, file_paths))})")
        elif how == "or":
            self.t.delete(" OR ".join(f"file_path = {quote(p)}" for p in file_paths))
        elif how == "or_and":
            self.t.delete(" OR ".join(f"file_path = {quote(p)} AND rev >= 0" for p in file_paths))
        else:
            raise ValueError(how)

    # -- reads
    def count(self):
        return self.t.count_rows()

    def search(self, vec, k):
        return self.t.search(vec, vector_column_name="vector").limit(k).select(["id"]).to_arrow()["id"].to_pylist()

    def text_search(self, q, k):
        return self.t.text_search(q, k, "text").select(["id"]).to_arrow()["id"].to_pylist()

    def scan(self):
        for b in self.t.scan(["id", "file_path", "rev", "text", "vector"]):
            vec = b["vector"].flatten().to_numpy().reshape(len(b), self.dim)
            for i, row in enumerate(zip(b["id"].to_pylist(), b["file_path"].to_pylist(),
                                        b["rev"].to_pylist(), b["text"].to_pylist())):
                yield (*row, vec[i].tobytes())

    # -- upkeep
    def build_indexes(self, vector, text, positions):
        if self.key_index:  # searches are exact and need none
            self.t.create_scalar_index("file_path")

    def _upkeep(self, work, *args, **kwargs):
        start = time.perf_counter()
        try:
            work(*args, **kwargs)
        finally:
            self.upkeep_s += time.perf_counter() - start

    def compact(self):
        self._upkeep(self.t.compact)

    def prune(self):
        self._upkeep(self.t.prune, delete_unverified=True)

    def maintain(self, level):
        if level == "default":
            self._upkeep(self.t.optimize)
        else:
            self._upkeep(self.t.optimize, cleanup_older_than=ZERO, delete_unverified=level == "full")

    def stats(self):
        stats, health = self.t.stats(), self.t.health()
        red = {name: stage.last_error.code for name, stage in health.stages.items() if stage.status == "red"}
        return {**disk(self.path), "versions": stats.num_versions, "fragments": stats.fragment_stats.num_fragments,
                "live_bytes": health.live_bytes, "health": health.status, "red": red,
                "upkeep_s": round(self.upkeep_s + stats.upkeep_seconds, 3), "bytes_written": bytes_written() - self.written_before}
