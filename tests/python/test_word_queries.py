"""Queries of several parts on our tables and on lancedb's: the same rows with the same scores."""
import lancedb
import pyarrow as pa
import pytest
import squire
from lancedb.query import BooleanQuery, FullTextOperator, MatchQuery, Occur, PhraseQuery

TEXTS = ["round table", "table round", "round old table", "round", "table", "nothing", "house round table", "house",
         "garden house", "garden gate", "garden", "house gate garden", "the", "old table round table"]
TITLES = ["garden", "house", "round", "table", "round table", "garden", "gate", "garden", "house", "table round", "", "", "", None]
SHOULD, MUST, NOT = Occur.SHOULD, Occur.MUST, Occur.MUST_NOT
ROUND_TABLE = PhraseQuery("round table", "text")


def words(text, column="text", **options):
    return MatchQuery(text, column, **options)


def every(text, column="text"):
    return MatchQuery(text, column, operator=FullTextOperator.AND)


QUERIES = {
    "phrase": ROUND_TABLE,
    "phrase of a stop word": PhraseQuery("the garden", "text"),
    "a phrase alone": BooleanQuery([(SHOULD, ROUND_TABLE)]),
    "a phrase or a word": BooleanQuery([(SHOULD, ROUND_TABLE), (SHOULD, words("house"))]),
    "a phrase or its word": BooleanQuery([(SHOULD, ROUND_TABLE), (SHOULD, words("round"))]),
    "a phrase beside what must be": BooleanQuery([(SHOULD, ROUND_TABLE), (MUST, words("round"))]),
    "a phrase that must be": BooleanQuery([(MUST, ROUND_TABLE), (SHOULD, words("round"))]),
    "no phrase": BooleanQuery([(NOT, ROUND_TABLE), (SHOULD, words("round"))]),
    "all words or one": BooleanQuery([(SHOULD, every("garden gate")), (SHOULD, words("house"))]),
    "all words beside what must be": BooleanQuery([(SHOULD, every("garden gate")), (MUST, words("house"))]),
    "likes of all words or one": BooleanQuery([(SHOULD, words("gardn gat", operator=FullTextOperator.AND, fuzziness=1)),
                                               (SHOULD, words("house"))]),
    "a stop word that must be": BooleanQuery([(MUST, words("the")), (SHOULD, words("house"))]),
    "a stop word and a word that must be": BooleanQuery([(MUST, words("the house")), (SHOULD, words("gate"))]),
    "a stop word that should be": BooleanQuery([(SHOULD, every("the")), (SHOULD, words("house"))]),
    "no stop word": BooleanQuery([(NOT, words("the")), (SHOULD, words("house"))]),
    "a word too long": BooleanQuery([(MUST, words("a" * 50)), (SHOULD, words("house"))]),
    "two columns": BooleanQuery([(SHOULD, words("house")), (SHOULD, words("house", "title"))]),
    "both of two columns": BooleanQuery([(MUST, words("house")), (MUST, words("garden", "title"))]),
    "one of two columns": BooleanQuery([(MUST, words("house")), (SHOULD, words("garden", "title"))]),
    "not the other column": BooleanQuery([(SHOULD, words("house")), (NOT, words("garden", "title"))]),
    "a phrase of another column": BooleanQuery([(SHOULD, words("house")), (SHOULD, PhraseQuery("table round", "title"))]),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The same rows: indexed by lancedb, by us, and by us before most of them came; and lancedb's own table."""
    folder = tmp_path_factory.mktemp("words")
    data = pa.table({"id": range(len(TEXTS)), "text": TEXTS, "title": TITLES})
    theirs = lancedb.connect(folder).create_table("theirs", data)
    ours = squire.connect(folder)
    made = {"with positions": (True, len(TEXTS)), "without positions": (False, len(TEXTS)), "mostly new rows": (True, 1)}
    tables = {name: ours.create_table(name.replace(" ", "_"), data.slice(0, rows)) for name, (_, rows) in made.items()}
    for column in ("text", "title"):
        theirs.create_fts_index(column, with_position=True)
        for name, table in tables.items():
            table.create_fts_index(column, with_position=made[name][0])
    tables["mostly new rows"].add(data.slice(1))
    tables["lancedb's index"] = ours.open_table("theirs")
    return tables, theirs


@pytest.mark.parametrize("name", QUERIES)
def test_parts_of_a_query(tables, name):
    def rows(table):
        return {row["id"]: row["_score"] for row in table.search(QUERIES[name], query_type="fts").limit(50).to_list()}

    expected = rows(tables[1])
    for made, table in tables[0].items():
        assert rows(table) == pytest.approx(expected, abs=1e-3), made


def test_a_phrase_is_one_without_an_index(tmp_path):
    table = squire.connect(tmp_path).create_table("t", pa.table({"id": range(len(TEXTS)), "text": TEXTS}))
    found = table.search(squire.fts.PhraseQuery("round table")).limit(50).to_list()
    assert sorted(row["id"] for row in found) == [0, 6, 13]


def test_no_word_of_many_is_left_out(tmp_path):
    names = [f"word{i}" for i in range(4100)]
    folder = squire.connect(tmp_path)
    for indexed in (False, True):
        table = folder.create_table("t", pa.table({"text": names}), mode="overwrite")
        if indexed:
            table.create_fts_index("text")
        many = " ".join(names[:4096])
        for asked in (many, squire.fts.MatchQuery(many)):
            assert table.search(asked, query_type="fts").limit(5000).to_arrow().num_rows == 4096
        assert len(table.matches(many, 5000)[0]) == 4096
        with pytest.raises(squire.InvalidArgumentError, match="4096 distinct words"):
            table.search(many + " word4099", query_type="fts").to_list()
