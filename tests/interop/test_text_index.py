"""A full-text index that Squire made, used and kept by other Lance programs; and theirs, used here."""

import lance
import lancedb
import pyarrow as pa
import pytest
import random
import squire

ROWS = 3000
WORDS = [f"{a}{b}{c}" for a in ("kn", "sq", "l", "tab", "qu", "w") for b in ("i", "a", "o", "e") for c in ("ght", "ire", "nce", "le", "rs")]
COMMON = ["the", "running", "of", "knights", "Straße", "naïve", "INDEX", "index-file"]


def texts(count, seed):
    rng = random.Random(seed)
    out = []
    for i in range(count):
        words = rng.choices(WORDS, weights=range(1, len(WORDS) + 1), k=rng.randint(0, 30)) + rng.choices(COMMON, k=4)
        rng.shuffle(words)
        out.append(None if i % 97 == 5 else " ".join(words))
    return out


def rows(first, values):
    return pa.table({"id": pa.array(range(first, first + len(values)), pa.int64()), "text": pa.array(values, pa.string())})


QUERIES = ["knight", "tables lance", "squire qui tance wange", "running index", "the naive strasse", "zebra"]


def theirs(path, query):
    found = lance.dataset(path).to_table(full_text_query=query, columns=["id", "_score"], limit=10)
    return sorted(zip(found["_score"].to_pylist(), found["id"].to_pylist()), key=lambda hit: (-hit[0], hit[1]))


def through_lancedb(folder, query):
    found = lancedb.connect(folder).open_table("t").search(query, query_type="fts").limit(10).to_arrow()
    return sorted(zip(found["_score"].to_pylist(), found["id"].to_pylist()), key=lambda hit: (-hit[0], hit[1]))


def plan(path, query):
    return lance.dataset(path).scanner(full_text_query=query, columns=["id", "_score"], limit=10).explain_plan(True)


def assert_same(one, other, query):
    """The same scores, and the same rows where scores tell them apart."""
    assert [score for score, _ in one] == pytest.approx([score for score, _ in other], rel=1e-4), query
    last = one[-1][0] if one else 0
    above = lambda hits: {row for score, row in hits if score > last * 1.0001}
    assert above(one) == above(other), query


def make_theirs(path, values, **options):
    """The same rows with an index that pylance made."""
    dataset = lance.write_dataset(rows(0, values), path)
    dataset.create_scalar_index("text", "INVERTED", **options)
    return path


@pytest.mark.parametrize("options", [{}, {"with_position": True}, {"stem": False, "remove_stop_words": False}])
def test_theirs_search_through_ours(tmp_path, options):
    values = texts(ROWS, 1)
    table = squire.connect(tmp_path / "ours").create_table("t", rows(0, values))
    table.create_fts_index("text", **options)
    assert [index.index_type for index in table.list_indices()] == ["Inverted"]
    path = str(tmp_path / "ours" / "t.lance")
    reference = make_theirs(str(tmp_path / "theirs" / "t.lance"), values, **{"with_position": False, **options})
    for query in QUERIES:
        wanted = theirs(reference, query)
        assert_same(theirs(path, query), wanted, query)
        assert_same(through_lancedb(tmp_path / "ours", query), wanted, query)
    assert "MatchQuery" in plan(path, "knight")
    if options.get("with_position"):
        phrase = lance.query.PhraseQuery("running index", "text")
        assert len(theirs(path, phrase)) > 0
        assert_same(theirs(path, phrase), theirs(reference, phrase), "phrase")


def test_theirs_keep_ours_alive(tmp_path):
    values = texts(ROWS, 2)
    table = squire.connect(tmp_path / "ours").create_table("t", rows(0, values))
    table.create_fts_index("text")
    path = str(tmp_path / "ours" / "t.lance")
    more = texts(500, 3)
    reference = make_theirs(str(tmp_path / "theirs" / "t.lance"), values, with_position=False)
    for one in (path, reference):
        lance.write_dataset(rows(ROWS, more), one, mode="append")
        dataset = lance.dataset(one)
        dataset.delete("id < 10")
        dataset.merge_insert("id").when_matched_update_all().execute(rows(20, ["a knight alone"] * 5))
        dataset.optimize.compact_files()
        dataset.optimize.optimize_indices()
    for query in QUERIES:
        assert_same(theirs(path, query), theirs(reference, query), query)
    table = squire.connect(tmp_path / "ours").open_table("t")
    assert [index.index_type for index in table.list_indices()] == ["Inverted"]
    assert table.verify().problems == []
    table.add(rows(10_000, ["knight of a falconer row"] * 1500))
    assert table.verify().problems == []
    assert len(theirs(path, "falconer")) == 10
    lancedb.connect(tmp_path / "ours").open_table("t").optimize()
    assert len(theirs(path, "falconer")) == 10
    assert len(through_lancedb(tmp_path / "ours", "falconer")) == 10


def test_ours_keep_theirs_alive(tmp_path):
    values = texts(ROWS, 4)
    path = make_theirs(str(tmp_path / "t.lance"), values, with_position=True)
    table = squire.connect(tmp_path).open_table("t")
    assert table.list_indices()[0].index_type == "Inverted"
    table.add(rows(ROWS, ["a squire followed his falconer knight"] * 1200))
    table.delete("id < 100")
    table.optimize()
    assert table.verify().problems == []
    assert len(theirs(path, "falconer")) == 10
    assert len(theirs(path, lance.query.PhraseQuery("falconer knight", "text"))) == 10
    fresh = str(tmp_path / "fresh.lance")
    lance.write_dataset(lance.dataset(path).to_table(), fresh)
    lance.dataset(fresh).create_scalar_index("text", "INVERTED", with_position=True)
    for query in QUERIES:
        found = {row for _, row in theirs(path, query)}
        assert len(found) == len(theirs(fresh, query)), query


def test_they_leave_an_index_for_code_alone(tmp_path):
    values = [text or "" for text in texts(ROWS, 5)]
    columns = {"id": range(ROWS), "text": values, "name": [f"parseHttp{i}" for i in range(ROWS)]}
    table = squire.connect(tmp_path).create_table("t", pa.table(columns))
    table.create_fts_index(["text", "name"], base_tokenizer="code1", boosts=[2, 5], name="words")
    assert [(i.index_type, i.columns) for i in table.list_indices()] == [("Text", ["text", "name"])]
    path = str(tmp_path / "t.lance")
    dataset = lance.dataset(path)
    dataset.delete("id < 10")
    lance.write_dataset(pa.table({"id": [9000], "text": ["one more"], "name": ["last"]}), path, mode="append")
    dataset = lance.dataset(path)
    assert dataset.optimize.compact_files().fragments_removed > 0
    dataset.optimize.optimize_indices()
    lancedb.connect(tmp_path).open_table("t").optimize()
    table = squire.connect(tmp_path).open_table("t")
    assert [index.name for index in table.list_indices()] == ["words"]
    table.optimize()
    assert table.verify().problems == []
    lance.dataset(path).drop_index("words")
    assert squire.connect(tmp_path).open_table("t").list_indices() == []


# "not" and the like are stop words of Lance 13, which is lancedb's, and words of Lance 14, which is pylance's.
@pytest.mark.parametrize("maker", ["lancedb", "pylance", "squire"])
def test_stop_words_are_those_of_who_made_the_index(tmp_path, maker):
    values = ["Bob's house is not big", "the house", "Alice's garden, won't you", "that isn't theirs", "no d m ll ve"]
    path = str(tmp_path / "t.lance")
    if maker == "lancedb":
        lancedb.connect(tmp_path).create_table("t", rows(0, values)).create_fts_index("text", with_position=True)
    elif maker == "pylance":
        make_theirs(path, values, with_position=True)
    else:
        squire.connect(tmp_path).create_table("t", rows(0, values)).create_fts_index("text", with_position=True)
    ours = squire.connect(tmp_path).open_table("t")
    queries = lance.query if maker == "pylance" else lancedb.query
    match, all_words = queries.MatchQuery, queries.FullTextOperator.AND

    def search(query):
        if maker != "pylance":
            found = lancedb.connect(tmp_path).open_table("t").search(query, query_type="fts").limit(10).to_list()
        else:
            found = lance.dataset(path).to_table(full_text_query=query, columns=["id", "_score"], limit=10).to_pylist()
        return sorted((row["id"], round(row["_score"], 3)) for row in found)

    for step in ("indexed", "with a new row", "folded"):
        if step == "with a new row":
            ours.add(rows(5, ["Bob's house again, not a garden"]))
        if step == "folded":
            ours.optimize()
            assert ours.verify().problems == []
        for word in ["house", "not", "no", "s", "t", "won", "isn", "d", "ll", "garden"]:
            asked = squire.fts.MatchQuery(word, "text")
            found = sorted((row["id"], round(row["_score"], 3)) for row in ours.search(asked).to_list())
            assert [row for row, _ in found] == [row for row, _ in search(match(word, "text"))], (step, word)
            if step == "indexed":
                assert found == search(match(word, "text")), word
        asked = match("Bob's house", "text", operator=all_words)
        same = squire.fts.MatchQuery("Bob's house", "text", operator=squire.fts.Operator.AND)
        assert sorted(row["id"] for row in ours.search(same).to_list()) == [row for row, _ in search(asked)], step
        assert len(search(asked)) == (1 if step == "indexed" else 2)
        assert [row["id"] for row in ours.search('"house is not big"').to_list()] == [0]
