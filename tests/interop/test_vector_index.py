"""A vector index that Squire made, used and kept by other Lance programs; and theirs, used here."""

import lance
import numpy as np
import pyarrow as pa
import pytest
import squire

DIM = 32
ROWS = 3000


def vectors(count, seed):
    random = np.random.default_rng(seed)
    centers = np.random.default_rng(0).normal(size=(20, DIM))
    return (centers[random.integers(0, 20, count)] + 0.6 * random.normal(size=(count, DIM))).astype(np.float32)


def rows(first, values):
    column = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), DIM)
    return pa.table({"id": pa.array(range(first, first + len(values)), pa.int64()), "vector": column})


def exact(values, query, metric, limit=10):
    if metric == "cosine":
        distances = 1 - values @ query / np.linalg.norm(values, axis=1) / np.linalg.norm(query)
    elif metric == "dot":
        distances = 1 - values @ query
    else:
        distances = ((values - query) ** 2).sum(axis=1)
    return set(np.argsort(distances, kind="stable")[:limit].tolist())


def theirs(path, query, metric, **options):
    nearest = {"column": "vector", "q": query, "k": 10, "metric": metric, "nprobes": 25, "refine_factor": 3, **options}
    return lance.dataset(path).to_table(nearest=nearest, columns=["id", "_distance"])


def recall(answers, values, queries, metric):
    found = sum(len(exact(values, query, metric) & set(answer)) for query, answer in zip(queries, answers))
    return found / (10 * len(queries))


def plan(path, query, metric):
    nearest = {"column": "vector", "q": query, "k": 10, "metric": metric, "nprobes": 25, "refine_factor": 3}
    return lance.dataset(path).scanner(nearest=nearest, columns=["id", "_distance"]).explain_plan(True)


@pytest.mark.parametrize("metric", ["l2", "cosine", "dot"])
def test_theirs_search_through_ours(tmp_path, metric):
    values, queries = vectors(ROWS, 1), vectors(20, 2)
    table = squire.connect(tmp_path).create_table("t", rows(0, values))
    table.create_index(metric, vector_column_name="vector")
    path = str(tmp_path / "t.lance")
    assert "ANNSubIndex: name=vector_idx" in plan(path, queries[0], metric)
    answers = [theirs(path, query, metric)["id"].to_pylist() for query in queries]
    assert recall(answers, values, queries, metric) >= 0.97
    ours = [table.search(query).distance_type(metric).nprobes(25).to_arrow()["id"].to_pylist() for query in queries]
    assert recall(ours, values, queries, metric) >= 0.97


def test_theirs_keep_ours_alive(tmp_path):
    values, queries = vectors(ROWS, 3), vectors(20, 4)
    table = squire.connect(tmp_path).create_table("t", rows(0, values))
    table.create_index("l2")
    path = str(tmp_path / "t.lance")
    more = vectors(500, 5)
    lance.write_dataset(rows(ROWS, more), path, mode="append")
    dataset = lance.dataset(path)
    dataset.delete("id < 10")
    dataset.optimize.compact_files()
    dataset.optimize.optimize_indices()
    everything = np.concatenate([values, more])
    everything[:10] = 1e3
    assert "ANNSubIndex" in plan(path, queries[0], "l2")
    answers = [theirs(path, query, "l2")["id"].to_pylist() for query in queries]
    assert recall(answers, everything, queries, "l2") >= 0.97
    table = squire.connect(tmp_path).open_table("t")
    assert table.list_indices()[0].index_type == "IVF_RQ"
    ours = [table.search(query).nprobes(25).to_arrow()["id"].to_pylist() for query in queries]
    assert recall(ours, everything, queries, "l2") >= 0.97


@pytest.mark.parametrize("kind", ["IVF_RQ", "IVF_PQ", "IVF_FLAT"])
def test_ours_search_through_theirs(tmp_path, kind):
    values, queries = vectors(ROWS, 6), vectors(20, 7)
    path = str(tmp_path / "t.lance")
    dataset = lance.write_dataset(rows(0, values), path)
    more = {"num_sub_vectors": 8} if kind == "IVF_PQ" else {}
    dataset.create_index("vector", kind, metric="cosine", num_partitions=20, **more)
    table = squire.connect(tmp_path).open_table("t")
    assert table.list_indices()[0].index_type == kind
    ours = [table.search(q).distance_type("cosine").nprobes(20).to_arrow()["id"].to_pylist() for q in queries]
    assert recall(ours, values, queries, "cosine") >= 0.97
    lance.write_dataset(rows(ROWS, vectors(100, 8)), path, mode="append")
    table = squire.connect(tmp_path).open_table("t")
    wanted = vectors(100, 8)[7]
    assert table.search(wanted).distance_type("cosine").to_arrow()["id"].to_pylist()[0] == ROWS + 7
