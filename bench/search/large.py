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


def recalls(data, count, answers, k=K):
    """Of each list of answers, one for each query, in one pass: rows are made again block by block, never all of them."""
    ids = np.full((len(answers), len(data.queries), k), -1, np.int64)
    for i, found in enumerate(answers):
        for query, numbers in enumerate(found):
            numbers = np.unique([n for n in numbers if 0 <= n < count])[:k]
            ids[i, query, : len(numbers)] = numbers
    similar = np.full(ids.shape, -np.inf, np.float32)
    best = np.full((len(data.queries), k), -2, np.float32)
    for first, rows in blocks(data, count):
        best = np.partition(np.concatenate([best, data.queries @ rows.T], axis=1), -k, axis=1)[:, -k:]
        at = np.nonzero((ids >= first) & (ids < first + len(rows)))
        similar[at] = np.einsum("ij,ij->i", data.queries[at[1]], rows[ids[at] - first])
    return (similar >= best.min(axis=1)[None, :, None] - 1e-6).mean(axis=(1, 2))


def speed(data, folder, options, name, judge):
    """The fastest setting that reaches the mark, in a process of its own: its QPS."""
    worker, best = Worker(name, folder, options), 0.0
    worker.ask(do="open")
    runs = [worker.ask(do="run", setting=setting, count=len(data.queries), k=K) for setting in GRID]
    worker.close()
    for setting, run, found in zip(GRID, runs, judge([run["answers"] for run in runs])):
        print(f"  {name} {setting}: {run['qps']:8.0f} QPS, p99 {run['p99'] * 1e3:.2f} ms, recall {found:.4f}", flush=True)
        if found >= MARK:
            best = max(best, run["qps"])
    return best


def run(data, folder, options, report, count):
    options = {**options, "large": count}
    for name in ("squire", "squire_large"):
        shutil.rmtree(folder / name, ignore_errors=True)
        built = once(name, folder, {**options, "core": None, "threads": 2}, do="build", threads=2)
        print(f"  built {name}: {built['wall']:.1f} s, {built['cpu']:.1f} CPU s, index {built['bytes'] / 1e6:.0f} MB, "
              f"memory in all {built['rss'] / 1e6:.0f} MB", flush=True)
    exact = source.exact(data.rows, data.queries, K)
    real = speed(data, folder, options, "squire",
                 lambda answers: [source.recall(data.rows, data.queries, exact, some, K) for some in answers])
    large = speed(data, folder, options, "squire_large", lambda answers: recalls(data, count, answers))
    report.add(f"{count:,} rows@{MARK}", large, real, f"itself, {len(data.rows):,} rows", 0.0, "QPS")
    shutil.rmtree(folder / "squire_large")
