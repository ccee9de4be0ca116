"""Searches and plain reads as lancedb's builders tell them, and what they refuse."""
import math

import numpy as np
import pyarrow as pa
import pytest
import squire
from lancedb.query import ColumnOrdering, MatchQuery
from lancedb.rerankers import LinearCombinationReranker

DIM = 8
RNG = np.random.default_rng(7)
VECTORS = RNG.standard_normal((200, DIM)).astype(np.float32)
TABLE = pa.table({
    "id": pa.array(range(200)),
    "vector": pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.reshape(-1)), DIM),
    "text": [" ".join(["knight"] * (i % 17) + ["lance"] * (i % 5) + ["and"] * (i // 17) + [f"word{i}"]) for i in range(200)],
    "score": pa.array([None if i % 9 == 8 else math.nan if i % 11 == 5 else i * 7 % 50 / 4 for i in range(200)]),
})
NEAR = VECTORS[3] + np.float32(0.1)


@pytest.fixture
def tables(db, theirs):
    """Ours and lancedb's, whose index for words finds every word as it is."""
    ours, other = db.create_table("t", TABLE), theirs.create_table("t", TABLE)
    other.create_fts_index("text", stem=False, remove_stop_words=False)
    return ours, other


def same(tables, call):
    ours, other = (call(table) for table in tables)
    assert ours == other
    return ours


def ids(query):
    return [row["id"] for row in query.to_list()]


def hybrid(table, words="knight lance"):
    return table.search(query_type="hybrid").vector(NEAR.tolist()).text(words)


def distances(rows):
    return [float(((VECTORS[row] - NEAR) ** 2).sum()) for row in rows]


def test_conditions_add_up(tables):
    for search in (lambda t: t.search(NEAR), lambda t: t.search("knight"), hybrid, lambda t: t.search()):
        def both(table):
            return set(ids(search(table).where("id < 100 OR id = 150").where("id > 5").limit(500)))

        assert same(tables, both) <= {*range(6, 100), 150}
        assert len(ids(search(tables[0]).where(None).limit(3))) == 3
    commented = tables[0].search().where("id < 9 -- and so on").where("id > 5")
    assert ids(commented) == [6, 7, 8]
    with pytest.raises(squire.InvalidArgumentError, match="no bracket is open"):
        tables[0].search().where("id < 9").where("false) OR (true").to_list()
    late = tables[0].search(NEAR).where("id < 100", prefilter=False).where("id > 5").limit(20)
    assert ids(late) == [row for row in ids(tables[0].search(NEAR).limit(20)) if 5 < row < 100]


def test_a_range_bounds_the_part_of_a_hybrid_search_by_vector(tables):
    by_words = set(ids(tables[0].search("knight lance").limit(12)))
    nearest = sorted(range(200), key=lambda row: distances([row])[0])
    low, high = (distances([nearest[at]])[0] + 1e-4 for at in (4, 30))
    found = same(tables, lambda t: set(ids(hybrid(t).distance_range(low, high).limit(12))))
    assert found <= by_words | set(nearest[5:31]) and found - by_words
    assert set(ids(hybrid(tables[0]).distance_range(0, 1e-9).limit(12))) == by_words
    for search in (tables[0].search("knight"), tables[0].search()):
        with pytest.raises(squire.InvalidArgumentError, match="by vector"):
            search.distance_range(0, 1)


def test_a_late_condition_of_a_hybrid_search_is_asked_of_both_parts(tables):
    for limit in (3, 10, 40):
        found = same(tables, lambda t: sorted(ids(hybrid(t).where("id % 2 = 0", prefilter=False).limit(limit))))
        parts = {row for part in (tables[0].search(NEAR), tables[0].search("knight lance")) for row in ids(part.limit(limit))}
        even = {row for row in parts if row % 2 == 0}
        assert set(found) <= even and len(found) == min(limit, len(even))


def test_one_vector_in_a_list_is_one_vector(tables):
    for query in ([NEAR.tolist()], NEAR.reshape(1, DIM)):
        assert same(tables, lambda t: t.search(query).limit(2).to_arrow().column_names)[-1] == "_distance"
    assert "query_index" in tables[0].search([NEAR, NEAR]).limit(2).to_arrow().column_names


def test_no_limit_is_the_usual_one(tables):
    for limit in (None, 0, -1):
        assert same(tables, lambda t: len(t.search("knight").limit(limit).to_list())) == 10
        assert same(tables, lambda t: len(hybrid(t).limit(limit).to_list())) == 10
        assert same(tables, lambda t: len(t.search().limit(limit).to_list())) == 200


def test_no_column_is_all_columns(tables):
    for search in (lambda t: t.search(NEAR), lambda t: t.search("knight"), lambda t: t.search()):
        same(tables, lambda t: search(t).select([]).limit(2).to_arrow().column_names)


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("nulls_first", [True, False])
def test_order(tables, ascending, nulls_first):
    key = {"column_name": "score", "ascending": ascending, "nulls_first": nulls_first}
    order = [key, {"column_name": "id", "ascending": False}]
    found = same(tables, lambda t: ids(t.search().order_by(ordering=order).select(["id", "score"])))
    assert len(found) == 200
    assert ids(tables[0].search().order_by([ColumnOrdering(**each) for each in order])) == found
    page = tables[0].search().order_by(order).where("id < 150").select({"key": "id"}).offset(5).limit(10).to_list()
    assert page == [{"key": row} for row in [row for row in found if row < 150][5:15]]
    near = ids(tables[0].search(NEAR).order_by(order).select(["id"]).limit(10))
    assert near == [row for row in found if row in ids(tables[0].search(NEAR).limit(10))]
    assert tables[0].search().order_by(order).to_batches(7).read_all().num_rows == 200
    for wrong in ("score", [{"name": "score"}], [{"column_name": "nope"}], [{"column_name": "vector"}], 5):
        with pytest.raises((squire.InvalidArgumentError, squire.NotFoundError)):
            tables[0].search().order_by(wrong).to_list()


def test_ids_and_models(tables):
    table = tables[0]
    for search in (table.search(NEAR), table.search()):
        row = search.select(["id"]).with_row_id().with_row_address().limit(1).to_list()[0]
        assert row["_rowaddr"] == row["_rowid"]
    assert "_rowaddr" in table.search().with_row_address().limit(1).to_arrow().column_names

    class Row:
        def __init__(self, id, text):
            self.id, self.text = id, text

    assert [row.id for row in table.search().select(["id", "text"]).limit(2).to_pydantic(Row)] == [0, 1]


def test_schemas_of_answers(tables):
    for search in (lambda t: t.search(NEAR), lambda t: t.search("knight"), lambda t: t.search()):
        for build in (lambda q: q, lambda q: q.select(["text", "id"]), lambda q: q.select({"key": "id"}).with_row_id(True)):
            schema = same(tables, lambda t: build(search(t)).limit(3).to_arrow().schema)
            assert build(search(tables[0])).output_schema() == schema
    several = tables[0].search([NEAR, NEAR]).select(["id"])
    assert several.output_schema() == several.to_arrow().schema
    assert hybrid(tables[0]).output_schema() == hybrid(tables[0]).to_arrow().schema
    ordered = tables[0].search().order_by([{"column_name": "score"}]).select({"key": "id"}).with_row_id()
    assert ordered.output_schema() == ordered.to_arrow().schema
    with pytest.raises(squire.NotFoundError):
        tables[0].search(NEAR).select(["nope"]).output_schema()


class Backwards:
    """A reranker as lancedb has them: the last row first."""

    score = "relevance"

    def rerank_fts(self, query, results):
        assert query == "knight"
        return self.rerank_vector(query, results)

    def rerank_vector(self, query, results):
        results = results.take(list(range(results.num_rows))[::-1])
        return results.append_column("_relevance_score", pa.array(range(results.num_rows), pa.float32()))


def test_rerankers_of_each_kind_of_search(tables):
    table = tables[0]
    for search, words in ((table.search("knight"), ()), (table.search(NEAR), ("knight",))):
        before = ids(search.limit(5))
        again = search.rerank(Backwards(), *words).limit(5).to_list()
        assert [row["id"] for row in again] == before[::-1] and "_relevance_score" in again[0] and "_rowid" not in again[0]
    for wrong in (lambda: table.search("knight").rerank(squire.rerankers.RRFReranker()), lambda: table.search(NEAR).rerank(Backwards()),
                  lambda: hybrid(table).rerank(Backwards()), lambda: hybrid(table).rerank(normalize="x")):
        with pytest.raises(squire.InvalidArgumentError):
            wrong()
    with pytest.raises(squire.UnsupportedError):
        table.search().rerank(Backwards())


@pytest.mark.parametrize("normalize", ["score", "rank"])
def test_rerankers_see_scores_as_in_lancedb(tables, normalize):
    def ask(table):
        found = hybrid(table, "word3 word40 lance").rerank(LinearCombinationReranker(weight=0.6), normalize=normalize).limit(3).to_list()
        return [(row["id"], round(row["_relevance_score"], 3)) for row in found]

    assert same(tables, ask)


def test_a_phrase_may_be_said_before_its_words(tables):
    query = tables[0].search(query_type="hybrid").phrase_query().vector(NEAR).text("lance knight")
    assert ids(query.limit(5)) == ids(tables[0].search(NEAR).limit(5)), "no row has this phrase"
    assert ids(tables[0].search("knight lance").phrase_query().phrase_query(False).limit(5)) == ids(tables[0].search("knight lance").limit(5))


WRONG = [
    lambda t: t.search(np.zeros((0, DIM))), lambda t: t.search({}), lambda t: t.search(5), lambda t: t.search(iter(range(DIM))),
    lambda t: t.search(b"\0" * DIM), lambda t: t.search(np.zeros((2, 2, 2))), lambda t: t.search([b"\0" * 4] * 2),
    lambda t: t.search([1j] * DIM), lambda t: t.search(np.array(["1"] * DIM)), lambda t: t.search([[0] * 7] * 2),
    lambda t: t.search([[0] * 7, [0] * DIM]), lambda t: t.search(NEAR).distance_type(None), lambda t: t.search(NEAR).where(5),
    lambda t: t.search(NEAR).where("  "), lambda t: t.search("\ud800"), lambda t: t.search("knight", fts_columns="\ud800"),
    lambda t: t.search(NEAR).select(["\ud800"]), lambda t: t.search(NEAR).select("id"), lambda t: t.search(NEAR).select(None),
    lambda t: t.search(NEAR).nprobes(1.5), lambda t: t.search(NEAR).nprobes(0), lambda t: t.search(NEAR).limit(2**70),
    lambda t: t.search(NEAR).limit(1.5), lambda t: t.search(NEAR).limit(None), lambda t: t.search(NEAR).offset(-1),
    lambda t: t.search(NEAR).refine_factor(math.nan), lambda t: t.search(NEAR).refine_factor(0),
    lambda t: t.search(NEAR).distance_range(math.nan), lambda t: t.search("knight").bm25(k1="x"),
    lambda t: t.search(NEAR, query_type="other"), lambda t: hybrid(t).vector([NEAR, NEAR]), lambda t: hybrid(t).text(None),
    lambda t: t.search(squire.fts.MatchQuery("a", operator="xor")), lambda t: t.search(squire.fts.MatchQuery("a", fuzziness=-1)),
    lambda t: t.search(squire.fts.MatchQuery("a", max_expansions=-1)), lambda t: t.search(squire.fts.MatchQuery(None)),
    lambda t: t.search(squire.fts.MatchQuery("a", prefix_length=-1)), lambda t: t.search(squire.fts.PrefixQuery("a", max_expansions=0)),
    lambda t: t.search(squire.fts.BooleanQuery([("MAYBE", squire.fts.MatchQuery("a"))])),
    lambda t: t.search(MatchQuery("a", "text", max_expansions=-1)),
]


@pytest.mark.parametrize("wrong", range(len(WRONG)))
def test_what_cannot_be_asked(db, wrong):
    table = db.create_table("t", TABLE.slice(0, 9))
    with pytest.raises(squire.InvalidArgumentError) as raised:
        WRONG[wrong](table).to_list()
    assert "incompatible function" not in str(raised.value) and len(str(raised.value)) < 200


def test_wrong_dimensions_are_counted_right(db):
    table = db.create_table("t", TABLE)
    for _ in range(2):
        with pytest.raises(squire.InvalidArgumentError, match="7 dimensions"):
            table.search([[0] * 7] * 2).to_list()
        table.create_index()
