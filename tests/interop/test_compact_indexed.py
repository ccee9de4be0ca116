"""Tables that pylance made, with its indexes, compacted by us: its searches find what is there, no more and no less."""
import lance
import numpy as np
import pyarrow as pa
import pytest

DIM, ROWS = 16, 300


def rows(first, count, seed=0):
    rng = np.random.default_rng(first + seed)
    return pa.table({
        "id": list(range(first, first + count)),
        "text": [f"common w{i % 7} u{i}" for i in range(first, first + count)],
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(rng.random(count * DIM), pa.float32()), DIM),
    })


@pytest.fixture(params=[False, True], ids=["addresses", "stable_ids"])
def dataset(request, tmp_path):
    """Eight fragments, the last two in no index; deleted and updated rows in all."""
    path = str(tmp_path / "t.lance")
    for number in range(6):
        part = rows(number * ROWS, ROWS)
        data = lance.write_dataset(part, path, mode="append" if number else "create", enable_stable_row_ids=request.param)
    data.create_index("vector", "IVF_PQ", num_partitions=2, num_sub_vectors=4)
    data.create_scalar_index("text", "INVERTED")
    data.create_scalar_index("id", "BTREE")
    for number in (6, 7):
        data = lance.write_dataset(rows(number * ROWS, ROWS), path, mode="append")
    data.delete("id % 5 = 3")
    data.merge_insert("id").when_matched_update_all().execute(rows(10, 3, seed=1))
    return data


def look(data):
    """What searches find: exact ones of vectors, words and keys through the indexes."""
    table = data.to_table(columns=["id", "text", "vector"])
    truth = dict(zip(table["id"].to_pylist(), table["vector"].to_pylist()))
    seen = {"rows": sorted(zip(table["id"].to_pylist(), table["text"].to_pylist()))}
    for query in range(5):
        vector = np.random.default_rng(100 + query).random(DIM).astype(np.float32)
        nearest = {"column": "vector", "q": vector, "k": 20, "nprobes": 2, "refine_factor": 200}
        seen[f"near {query}"] = found = data.to_table(nearest=nearest, columns=["id"])["id"].to_pylist()
        exact = sorted(truth, key=lambda i: float(((np.array(truth[i]) - vector) ** 2).sum()))[:20]
        assert found == exact
        few = data.to_table(nearest=nearest, columns=["id"], filter="id >= 100 and id < 200", prefilter=True)["id"].to_pylist()
        assert few and all(100 <= i < 200 for i in few) and len(few) == len(set(few))
    for word in ("w3", "u11", "u13", "u700", "u2000"):
        found = data.to_table(full_text_query=word, columns=["id", "text"], limit=5000)
        seen[word] = sorted(found["id"].to_pylist())
        assert seen[word] == sorted(i for i, text in seen["rows"] if word in text.split())
    for key in (11, 13, 250, 2001):
        seen[key] = data.to_table(filter=f"id = {key}", columns=["text"])["text"].to_pylist()
        assert len(seen[key]) == (key in truth)
    return seen


def test_searches_after_our_compaction(squire, dataset):
    path = dataset.uri
    before = look(dataset)
    done = squire.json("compact", path)
    assert done["fragments_after"] < done["fragments_before"] and done["rows_dropped"] > 0
    data = lance.dataset(path)
    data.validate()
    assert look(data) == before
    assert squire.json("verify", path, "--deep")["problems"] == []
    data.optimize.optimize_indices()
    data = lance.dataset(path)
    assert look(data) == before
    data.delete("id = 12")
    data = lance.write_dataset(rows(8 * ROWS, 10), path, mode="append")
    data.optimize.compact_files()
    data.optimize.optimize_indices()
    look(lance.dataset(path))
    squire.json("compact", path)
    squire.json("prune", path)
    data = lance.dataset(path)
    data.validate()
    assert len(look(data)["rows"]) == len(before["rows"]) - 1 + 10


def test_row_ids_stay(squire, dataset):
    path = dataset.uri
    if not dataset.has_stable_row_ids:
        pytest.skip("addresses change")
    columns = ["id", "_rowid", "_row_created_at_version", "_row_last_updated_at_version"]
    before = sorted(zip(*dataset.to_table(columns=columns).to_pydict().values()))
    squire.json("compact", path)
    assert sorted(zip(*lance.dataset(path).to_table(columns=columns).to_pydict().values())) == before
    for at in (0, 100, 1500):
        row = before[at]
        assert lance.dataset(path)._take_rows([row[1]], columns=["id"])["id"].to_pylist() == [row[0]]
