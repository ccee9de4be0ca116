"""What we write is what others read: pylance and lancedb open an index and find the same in it."""
import lance
import lancedb
import numpy as np
import pyarrow as pa
import pytest

from support import rows, trees

QUESTIONS = ("table column index", "how is a manifest committed", "edit of a vector page", "spool lock 漢字")
DIM = 64


@pytest.fixture(scope="module")
def index(squire, stub, tmp_path_factory):
    """An index of three runs, so that it has several fragments and deleted rows."""
    tree = tmp_path_factory.mktemp("equal")
    paths = trees.make(tree, 60)
    squire.run("index", tree, *stub.options)
    trees.write(tree, paths[0], trees.content(1, paths[0]))
    (tree / paths[1]).unlink()
    squire.run("index", tree)
    trees.write(tree, "new.md", "# New\n\nwords\n")
    squire.run("index", tree)
    return tree


def vector_column(table):
    return np.array(table.column("vector").to_pylist(), dtype=np.float32)


def check_search(squire, tree, question, query, k=10):
    """Our ranking of `question`, whose vector is `query`, against lancedb's by exact search."""
    ours = squire.json("search", question, tree, "--mode", "vector", "-k", k)
    table = lancedb.connect(str(tree / ".squire")).open_table("chunks")
    found = table.search(query, vector_column_name="vector").distance_type("cosine").limit(k).to_list()
    assert len(ours) == len(found) == k
    # Rows of one distance may come in any order, and at the end any of them may be the last.
    last = found[-1]["_distance"]
    expected = {(row["path"], row["start_line"]) for row in found if row["_distance"] < last - 1e-6}
    assert expected <= {(hit["path"], hit["start_line"]) for hit in ours}
    everything = table.search(query, vector_column_name="vector").distance_type("cosine").limit(100_000).to_list()
    distance = {(row["path"], row["start_line"]): row["_distance"] for row in everything}
    got = [distance[hit["path"], hit["start_line"]] for hit in ours]
    assert np.allclose(got, [row["_distance"] for row in found], atol=2e-6)
    return table, found


def test_every_value_is_equal(squire, index):
    path = rows.table_path(index)
    dataset = lance.dataset(str(path))
    assert len(dataset.get_fragments()) > 1
    found = rows.assert_sound(squire, path)
    assert len(found) > 100
    assert {row["path"] for row in found} <= set(trees.list_files(index))
    assert any(row["frontmatter"] for row in found) and any(row["frontmatter"] is None for row in found)
    assert any("漢字" in row["text"] for row in found)


def test_texts_are_the_lines_of_the_files(index):
    for row in rows.by_lance(rows.table_path(index)):
        lines = (index / row["path"]).read_text().split("\n")
        assert row["text"] == "\n".join(lines[row["start_line"] - 1:row["end_line"]]), row["id"]


def test_types_and_metadata(squire, stub, index):
    path = rows.table_path(index)
    schema = lance.dataset(str(path)).schema
    text = [(name, pa.string(), False) for name in ("kind", "name", "lang", "text", "content_hash", "file_hash")]
    assert [(f.name, f.type, f.nullable) for f in schema] == [
        ("id", pa.string(), False), ("path", pa.string(), False), ("start_line", pa.int32(), False),
        ("end_line", pa.int32(), False), *text, ("frontmatter", pa.string(), True),
        ("vector", pa.list_(pa.float32(), DIM), True)]
    told = squire.json("table", "schema", path)
    assert [column["name"] for column in told["columns"]] == schema.names
    assert rows.metadata(path) == told["metadata"]
    assert stub.url in rows.metadata(path).values()


def test_old_versions_read_alike(squire, index):
    path = rows.table_path(index)
    versions = [v["version"] for v in lance.dataset(str(path)).versions()]
    assert versions == [v["version"] for v in squire.json("table", "versions", path)]
    for version in versions:
        ours = squire.json_lines("table", "scan", path, "--version", version, "--columns", "id,text")
        theirs = lance.dataset(str(path), version=version).to_table(columns=["id", "text"]).to_pylist()
        assert ours == theirs


def test_projection_take_and_filter(squire, index):
    path = rows.table_path(index)
    dataset = lance.dataset(str(path))
    ours = squire.json_lines("table", "scan", path, "--columns", "end_line,id")
    assert ours == [{"end_line": r["end_line"], "id": r["id"]}
                    for r in dataset.to_table(columns=["id", "end_line"]).to_pylist()]
    picked = [0, 7, len(ours) // 2, len(ours) - 1]
    assert dataset.take(picked, columns=["id"])["id"].to_pylist() == [ours[i]["id"] for i in picked]
    assert dataset.count_rows("lang = 'python'") == sum(
        r["lang"] == "python" for r in squire.json_lines("table", "scan", path, "--columns", "lang"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_lancedb_finds_what_we_find(squire, stub, index, question):
    query = stub.embed(question)
    table, by_cosine = check_search(squire, index, question, query)
    # The vectors are of unit length, so l2 ranks alike.
    by_l2 = table.search(query, vector_column_name="vector").distance_type("l2").limit(10).to_list()
    assert np.allclose([row["_distance"] for row in by_l2], [2 * row["_distance"] for row in by_cosine], atol=1e-5)


def test_pylance_finds_what_we_find(squire, stub, index):
    query = np.array(stub.embed(QUESTIONS[0]), dtype=np.float32)
    how = {"column": "vector", "q": query, "k": 5, "metric": "cosine"}
    dataset = lance.dataset(str(rows.table_path(index)))
    nearest = dataset.to_table(columns=["path", "start_line"], nearest=how).to_pylist()
    ours = squire.json("search", QUESTIONS[0], index, "--mode", "vector", "-k", 20)
    assert {(r["path"], r["start_line"]) for r in nearest} <= {(h["path"], h["start_line"]) for h in ours}


def test_the_local_model(squire, tree):
    """A file that holds the question alone has the question's own vector, which lancedb can then be asked with."""
    question = "where is the manifest of a version committed"
    trees.make(tree, 8)
    trees.write(tree, "question.txt", question)
    squire.run("index", tree)
    found = rows.assert_sound(squire, rows.table_path(tree))
    own, = (row for row in found if row["path"] == "question.txt")
    assert own["text"] == question and own["name"] == ""
    assert abs(np.linalg.norm(own["vector"]) - 1) < 1e-3
    _, nearest = check_search(squire, tree, question, own["vector"])
    assert nearest[0]["path"] == "question.txt"
