"""One row about many vectors: the real ones, each many times over with noise of its own, as no embedding of so much text is at
hand. Told, not judged: the build and its memory, recall and speed, and what a query costs beside the real ones alone.
"""
import shutil

import numpy as np

import data as source
from worker import Worker, once

K = 10
NOISE = 0.5  # length of what is added to a vector of length one
BLOCK = 20_000
GRID = [{"nprobes": n, "refine": r} for n in (32, 64, 96, 128, 192, 256, 384, 512) for r in (1.0, 1.5, 2.0, 3.0)]
MARK = 0.95


def blocks(data, count):
    """Rows 0 ... count in blocks: the same ones whenever they are asked for."""
    for first in range(0, count, BLOCK):
        rng = np.random.default_rng(first)
        picked = data.rows[rng.integers(len(data.rows), size=min(BLOCK, count - first))]
        noise = source.unit(rng.standard_normal(picked.shape, dtype=np.float32))
        yield first, source.unit(picked + NOISE * noise)


def bounds(data, count, k=K):
    """The k-th best similarity of each query."""
    best = np.full((len(data.queries), k), -2, np.float32)
    for _, rows in blocks(data, count):
        best = np.partition(np.concatenate([best, data.queries @ rows.T], axis=1), -k, axis=1)[:, -k:]
    return best.min(axis=1)


def recall(data, count, least, answers, k=K):
    """Rows are made again block by block, so that all of them are never in memory."""
    right = 0
    wanted = [np.unique([i for i in ids if 0 <= i < count][:k]) for ids in answers]
    for first, rows in blocks(data, count):
        for query, bound, ids in zip(data.queries, least, wanted):
            here = ids[(ids >= first) & (ids < first + len(rows))] if len(ids) else ids
            if len(here):
                right += int(np.sum(rows[here.astype(np.int64) - first] @ query >= bound - 1e-6))
    return right / (k * len(data.queries))


def speed(data, folder, options, name, count, least):
    """The fastest setting that reaches the mark, in a process of its own: its QPS, recall and setting."""
    worker, best = Worker(name, folder, options), (0.0, 0.0, None)
    worker.ask(do="open")
    for setting in GRID:
        run = worker.ask(do="run", setting=setting, count=len(data.queries), k=K)
        found = recall(data, count, least, run["answers"]) if count else source.recall(data.rows, data.queries, least, run["answers"], K)
        print(f"  {name} {setting}: {run['qps']:8.0f} QPS, p99 {run['p99'] * 1e3:.2f} ms, recall {found:.4f}", flush=True)
        if found >= MARK and run["qps"] > best[0]:
            best = (run["qps"], found, setting)
    worker.close()
    return best


def run(data, folder, options, report, count):
    options = {**options, "large": count}
    for name in ("squire", "squire_large"):
        shutil.rmtree(folder / name, ignore_errors=True)
        built = once(name, folder, {**options, "core": None, "threads": 2}, do="build", threads=2)
        print(f"  built {name}: {built['wall']:.1f} s, {built['cpu']:.1f} CPU s, index {built['bytes'] / 1e6:.0f} MB, "
              f"memory in all {built['rss'] / 1e6:.0f} MB", flush=True)
    large = speed(data, folder, options, "squire_large", count, bounds(data, count))
    real = speed(data, folder, options, "squire", 0, source.exact(data.rows, data.queries, K))
    report.add(f"{count:,} rows@{MARK}", large[0], real[0], f"itself, {len(data.rows):,} rows", 0.0, "QPS")
    shutil.rmtree(folder / "squire_large")
