"""Squire, by its Python module: a table on disk with a vector index."""
import time

import numpy as np
import pyarrow as pa
import squire

import large
from base import Engine, cpu_seconds, tree_bytes

METRIC = "cosine"


class Squire(Engine):
    """Searches go by Table.nearest: row ids and distances as arrays, as the libraries give them."""

    settings = [{"nprobes": n, "refine": r} for n in (16, 24, 32, 48, 64, 80, 96, 128, 192, 256, 384) for r in (1.0, 1.2, 1.5, 2.0, 3.0)]
    use_index = True

    def batch(self, rows, first):
        numbers = np.arange(first, first + len(rows))
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), rows.shape[1])
        return pa.table({"id": pa.array(numbers), "number": pa.array(numbers), "vector": vectors})

    def blocks(self):
        rows = self.data.rows
        return ((at, rows[at : at + 10_000]) for at in range(0, len(rows), 10_000))

    def build(self, threads):
        self.folder.mkdir(parents=True)
        table = None
        for first, rows in self.blocks():
            if table is None:
                table = squire.connect(self.folder).create_table("t", self.batch(rows, first))
            else:
                table.add(self.batch(rows, first))
        if not self.use_index:
            return
        wall, cpu = time.perf_counter(), cpu_seconds()
        table.create_index(metric=METRIC, vector_column_name="vector")
        self.build_wall, self.build_cpu = time.perf_counter() - wall, cpu_seconds() - cpu

    def size(self):
        return tree_bytes(self.folder / "t.lance" / "_indices")

    def open(self):
        self.table = squire.connect(self.folder).open_table("t")
        self.numbers = None

    def search(self, query, k):
        rows, _ = self.table.nearest(query[None], k, distance_type=METRIC, where=self.setting.get("where", ""),
                                     nprobes=self.setting.get("nprobes", 0), refine_factor=self.setting.get("refine", 0.0),
                                     use_index=self.use_index)
        return rows[0]

    def ids(self, answer):
        if self.numbers is None:
            rows = self.table.search().select(["id"]).with_row_id().to_arrow()
            self.numbers = dict(zip(rows["_rowid"].to_pylist(), rows["id"].to_pylist()))
        return [self.numbers.get(int(row), -1) for row in answer]

    def update(self):
        keys, fresh = self.changes()
        self.table.delete("id in (" + ", ".join(map(str, keys)) + ")")
        self.table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(fresh)
        self.numbers = None

    def reindex(self):
        self.table.create_index(metric=METRIC, vector_column_name="vector")
        self.numbers = None

    def changes(self):
        """1,000 rows that go, and a table of 1,000 that come: 500 in the place of others."""
        keys, replaced, added = self.data_changes()
        fresh = self.batch(self.data.fresh, 0)
        numbers = pa.array(np.concatenate([replaced, added]))
        return keys, fresh.set_column(0, "id", numbers).set_column(1, "number", numbers)


class SquireFlat(Squire):
    settings = [{}]
    use_index = False


class SquireLarge(Squire):
    """Of more rows than there are, made from them (large.py)."""

    def blocks(self):
        return large.blocks(self.data, self.options["large"])
