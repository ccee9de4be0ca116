"""Making and listing indexes, by lancedb's ways to describe them."""
import datetime

import lance
import numpy as np
import pyarrow as pa
import pytest
import squire
from lancedb import index

DIM = 16
RNG = np.random.default_rng(9)
VECTORS = RNG.standard_normal((400, DIM)).astype(np.float32)
TABLE = pa.table({
    "id": pa.array(range(400)),
    "vector": pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.reshape(-1)), DIM),
    "text": [f"knight word{i}" for i in range(400)],
})


@pytest.fixture
def table(db):
    return db.create_table("t", TABLE)


def kinds(table):
    return {entry.name: entry.index_type for entry in table.list_indices()}


@pytest.mark.parametrize("config", [
    index.IvfPq(distance_type="cosine", num_partitions=3, num_sub_vectors=4), index.IvfFlat("cosine", 3), index.IvfSq("cosine", 3),
    index.IvfRq(distance_type="cosine", num_partitions=3, num_bits=4), index.HnswPq("cosine", 3), index.HnswSq("cosine", 3),
    index.IvfPq("cosine", target_partition_size=130),
])
def test_indexes_of_vectors_as_lancedb_describes_them(table, config):
    table.create_index("vector", config=config)
    assert kinds(table) == {"vector_idx": "IVF_RQ"}
    made = lance.dataset(table.uri).stats.index_stats("vector_idx")["indices"][0]
    assert made["metric_type"] == "cosine" and made["num_partitions"] == 3
    assert table.search(VECTORS[7]).distance_type("cosine").limit(1).to_list()[0]["id"] == 7


def test_calls_of_the_older_kind(table):
    second = datetime.timedelta(seconds=1)
    for call in (lambda: table.create_index(metric="cosine", num_partitions=2, num_sub_vectors=4, vector_column_name="vector"),
                 lambda: table.create_index("dot", 2, 4, "vector", True, None, None, 8, "IVF_PQ", 50, 256, 20, 300),
                 lambda: table.create_index("L2", accelerator="cuda", max_iterations=9, index_type="IVF_HNSW_SQ", wait_timeout=second),
                 lambda: table.create_index(), lambda: table.create_index("vector")):
        call()
        assert kinds(table) == {"vector_idx": "IVF_RQ"}
    table.wait_for_index(["vector_idx"])
    with pytest.raises(squire.NotFoundError):
        table.wait_for_index(["other"])


def test_one_call_for_words_and_keys(table):
    table.create_index("text", config=index.FTS(stem=False, with_position=True))
    assert table.search("knight word7").phrase_query().limit(2).to_arrow()["id"].to_pylist() == [7]
    table.create_index("text", config=index.BTree())
    table.create_index("id")
    table.create_index("id")
    assert kinds(table) == {"text_idx": "Inverted", "text_idx_2": "BTree", "id_idx": "BTree"}, "words keep their index"
    with pytest.raises(squire.AlreadyExistsError):
        table.create_index("text", config=index.FTS(), replace=False)
    table.create_index("text", config=index.FTS(), name="text_idx_2")
    assert kinds(table)["text_idx_2"] == "Inverted"


def test_an_index_of_several_segments_is_one(table):
    table.create_index("vector", config=index.IvfRq(num_partitions=2, num_bits=1))
    table.create_index("text", config=index.FTS())
    data = lance.dataset(table.uri)
    data.create_index("vector", "IVF_PQ", name="theirs", num_partitions=2, num_sub_vectors=4)
    data.insert(TABLE)
    data.optimize.optimize_indices(num_indices_to_merge=0, index_names=["theirs"])
    table.checkout_latest()
    found = {entry.name: entry for entry in table.list_indices()}
    assert len(found) == len(table.list_indices()) == table.stats().num_indices == 3
    assert found["theirs"].num_segments == 2 and found["text_idx"].num_segments == 1
    table.drop_index("theirs")
    assert len(table.list_indices()) == 2


@pytest.mark.parametrize("call", [
    lambda t: t.create_index(None), lambda t: t.create_index("hamming"), lambda t: t.create_index(num_partitions=-1),
    lambda t: t.create_index(num_partitions=2**70), lambda t: t.create_index(num_bits=0), lambda t: t.create_index(num_bits=1.5),
    lambda t: t.create_index(index_type="BEST"), lambda t: t.create_index("vector", config=index.IvfFlat("hamming")),
    lambda t: t.create_index("vector", config=index.IvfRq(num_bits=99)), lambda t: t.create_index(name="\ud800"),
    lambda t: t.create_fts_index("text", max_token_length=-1), lambda t: t.create_fts_index("text", max_token_length=0),
    lambda t: t.create_fts_index("text", ngram_min_length=-1), lambda t: t.create_fts_index(5),
    lambda t: t.create_fts_index("text", language=None), lambda t: t.create_fts_index("text", boosts=[1.5]),
    lambda t: t.drop_index(None), lambda t: t.create_scalar_index(None), lambda t: t.checkout(-1), lambda t: t.tags.create("x", 2**70),
    lambda t: t.count_rows(5), lambda t: t.delete(None), lambda t: t.update("", {"id": 1}), lambda t: t.nearest(VECTORS[0]),
    lambda t: t.nearest(VECTORS, -1), lambda t: t.nearest(VECTORS, where=None), lambda t: t.matches(None), lambda t: t.matches("a", 1.5),
])
def test_what_cannot_be_made_or_done(table, call):
    with pytest.raises(squire.InvalidArgumentError) as raised:
        call(table)
    assert "incompatible function" not in str(raised.value) and len(str(raised.value)) < 200
    assert table.version == 2


@pytest.mark.parametrize("call", [
    lambda t: t.create_index("id", config=index.Bitmap()), lambda t: t.create_index("id", config=index.LabelList()),
    lambda t: t.create_index("vector", train=False), lambda t: t.create_fts_index("text", use_tantivy=True),
    lambda t: t.create_fts_index("text", tokenizer_name="en_stem"), lambda t: t.create_index("text", config=object()),
])
def test_what_is_not_there_says_so(table, call):
    with pytest.raises(squire.UnsupportedError):
        call(table)


def test_a_column_that_is_not_there(table):
    for call in (lambda: table.create_index("nope"), lambda: table.create_index("nope", config=index.IvfRq()),
                 lambda: table.create_index(vector_column_name="nope")):
        with pytest.raises(squire.NotFoundError):
            call()


def test_training_anew_on_request(tmp_path):
    random = np.random.default_rng(1)
    rows = lambda first, count, at: pa.table({
        "id": pa.array(range(first, first + count), pa.int64()),
        "vector": pa.FixedSizeListArray.from_arrays(
            pa.array((random.normal(size=(count, 16)) + at).astype(np.float32).ravel()), 16)})
    table = squire.connect(tmp_path).create_table("t", rows(0, 1000, 0))
    table.create_index("l2", name="near")
    table.add(rows(1000, 1000, 9))
    before = table._native.indexes()[0]["uuid"]
    table.optimize()
    assert table._native.indexes()[0]["uuid"] == before, "new rows wait for more of them"
    table.optimize(retrain=True)
    assert [i.name for i in table.list_indices()] == ["near"] and table._native.indexes()[0]["uuid"] != before
    assert table.search(np.full(16, 9, np.float32)).limit(3).to_arrow()["id"][0].as_py() >= 1000
