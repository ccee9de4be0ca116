"""The same calls on our tables and on lancedb's: what they return and what they leave is the same.

Versions are compared by how they grow where lancedb writes one only if something changed, as we do.
"""
import math

import lancedb
import numpy as np
import pyarrow as pa
import pytest
import squire
from lancedb import query

DIM = 8
RNG = np.random.default_rng(5)
VECTORS = RNG.standard_normal((60, DIM)).astype(np.float32)
TABLE = pa.table({
    "id": pa.array(range(60)),
    "vector": pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.reshape(-1)), DIM),
    "text": [f"word{i % 7} common term{i}" for i in range(60)],
    "score": pa.array([None if i % 9 == 8 else i / 4 for i in range(60)]),
})


class Pair:
    """A table of ours and one of lancedb's, made of the same rows."""

    def __init__(self, ours, theirs, data):
        self.tables = [db.create_table("t", data) for db in (ours, theirs)]
        self.ours, self.theirs = self.tables

    def same(self, call, key=None):
        """Calls both and compares what they return (`key` of it)."""
        mine, other = (call(table) for table in self.tables)
        if key:
            mine, other = key(mine), key(other)
        assert mine == other
        return mine

    def same_rows(self):
        assert rows(self.ours) == rows(self.theirs)


def rows(table):
    return sorted(repr(row) for row in table.to_arrow().to_pylist())


def fields(*names):
    return lambda result: {name: getattr(result, name) for name in names}


def approx(rows):
    """Distances and scores as near as sums of floats in another order are."""
    return [{k: round(v, 5) + 0.0 if isinstance(v, float) else v for k, v in row.items() if k != "vector"} for row in rows]


@pytest.fixture
def pair(db, theirs):
    return Pair(db, theirs, TABLE)


@pytest.fixture
def make(db, theirs):
    return lambda data: Pair(db, theirs, data)


def test_schemas_that_are_inferred(make, db, theirs):
    for name, data in {
        "dicts": [{"vector": [1.0, 2.0], "b": 1, "s": "x", "f": 1.5, "t": True, "l": [1, 2], "n": {"a": 1}}],
        "named": [{"my_embedding": [1.0, 2.0], "vec": [1.0], "xs": np.array([1.0])}],
        "arrow": pa.table({"vector": pa.array([[1.0, 2.0]]), "d": pa.array(["x"]).dictionary_encode().cast(pa.string())}),
    }.items():
        assert db.create_table(name, data).schema == theirs.create_table(name, data).schema, name


def test_reading(pair):
    pair.same(lambda t: t.schema)
    pair.same(lambda t: len(t))
    pair.same(lambda t: t.to_arrow().to_pylist())
    pair.same(lambda t: t.head(3).to_pylist())
    pair.same(lambda t: t.name)
    pair.same(lambda t: t.search().where("id < 5").select(["text", "id"]).to_list())
    pair.same(lambda t: t.search().limit(4).offset(2).select(["id"]).to_list())
    pair.same(lambda t: t.take_offsets([3, 7]).select(["id"]).to_list())
    pair.same(lambda t: t.take_row_ids([2, 9]).select(["id"]).to_list())
    pair.same(lambda t: t.to_pandas().shape)


@pytest.mark.parametrize("where", [
    "id = 7", "id > 50 AND id <= 55", "id IN (1, 2, 99)", "NOT id > 5", "score IS NULL", "score < 3.5 OR id = 50",
    "text LIKE 'word1%'", "id BETWEEN 10 AND 12", "starts_with(text, 'word2')", "id % 10 = 3", "score IS NOT NULL AND id < 12",
])
def test_counts_by_filter(pair, where):
    assert pair.same(lambda t: t.count_rows(where)) > 0


@pytest.mark.parametrize("metric", ["l2", "cosine", "dot"])
def test_vector_search(pair, metric):
    query = VECTORS[11] * 1.1

    def search(table):
        return table.search(query).distance_type(metric)

    pair.same(lambda t: approx(search(t).to_list()))
    pair.same(lambda t: search(t).limit(3).to_arrow().schema)
    pair.same(lambda t: approx(search(t).where("id > 20").limit(4).select(["id"]).to_list()))
    pair.same(lambda t: approx(search(t).where("id > 20", prefilter=False).limit(9).select(["id"]).to_list()))
    pair.same(lambda t: approx(search(t).limit(4).offset(3).select(["_distance", "id"]).to_list()))
    pair.same(lambda t: search(t).limit(4).select(["_distance", "id"]).to_arrow().column_names)
    pair.same(lambda t: search(t).limit(2).with_row_id(True).to_arrow().column_names)
    pair.same(lambda t: search(t).limit(2).select({"key": "id"}).to_arrow().column_names)
    pair.same(lambda t: approx(t.search(VECTORS[:2]).distance_type(metric).limit(3).to_arrow().to_pylist()))


def test_distance_range(pair):
    distances = [row["_distance"] for row in pair.ours.search(VECTORS[0]).limit(60).to_list()]
    low, high = (distances[4] + distances[5]) / 2, (distances[30] + distances[31]) / 2
    for bounds in ((low, high), (None, high), (low, None)):
        pair.same(lambda t: approx(t.search(VECTORS[0]).distance_range(*bounds).limit(12).select(["id"]).to_list()))


def test_text_search_finds_the_same_rows(pair):
    pair.theirs.create_fts_index("text")
    for words in ("term17", "word3"):
        found = pair.same(lambda t: sorted(r["id"] for r in t.search(words, query_type="fts").limit(20).to_list()))
        assert found
    pair.same(lambda t: t.search("term17").limit(2).to_arrow().schema)
    pair.same(lambda t: [r["id"] for r in t.search("word3 term17").limit(1).to_list()])


def test_add(pair):
    more = TABLE.slice(0, 3)
    pair.same(lambda t: t.add(more).version - t.version)
    pair.ours.add([{"id": 100, "text": "only some"}])
    pair.theirs.add([{"id": 100, "text": "only some"}])
    pair.same_rows()
    replaced = [{"other": 1}, {"other": 2}]
    for table in pair.tables:
        table.add(replaced, mode="overwrite")
    pair.same(lambda t: t.schema)
    pair.same_rows()


def test_delete(pair):
    for where in ("id = 5", "id IN (6, 7)", "score IS NULL", "text LIKE '%term3%'"):
        pair.same(lambda t: t.delete(where), fields("num_deleted_rows"))
        pair.same_rows()
    assert pair.ours.delete("id = 5").num_deleted_rows == 0


@pytest.mark.parametrize("where, values, sql", [
    ("id = 7", {"text": "it's new"}, None), (None, {"score": 1.25}, None), ("id < 3", {"score": None, "text": "x"}, None),
    ("id = 3", {"vector": [9.0] * DIM}, None), (None, None, {"id": "id + 100"}),
    ("score > 3", None, {"score": "score * 2", "text": "'const'"}), ("id = 999", {"text": "x"}, None),
])
def test_update(pair, where, values, sql):
    pair.same(lambda t: t.update(where, values, values_sql=sql), fields("rows_updated"))
    pair.same_rows()


TARGET = pa.table({"k": pa.array([1, 2, 3, None]), "v": ["a", "b", "c", "n"]})
NEW = pa.table({"k": pa.array([2, 4]), "v": ["B", "D"]})
COUNTS = fields("num_updated_rows", "num_inserted_rows", "num_deleted_rows", "num_attempts", "num_rows")
MERGES = {
    "upsert": (TARGET, NEW, lambda m: m.when_matched_update_all().when_not_matched_insert_all()),
    "insert": (TARGET, NEW, lambda m: m.when_not_matched_insert_all()),
    "update": (TARGET, NEW, lambda m: m.when_matched_update_all()),
    "delete": (TARGET, NEW, lambda m: m.when_not_matched_by_source_delete()),
    "all": (TARGET, NEW, lambda m: m.when_matched_update_all().when_not_matched_insert_all().when_not_matched_by_source_delete()),
    "delete where": (TARGET, NEW, lambda m: m.when_matched_update_all().when_not_matched_by_source_delete("v = 'a'")),
    "update where target": (TARGET, NEW, lambda m: m.when_matched_update_all(where="target.v = 'b'").when_not_matched_insert_all()),
    "update where not": (TARGET, NEW, lambda m: m.when_matched_update_all(where="target.v = 'z'").when_not_matched_insert_all()),
    "update where both": (TARGET, NEW, lambda m: m.when_matched_update_all(where="source.v < target.v")),
    "null keys": (TARGET, pa.table({"k": pa.array([None, None, 1], pa.int64()), "v": ["x", "y", "A"]}),
                  lambda m: m.when_matched_update_all().when_not_matched_insert_all()),
    "repeated new": (TARGET, pa.table({"k": [4, 4], "v": ["D", "DD"]}),
                     lambda m: m.when_matched_update_all().when_not_matched_insert_all()),
    "repeated insert": (TARGET, pa.table({"k": [2, 2, 4], "v": ["B", "BB", "D"]}), lambda m: m.when_not_matched_insert_all()),
    "repeated target": (pa.table({"k": [2, 2, 3], "v": ["b", "bb", "c"]}), NEW,
                        lambda m: m.when_matched_update_all().when_not_matched_insert_all()),
    "columns missing": (TARGET, pa.table({"k": [2, 9]}), lambda m: m.when_matched_update_all().when_not_matched_insert_all()),
    "other order": (TARGET, NEW.select(["v", "k"]), lambda m: m.when_matched_update_all().when_not_matched_insert_all()),
    "narrower key": (TARGET, NEW.set_column(0, "k", pa.array([2, 4], pa.int32())), lambda m: m.when_matched_update_all()),
    "floats": (pa.table({"k": [0.0, 1.5, math.nan], "v": ["a", "b", "c"]}),
               pa.table({"k": [-0.0, 1.5, math.nan], "v": ["A", "B", "C"]}),
               lambda m: m.when_matched_update_all().when_not_matched_insert_all()),
}


@pytest.mark.parametrize("name", MERGES)
def test_merge(make, name):
    target, new, build = MERGES[name]
    pair = make(target)
    pair.same(lambda t: build(t.merge_insert("k")).execute(new), COUNTS)
    pair.same_rows()


def test_merge_by_several_columns(make):
    pair = make(pa.table({"a": [1, 1, None], "b": ["x", "y", "z"], "v": [1, 2, 3]}))
    new = pa.table({"a": pa.array([1, 2, None]), "b": ["y", "z", "z"], "v": [20, 30, 40]})
    pair.same(lambda t: t.merge_insert(["a", "b"]).when_matched_update_all().when_not_matched_insert_all().execute(new), COUNTS)
    pair.same_rows()


@pytest.mark.parametrize("call", [
    lambda db: db.open_table("nope"), lambda db: db.drop_table("nope"), lambda db: db.create_table("a/b", TABLE),
    lambda db: db.create_table("x"), lambda db: db.create_table("x", []), lambda db: db.create_table("t", TABLE),
    lambda db: db.create_table("t", TABLE, mode="other"),
    lambda db: db["t"].add([{"zz": 1}]), lambda db: db["t"].add([{"vector": [1.0]}]),
    lambda db: db["t"].add([{"vector": [math.nan] * DIM}]), lambda db: db["t"].add(TABLE, mode="x"),
    lambda db: db["t"].count_rows("id = "), lambda db: db["t"].count_rows("nope = 1"), lambda db: db["t"].count_rows(""),
    lambda db: db["t"].delete(""), lambda db: db["t"].update("id = 1", {"nope": 1}), lambda db: db["t"].update(),
    lambda db: db["t"].update(values={"id": 1}, values_sql={"id": "1"}), lambda db: db["t"].checkout(999),
    lambda db: db["t"].merge_insert("id").execute(TABLE), lambda db: db["t"].merge_insert("nope").when_not_matched_insert_all().execute(TABLE),
    lambda db: db["t"].merge_insert([]).when_not_matched_insert_all().execute(TABLE),
    lambda db: db["t"].merge_insert("id").when_matched_update_all().execute(pa.concat_tables([TABLE, TABLE])),
    lambda db: db["t"].merge_insert("id").when_matched_update_all(where="text = 'x'").execute(TABLE),
    lambda db: db["t"].search(VECTORS[0]).distance_type("other").to_list(), lambda db: db["t"].search(VECTORS[0]).limit(0).to_list(),
    lambda db: db["t"].search([1.0]).to_list(), lambda db: db["t"].search(VECTORS[0]).select(["nope"]).to_list(),
])
def test_what_is_wrong_there_is_wrong_here(pair, db, theirs, call):
    """Where lancedb raises a ValueError, ours is one too, so that code written for it goes on."""
    with pytest.raises((ValueError, RuntimeError)):
        call(theirs)
    with pytest.raises(ValueError) as raised:
        call(db)
    assert isinstance(raised.value, squire.Error)
    assert pair.ours.version == 2


def test_versions(pair):
    for table in pair.tables:
        table.add(TABLE.slice(0, 1))
        table.delete("id = 3")
    grown = pair.same(lambda t: [v["version"] for v in t.list_versions()][-3:], lambda v: [n - v[0] for n in v])
    assert grown == [0, 1, 2]
    pair.same(lambda t: sorted(t.list_versions()[-1]))
    for table in pair.tables:
        table.checkout(table.version - 1)
    pair.same(lambda t: len(t))
    for table in pair.tables:
        with pytest.raises(ValueError, match="checked out"):
            table.add(TABLE)
        table.checkout_latest()
    pair.same(lambda t: len(t))


def test_restore(pair):
    for table in pair.tables:
        first = table.version
        table.add(TABLE.slice(0, 1))
        table.delete("id > 3")
        table.restore(first)
    pair.same_rows()
    for table in pair.tables:
        table.checkout(first_with_rows(table))
        table.restore()
        table.add(TABLE.slice(0, 2))
    pair.same_rows()
    for table in pair.tables:
        with pytest.raises(ValueError):
            table.restore()


def first_with_rows(table):
    return next(v["version"] for v in table.list_versions() if v["metadata"]["total_rows"] != "0") + 1


def test_tags(pair):
    for table in pair.tables:
        start = table.version
        table.add(TABLE.slice(0, 1))
        table.tags.create("first", start)
        table.tags.create("second", table.version)
        table.tags.update("second", start)
        table.tags.delete("first")
        assert table.tags.get_version("second") == start
        table.checkout("second")
        assert len(table) == 60
        table.checkout_latest()
        table.restore("second")
    pair.same(lambda t: len(t))
    pair.same(lambda t: {name: sorted(tag)[-1] for name, tag in t.tags.list().items()})
    for call in (lambda t: t.tags.create("second", 1), lambda t: t.tags.create("x", 999), lambda t: t.tags.get_version("x"),
                 lambda t: t.tags.update("x", 1), lambda t: t.tags.delete("x"), lambda t: t.checkout("x")):
        for table in pair.tables:
            with pytest.raises((ValueError, RuntimeError)):
                call(table)
    with pytest.raises(squire.NotFoundError):
        pair.ours.checkout("x")


def test_columns(pair):
    for table in pair.tables:
        table.add_columns({"twice": "id * 2", "upper": "upper(text)", "half": "score / 2", "flag": "id > 3", "again": "text"})
        table.add_columns(pa.field("empty", pa.int32()))
        table.add_columns([pa.field("e2", pa.string()), pa.field("e3", pa.float32())])
        table.alter_columns({"path": "twice", "rename": "double"})
        table.drop_columns(["text", "e2"])
    pair.same(lambda t: t.schema)
    pair.same_rows()
    pair.same(lambda t: t.add([{"id": 7, "double": 3}]) and len(t))
    pair.same_rows()
    with pytest.raises(squire.UnsupportedError):
        pair.ours.alter_columns({"path": "id", "data_type": pa.int32()})
    for call in (lambda t: t.drop_columns(["nope"]), lambda t: t.add_columns({"id": "1"}), lambda t: t.add_columns({"z": "nope"}),
                 lambda t: t.alter_columns({"path": "nope", "rename": "x"})):
        for table in pair.tables:
            with pytest.raises((ValueError, RuntimeError)):
                call(table)


def test_key_indexes(pair):
    for table in pair.tables:
        table.create_scalar_index("id")
        table.create_scalar_index("text", name="words")
        table.create_scalar_index("id")
        with pytest.raises((ValueError, RuntimeError)):
            table.create_scalar_index("id", replace=False)
        table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(TABLE.slice(3, 4))
        table.delete("id = 50")
        table.drop_index("words")
    pair.same(lambda t: [(i.name, i.index_type, i.columns) for i in t.list_indices()])
    pair.same_rows()
    pair.same(lambda t: t.count_rows("id IN (3, 4, 50, 59)"))
    with pytest.raises(squire.NotFoundError):
        pair.ours.drop_index("words")
    with pytest.raises(squire.UnsupportedError):
        pair.ours.create_scalar_index("id", index_type="BITMAP")
    assert pair.ours.upsert("id", TABLE.slice(10, 1)).num_deleted_rows == 1
    assert pair.ours.delete_keys("id", [11, 12]).num_deleted_rows == 2
    assert pair.ours.verify().problems == []


def test_listing(db, theirs):
    for each in (db, theirs):
        for name in ("b", "a", "c-1_x.y"):
            each.create_table(name, TABLE)
    for names in (lambda d: list(d.table_names()), lambda d: list(d.table_names(limit=1)),
                  lambda d: list(d.table_names(page_token="a")), len, lambda d: "b" in d, lambda d: d.list_tables().tables):
        assert names(db) == names(theirs)


def test_lancedb_reads_ours_after_every_kind_of_write(pair, db):
    table = pair.ours
    table.delete("id < 10")
    table.update("id = 20", {"text": "changed"})
    table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(TABLE.slice(5, 10))
    table.upsert("id", TABLE.slice(30, 2))
    table.delete_keys("id", [40, 41])
    assert rows(lancedb.connect(db.uri).open_table("t")) == rows(table)


def test_several_vectors_at_once(pair):
    queries = [[float(x) for x in vector] for vector in VECTORS[:3] + 0.01]
    found = pair.same(lambda table: table.search(queries).distance_type("cosine").limit(4).select(["id"]).to_list(),
                      lambda rows: sorted((row["query_index"], row["id"], round(row["_distance"], 4)) for row in rows))
    assert len(found) == 12
    ids, distances = pair.ours.nearest(VECTORS[:3] + np.float32(0.01), 4, distance_type="cosine")
    assert ids.shape == distances.shape == (3, 4)
    assert [(q, int(i), round(float(d), 4)) for q in range(3) for i, d in sorted(zip(ids[q], distances[q]))] == found
    ids, distances = pair.ours.nearest(VECTORS[:2], 5, where="id < 3")
    assert (ids[:, 3:] == 2**64 - 1).all() and np.isinf(distances[:, 3:]).all() and (ids[:, :3] < 3).all()
    empty = pair.ours.search(VECTORS[:2]).where("id < 0").to_arrow()
    assert empty.num_rows == 0 and "query_index" in empty.column_names
    with pytest.raises(squire.InvalidArgumentError):
        pair.ours.nearest(VECTORS[:2, :5].copy(), 3)


def test_hybrid_searches_take_rerankers(pair):
    pair.ours.create_fts_index("text")

    def ask(reranker=None, limit=8):
        query = pair.ours.search(query_type="hybrid").vector(VECTORS[3]).text("word3 term9").limit(limit).select(["id"])
        return (query if reranker is None else query.rerank(reranker)).to_list()

    fused = ask()
    assert [row["id"] for row in ask(squire.rerankers.RRFReranker())] == [row["id"] for row in fused]
    theirs = ask(lancedb.rerankers.RRFReranker(return_score="relevance"))
    assert sorted(round(row["_relevance_score"], 6) for row in theirs) == sorted(round(row["_relevance_score"], 6) for row in fused)
    only_words = ask(squire.rerankers.RRFReranker(vector_weight=0), limit=3)
    by_words = pair.ours.search("word3 term9", query_type="fts").limit(3).to_list()
    assert [row["id"] for row in only_words] == [row["id"] for row in by_words]
    with pytest.raises(squire.InvalidArgumentError):
        pair.ours.search(VECTORS[0]).rerank(squire.rerankers.RRFReranker(), "words")
    with pytest.raises(squire.InvalidArgumentError):
        squire.rerankers.RRFReranker(K=0)


def test_queries_as_objects(pair):
    for table in pair.tables:
        table.create_fts_index("text")
    fts = squire.fts
    pairs = [
        (fts.MatchQuery("word3 term17", "text"), query.MatchQuery("word3 term17", "text")),
        (fts.MatchQuery("word3 term17", operator=fts.Operator.AND),
         query.MatchQuery("word3 term17", "text", operator=query.FullTextOperator.AND)),
        (fts.MatchQuery("trem17", "text", fuzziness=2), query.MatchQuery("trem17", "text", fuzziness=2)),
        (fts.MatchQuery("term17", "text", boost=3), query.MatchQuery("term17", "text", boost=3)),
        (fts.BooleanQuery([(fts.Occur.MUST, fts.MatchQuery("word3", "text")),
                           (fts.Occur.MUST_NOT, fts.MatchQuery("term17", "text"))]),
         query.BooleanQuery([(query.Occur.MUST, query.MatchQuery("word3", "text")),
                             (query.Occur.MUST_NOT, query.MatchQuery("term17", "text"))])),
    ]
    for ours, theirs in pairs:
        def rows(table, asked):
            found = table.search(asked, query_type="fts").limit(50).to_list()
            return sorted((row["id"], round(row["_score"], 4)) for row in found)

        assert rows(pair.ours, ours) == rows(pair.ours, theirs) == rows(pair.theirs, theirs), ours
        assert rows(pair.ours, ours), ours


def test_several_columns_of_words(tmp_path):
    rows = [{"id": 1, "title": "a knight", "body": "of the round table"}, {"id": 2, "title": "table", "body": "wood and nails"},
            {"id": 3, "title": "nothing", "body": "at all"}]
    ours = squire.connect(tmp_path / "ours").create_table("t", rows)
    theirs = lancedb.connect(tmp_path / "theirs").create_table("t", rows)
    for table in (ours, theirs):
        for column in ("title", "body"):
            table.create_fts_index(column, stem=False)
    for boosts in (None, [3.0, 1.0]):
        asked = squire.fts.MultiMatchQuery("table", ["title", "body"], boosts=boosts)
        found = [(row["id"], round(row["_score"], 4)) for row in ours.search(asked).to_list()]
        answer = theirs.search(query.MultiMatchQuery("table", ["title", "body"], boosts=boosts), query_type="fts").to_list()
        assert found == [(row["id"], round(row["_score"], 4)) for row in answer]
    plain = ours.search("table nails", fts_columns=["title", "body"]).to_list()
    assert [row["id"] for row in plain] == [2, 1]
    assert [row["id"] for row in ours.search("round table", fts_columns="body").all_words().to_list()] == [1]
    assert [row["id"] for row in ours.search(squire.fts.PrefixQuery("kni", "title")).to_list()] == [1]
    assert ours.search(squire.fts.PhraseQuery("round table", "body")).to_list()[0]["id"] == 1
    flat = ours.search("table", fts_columns="title").bm25(k1=0).to_list()
    assert len(flat) == 1
    for wrong in (squire.fts.PhraseQuery("round table", "body", slop=1), query.BoostQuery(query.MatchQuery("a", "title"),
                  query.MatchQuery("b", "title")), squire.fts.BooleanQuery([]), squire.fts.MultiMatchQuery("a", [])):
        with pytest.raises((squire.UnsupportedError, squire.InvalidArgumentError)):
            ours.search(wrong).to_list()


def test_matches_are_those_of_a_search(pair):
    for index in (False, True):
        if index:
            pair.ours.create_fts_index("text")
        rows, scores = pair.ours.matches("word3 term17", 5, where="id < 50")
        found = pair.ours.search("word3 term17").where("id < 50").with_row_id().limit(5).to_list()
        assert rows.tolist() == [row["_rowid"] for row in found] and len(found) == 5
        assert scores.tolist() == pytest.approx([row["_score"] for row in found])
        assert len(pair.ours.matches("word3 term17", all_words=True)[0]) == 1
        assert len(pair.ours.matches("nothing")[0]) == 0
