"""Vector indexes of every kind that pylance makes, used here: recall, what nprobes and refine_factor do, and rows that
came and went."""

import lance
import numpy as np
import pyarrow as pa
import pytest
import squire
from test_vector_index import recall, rows, vectors

ROWS = 3000
PARTITIONS = 20
KINDS = ["IVF_FLAT", "IVF_SQ", "IVF_PQ", "IVF_RQ", "IVF_HNSW_SQ", "IVF_HNSW_PQ", "IVF_HNSW_FLAT"]


def scattered(count, seed):
    """Without clusters: what is near lies in many partitions."""
    return np.random.default_rng(seed).normal(size=(count, 32)).astype(np.float32)


def make(path, kind, metric, values, **more):
    dataset = lance.write_dataset(rows(0, values), path, max_rows_per_file=1000)
    if "PQ" in kind:
        more = {"num_sub_vectors": 8, **more}
    dataset.create_index("vector", kind, metric=metric, num_partitions=PARTITIONS, **more)
    return dataset


def answers(tmp_path, queries, metric, nprobes, refine=None):
    table, out = squire.connect(tmp_path).open_table("t"), []
    for query in queries:
        search = table.search(query).distance_type(metric).nprobes(nprobes)
        out.append((search if refine is None else search.refine_factor(refine)).to_arrow()["id"].to_pylist())
    return out


@pytest.mark.parametrize("metric", ["l2", "cosine", "dot"])
@pytest.mark.parametrize("kind", KINDS)
def test_recall_and_what_probes_do(tmp_path, kind, metric):
    values, queries = scattered(ROWS, 21) * np.float32(1.5), scattered(25, 22)
    make(str(tmp_path / "t.lance"), kind, metric, values)
    assert recall(answers(tmp_path, queries, metric, PARTITIONS), values, queries, metric) >= 0.97
    some = recall(answers(tmp_path, queries, metric, 1), values, queries, metric)
    assert some < 0.8, "one partition has not all that is near: the index is used"
    assert some <= recall(answers(tmp_path, queries, metric, 5), values, queries, metric)
    if kind.endswith("PQ"):
        assert recall(answers(tmp_path, queries, metric, PARTITIONS, 1), values, queries, metric) < 0.97
    assert squire.verify(str(tmp_path / "t.lance"), deep=True)["problems"] == []


@pytest.mark.parametrize("metric", ["l2", "cosine", "dot"])
def test_the_same_partitions_are_searched_as_by_pylance(tmp_path, metric):
    values, queries = scattered(ROWS, 23), scattered(25, 24)
    make(str(tmp_path / "t.lance"), "IVF_FLAT", metric, values)
    for nprobes in (1, 3):
        ours = answers(tmp_path, queries, metric, nprobes, 1)
        more = {"minimum_nprobes": nprobes, "maximum_nprobes": nprobes, "nprobes": None, "refine_factor": 1}
        for query, found in zip(queries, ours):
            nearest = {key: value for key, value in more.items() if value is not None}
            assert found == theirs_with(str(tmp_path / "t.lance"), query, metric, nearest)


def theirs_with(path, query, metric, more):
    nearest = {"column": "vector", "q": query, "k": 10, "metric": metric, **more}
    return lance.dataset(path).to_table(nearest=nearest, columns=["id", "_distance"])["id"].to_pylist()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_came_and_went(tmp_path, kind):
    values, queries = vectors(ROWS + 400, 25), vectors(20, 26)
    path = str(tmp_path / "t.lance")
    dataset = make(path, kind, "l2", values[:ROWS])
    dataset.delete("id % 7 = 3")
    lance.write_dataset(rows(ROWS, values[ROWS:]), path, mode="append")
    left = values.copy()
    left[[i for i in range(ROWS) if i % 7 == 3]] = 1e3
    steps = [lambda d: None, lambda d: d.optimize.optimize_indices(), lambda d: d.optimize.compact_files()]
    for step in steps:
        step(lance.dataset(path))
        found = answers(tmp_path, queries, "l2", PARTITIONS)
        assert recall(found, left, queries, "l2") >= 0.97
        assert not any(i % 7 == 3 for ids in found for i in ids if i < ROWS)
        assert squire.verify(path, deep=True)["problems"] == []


def test_product_codes_of_four_bits(tmp_path):
    values, queries = scattered(ROWS, 27), scattered(20, 28)
    make(str(tmp_path / "t.lance"), "IVF_PQ", "l2", values, num_bits=4, num_sub_vectors=16)
    assert recall(answers(tmp_path, queries, "l2", PARTITIONS), values, queries, "l2") >= 0.97
    assert recall(answers(tmp_path, queries, "l2", 1), values, queries, "l2") < 0.8


def test_vectors_of_half_floats(tmp_path):
    values, queries = vectors(ROWS, 29).astype(np.float16), vectors(20, 30)
    column = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
    path = str(tmp_path / "t.lance")
    dataset = lance.write_dataset(pa.table({"id": pa.array(range(ROWS)), "vector": column}), path)
    dataset.create_index("vector", "IVF_PQ", metric="l2", num_partitions=PARTITIONS, num_sub_vectors=8)
    found = answers(tmp_path, queries, "l2", PARTITIONS)
    assert recall(found, values.astype(np.float32), queries, "l2") >= 0.97
