#!/usr/bin/env python3
"""One pylance process that commits to a table again and again, beside others.

    pylance_writer.py append TABLE NAME COUNT      rows of its own, ids foreign/NAME/...
    pylance_writer.py delete TABLE NAME COUNT PATH...   the rows of one path after another

Prints one JSON line a commit: {"version", "rows"}: how many rows it added or deleted in it.
"""
import json
import sys
import zlib

import lance
import numpy as np
import pyarrow as pa

ROWS = 3  # of an append


def distinct(field, name, number):
    """Values of which none is like another: pages of one value or of few are encoded in ways not all readers know."""
    rng = np.random.default_rng(zlib.crc32(f"{field.name} {name} {number}".encode()))
    if field.type == pa.string():
        if field.name == "id":
            return pa.array([f"foreign/{name}/{number}#{i}" for i in range(ROWS)])
        return pa.array(["".join(map(chr, rng.integers(97, 123, 20 + i))) for i in range(ROWS)])
    if field.type == pa.int32():
        return pa.array(rng.integers(-2**31, 2**31, ROWS), pa.int32())
    items = pa.array(rng.random(ROWS * field.type.list_size, dtype=np.float32))
    return pa.FixedSizeListArray.from_arrays(items, field.type.list_size).cast(field.type)


def append(path, name, count):
    schema = lance.dataset(path).schema
    for number in range(count):
        table = pa.table([distinct(field, name, number) for field in schema], schema=schema)
        dataset = lance.write_dataset(table, path, mode="append")
        print(json.dumps({"version": dataset.version, "rows": table.num_rows}), flush=True)


def delete(path, paths):
    for name in paths:
        dataset = lance.dataset(path)
        before = dataset.count_rows(f"path = '{name}'")
        dataset.delete(f"path = '{name}'")
        print(json.dumps({"version": dataset.version, "rows": before}), flush=True)


if __name__ == "__main__":
    what, table_path, writer, commits, *rest = sys.argv[1:]
    if what == "append":
        append(table_path, writer, int(commits))
    else:
        delete(table_path, rest[:int(commits)])
