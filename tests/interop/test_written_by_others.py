"""Others write into an index: we read the same rows as they do, and the next run makes it equal to the tree again.

Files that pylance writes may hold encodings that this reader does not know. Then it must say so by name, change
nothing, and `index --rebuild` must lead out."""
import datetime
import json

import lance
import lancedb
import pytest

from support import rows, trees

FILES = 40
CONFLICT = 6  # exit code


@pytest.fixture
def index(squire, stub, tree):
    trees.make(tree, FILES)
    squire.run("index", tree, *stub.options)
    return tree


@pytest.fixture
def fresh(squire, stub, index, tmp_path):
    """Rows that the index must hold again in the end."""
    return rows.fresh_rows(squire, stub, index, tmp_path / "fresh")


def dataset(index):
    return lance.dataset(str(rows.table_path(index)))


def database(index):
    return lancedb.connect(str(index / ".squire")).open_table("chunks")


def deletion_files(index):
    return {p.suffix for p in (rows.table_path(index) / "_deletions").glob("*")}


def check_same(squire, index):
    """We read what pylance reads: all of it."""
    rows.assert_sound(squire, rows.table_path(index))


def is_readable(squire, index):
    """Whether we read all that pylance reads; if not, it was refused by name and nothing changed."""
    path = rows.table_path(index)
    before = rows.by_lance(path)
    scan = squire.run("table", "scan", path, "--json", code=None)
    if scan.returncode == 0:
        check_same(squire, index)
        return True
    assert scan.returncode > 0, f"ended by signal {-scan.returncode}"
    refusal = json.loads(scan.stdout.splitlines()[-1])
    assert refusal["error"]["code"] == "Unsupported" and refusal["error"]["message"], refusal
    run = squire.run("index", index, code=None)
    assert run.returncode > 0, run.stdout + run.stderr
    dataset(index).validate()
    rows.assert_same_rows(rows.by_lance(path), before)
    return False


def check_goes_on(squire, index, fresh, *options):
    squire.run("index", index, *options)
    rows.assert_equal_indexes(rows.assert_sound(squire, rows.table_path(index)), fresh)


def check_goes_on_or_rebuilds(squire, index, fresh):
    check_goes_on(squire, index, fresh, *([] if is_readable(squire, index) else ["--rebuild"]))


def some_path(index):
    return dataset(index).to_table(columns=["path"])["path"][5].as_py()


def test_few_rows_deleted_by_pylance(squire, index, fresh):
    path = some_path(index)
    dataset(index).delete(f"path = '{path}'")
    assert deletion_files(index) == {".arrow"}
    check_same(squire, index)
    report = squire.json("index", index)
    assert report["files_new"] + report["files_changed"] == 1
    check_goes_on(squire, index, fresh)


def test_half_a_file_deleted_by_pylance(squire, index, fresh):
    dataset(index).delete("start_line > 20")
    check_same(squire, index)
    check_goes_on(squire, index, fresh)


def test_rows_deleted_by_lancedb(squire, index, fresh):
    database(index).delete("lang = 'python'")
    check_same(squire, index)
    check_goes_on(squire, index, fresh)


def test_all_rows_deleted_by_lancedb(squire, index, fresh):
    database(index).delete("true")
    assert squire.json("table", "count", rows.table_path(index)) == {"rows": 0}
    squire.run("search", "table", index, code=1)
    check_goes_on(squire, index, fresh)


def test_deletes_of_both_in_turns(squire, index, fresh):
    """Deletion files of ours and of theirs on one fragment, each laid over the other's."""
    files = trees.list_files(index)
    for number, path in enumerate(files[:6]):
        if number % 2:
            dataset(index).delete(f"path = '{files[number + 10]}'")
        else:
            trees.write(index, path, trees.content(7, path))
            squire.run("index", index)
        check_same(squire, index)
    for path in files[:6:2]:
        trees.write(index, path, trees.content(0, path))
    check_goes_on(squire, index, fresh)


def test_many_rows_deleted_by_pylance(squire, start_stub, tree, tmp_path):
    """More than 5,000 rows of a fragment: a Roaring bitmap."""
    stub = start_stub(dim=8)
    words = " ".join(trees.WORDS)
    for file in range(80):
        trees.write(tree, f"f{file}.md", "\n".join(f"## Part {file} {part}\n\n{words} f{file}p{part}.\n" * 2
                                                   for part in range(50)))
    squire.run("index", tree, *stub.options)
    before = dataset(tree).count_rows()
    assert before > 6000
    dataset(tree).delete("start_line > 20")
    assert ".bin" in deletion_files(tree)
    assert before - dataset(tree).count_rows() > 5000
    check_same(squire, tree)
    embedded = stub.texts()
    squire.run("index", tree)
    assert stub.texts() - embedded <= before
    fresh = rows.fresh_rows(squire, stub, tree, tmp_path / "fresh")
    rows.assert_equal_indexes(rows.assert_sound(squire, rows.table_path(tree)), fresh)


def test_cleaned_up_by_pylance(squire, index, fresh):
    for number in range(3):
        trees.write(index, "again.md", f"# Again {number}\n")
        squire.run("index", index)
    (index / "again.md").unlink()
    squire.run("index", index)
    rows.clean_up(rows.table_path(index))
    assert len(squire.json("table", "versions", rows.table_path(index))) == 1
    check_same(squire, index)
    assert squire.json("index", index)["commits"] == 0
    trees.write(index, "again.md", "# Again\n")
    squire.run("index", index)
    (index / "again.md").unlink()
    check_goes_on(squire, index, fresh)


def test_compacted_by_pylance(squire, index, fresh):
    path = some_path(index)
    dataset(index).delete(f"path = '{path}'")
    squire.run("index", index)
    stats = dataset(index).optimize.compact_files()
    assert stats.fragments_added == 1
    check_goes_on_or_rebuilds(squire, index, fresh)


@pytest.mark.filterwarnings("ignore")
def test_optimized_by_lancedb(squire, index, fresh):
    trees.write(index, "again.md", "# Again\n")
    squire.run("index", index)
    (index / "again.md").unlink()
    squire.run("index", index)
    database(index).optimize(cleanup_older_than=datetime.timedelta(0), delete_unverified=True)
    check_goes_on_or_rebuilds(squire, index, fresh)


def test_rows_appended_by_pylance(squire, index, fresh):
    """A path that the tree does not have leaves again, rows that are there twice become one."""
    table = dataset(index).to_table().slice(0, 3)
    lance.write_dataset(table, str(rows.table_path(index)), mode="append")
    check_goes_on_or_rebuilds(squire, index, fresh)


def test_a_foreign_path_appended_by_lancedb(squire, index, fresh):
    table = dataset(index).to_table().slice(0, 2)
    at = table.schema.get_field_index("path")
    table = table.set_column(at, table.schema.field(at), [["nowhere.md", "nowhere.md"]])
    database(index).add(table)
    check_goes_on_or_rebuilds(squire, index, fresh)


def test_rows_updated_by_pylance(squire, index, fresh):
    """Rows of another file state are not the tree's: they are made anew."""
    dataset(index).update({"file_hash": "'00'", "text": "'changed by another'"}, where="lang = 'markdown'")
    check_goes_on_or_rebuilds(squire, index, fresh)


@pytest.mark.filterwarnings("ignore")
def test_an_index_by_lancedb_does_not_stand_in_the_way(squire, stub, index, fresh):
    database(index).create_scalar_index("path")
    check_same(squire, index)
    files = trees.list_files(index)
    trees.write(index, files[0], trees.content(7, files[0]))
    squire.run("index", index)
    check_same(squire, index)
    assert dataset(index).to_table(filter=f"path = '{files[1]}'").num_rows > 0
    assert dataset(index).to_table(filter=f"path = '{files[0]}'")["text"].to_pylist() == [
        r["text"] for r in rows.by_squire(squire, rows.table_path(index)) if r["path"] == files[0]]
    trees.write(index, files[0], trees.content(0, files[0]))
    check_goes_on(squire, index, fresh)


def test_a_column_added_by_pylance(squire, index, fresh):
    dataset(index).add_columns({"size": "end_line - start_line"})
    run = squire.run("table", "scan", rows.table_path(index), "--json", code=None)
    assert run.returncode >= 0
    if run.returncode == 0:
        assert run.stdout.count("\n") == len(fresh)
    before = rows.by_lance(rows.table_path(index))
    if squire.run("index", index, code=None).returncode != 0:
        rows.assert_same_rows(rows.by_lance(rows.table_path(index)), before)
    squire.run("index", index, "--rebuild")
    found = rows.by_lance(rows.table_path(index))
    for row in found:
        row.pop("size", None)
    rows.assert_equal_indexes(found, fresh)


def test_restored_to_an_older_version_by_pylance(squire, stub, index, tmp_path):
    files = trees.list_files(index)
    for path in files[:5]:
        (index / path).unlink()
    squire.run("index", index)
    lance.dataset(str(rows.table_path(index)), version=2).restore()
    check_same(squire, index)
    check_goes_on(squire, index, rows.fresh_rows(squire, stub, index, tmp_path / "smaller"))


@pytest.fixture
def under_way(squire, gated_stub, tree):
    """Starts a run over one changed file that waits for its vectors; what it returns lets the run go on to its end."""
    paths = trees.make(tree, 20)
    squire.run("index", tree, *gated_stub.options)
    processes = []

    def start():
        trees.write(tree, paths[0], trees.content(3, paths[0]))
        gated_stub.shut()
        process = squire.start("index", tree)
        processes.append(process)
        assert gated_stub.arrived.wait(30)

        def finish(*codes):
            gated_stub.open()
            answer, talk = process.communicate(timeout=60)
            assert process.returncode in (codes or (0,)), answer + talk

        return finish

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def check_after_race(squire, stub, tree, tmp_path):
    fresh = rows.fresh_rows(squire, stub, tree, tmp_path / "fresh")
    check_goes_on(squire, tree, fresh)
    status = squire.json("status", tree)
    assert (status["pending"], status["stale"]) == (0, 0)


def test_rows_deleted_by_pylance_while_a_run_is_under_way(squire, stub, tree, under_way, tmp_path):
    """The run's commit goes over the other's; the next run finds what the other took away."""
    finish = under_way()
    files = trees.list_files(tree)
    dataset(tree).delete(f"path = '{files[5]}'")
    finish()
    check_after_race(squire, stub, tree, tmp_path)


def test_all_rows_deleted_by_pylance_while_a_run_replaces_some(squire, stub, tree, under_way, tmp_path):
    finish = under_way()
    dataset(tree).delete("true")
    finish(0, CONFLICT)
    check_after_race(squire, stub, tree, tmp_path)


def test_restored_by_pylance_while_a_run_is_under_way(squire, stub, tree, under_way, tmp_path):
    files = trees.list_files(tree)
    (tree / files[7]).unlink()
    squire.run("index", tree)
    finish = under_way()
    lance.dataset(str(rows.table_path(tree)), version=2).restore()
    finish(0, CONFLICT)
    check_after_race(squire, stub, tree, tmp_path)


def test_compacted_by_us_while_a_run_is_under_way(squire, stub, tree, under_way, tmp_path):
    files = trees.list_files(tree)
    for path in files[5:8]:
        trees.write(tree, path, trees.content(4, path))
        squire.run("index", tree)
    finish = under_way()
    compaction = squire.start("compact", tree)  # waits for the run
    finish()
    assert compaction.wait(60) == 0
    check_after_race(squire, stub, tree, tmp_path)
