"""Every command, as people and programs use it."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from support import program, trees

HIT = {"path": str, "start_line": int, "end_line": int, "score": float, "kind": str, "name": str, "lang": str, "text": str}
STATUS = {"tree": str, "db": str, "files": int, "chunks": int, "pending": int, "failed": int, "stale": int, "table": str,
          "version": int, "versions": int, "fragments": int, "bytes_on_disk": int, "live_bytes": int, "index_bytes": int,
          "model": str, "dimension": int, "endpoint": str, "followed": bool, "updated": float, "health": dict, "source_bytes": int,
          "max_bytes": int, "max_versions": int, "min_free_disk": int}
REPORT = {"files": int, "files_new": int, "files_changed": int, "files_gone": int, "files_failed": int,
          "chunks_written": int, "vectors_embedded": int, "vectors_reused": int, "vectors_resumed": int, "tokens": int,
          "padded_tokens": int, "seconds": float, "embed_seconds": float, "commits": int, "version": int, "reasons": list}
INFO = {"rows": int, "version": int, "versions": int, "fragments": int, "files": int, "bytes_on_disk": int,
        "live_bytes": int, "columns": list}


def assert_shape(value, shape):
    assert list(value) == list(shape)
    for name, kind in shape.items():
        assert isinstance(value[name], (int, float) if kind is float else kind), (name, value[name])


@pytest.fixture(scope="module")
def indexed(squire, stub, tmp_path_factory):
    """A small tree with an index. Tests that change it take a copy."""
    root = tmp_path_factory.mktemp("indexed")
    trees.make(root, 30, seed=5)
    trees.write(root, "deep/er/needle.py", "def find_the_haystack(needle):\n    return needle in 'haystack'\n")
    squire.run("index", root, *stub.options)
    settle(squire, root)
    return root


@pytest.fixture
def own(squire, indexed, tmp_path):
    tree = shutil.copytree(indexed, tmp_path / "own")
    settle(squire, tree)
    return tree


def settle(squire, tree):
    """Index runs until the files are old enough for their times to be trusted."""
    program.wait_until(lambda: squire.run("index", tree) and squire.json("status", tree)["stale"] == 0, what="a settled index")


def test_search_finds_and_tells_where(squire, indexed):
    hits = squire.json("search", "find the haystack", indexed, "-k", 3)
    assert 1 <= len(hits) <= 3
    for hit in hits:
        assert_shape(hit, HIT)
    best = hits[0]
    assert (best["path"], best["start_line"], best["end_line"]) == ("deep/er/needle.py", 1, 2)
    assert best["name"] == "find_the_haystack" and best["lang"] == "python" and best["kind"] == "function"
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    text = squire.run("search", "find the haystack", indexed, "-k", 3).stdout
    assert text.startswith("deep/er/needle.py:1-2  function find_the_haystack")
    assert "  1  def find_the_haystack(needle):\n" in text


@pytest.mark.parametrize("mode", ["auto", "vector", "text"])
def test_search_modes(squire, indexed, mode):
    assert squire.json("search", "--mode", mode, "haystack needle", indexed, "-k", "1")[0]["path"] == "deep/er/needle.py"


def test_search_options_in_any_order(squire, indexed):
    by_path = squire.json("search", "--path", "deep/**", "haystack", indexed)
    assert {hit["path"] for hit in by_path} == {"deep/er/needle.py"}
    two = squire.json("--json", "search", "commit", "--path", "*.md", indexed, "--path", "*.txt", "--limit", "50")
    assert {os.path.splitext(hit["path"])[1] for hit in two} == {".md", ".txt"}
    assert {hit["lang"] for hit in squire.json("search", "commit", indexed, "--lang", "markdown")} == {"markdown"}
    assert {hit["kind"] for hit in squire.json("search", "--kind=function", "commit", indexed)} == {"function"}


def test_hits_by_file(squire, indexed):
    hits = squire.json("search", "commit", indexed, "--by-file", 2, "-k", 4, "--explain")
    files = [hit["path"] for hit in hits]
    assert len(set(files)) == 4 and max(files.count(path) for path in files) == 2
    assert files == sorted(files, key=files.index), "those of a file stand together"
    for hit in hits:
        assert_shape(hit, HIT | {"parts": list})
        assert {part["signal"] for part in hit["parts"]} <= {"words", "vector", "name", "definition", "test"}
        assert sum(part["adds"] for part in hit["parts"]) == pytest.approx(hit["score"])
    assert "  words #1 " in squire.run("search", "haystack", indexed, "-k1", "--explain").stdout
    assert squire.json("search", "haystack", indexed, "--weights", "1,0", "-k1")[0]["path"] == "deep/er/needle.py"
    squire.run("search", "x", indexed, "--weights", "-1,0", code=2)


def test_similar(squire, own):
    trees.write(own, "copy.py", "def find_the_haystack(needle):\n    return needle in 'haystack'\n")
    squire.run("index", own)
    hits = squire.json("similar", own / "deep" / "er" / "needle.py:2", "-k", 3)
    assert hits[0]["path"] == "copy.py" and "deep/er/needle.py" not in {hit["path"] for hit in hits}
    assert hits[0]["score"] == pytest.approx(0, abs=1e-5)
    assert squire.json("similar", "needle.py", "-k1", cwd=own / "deep" / "er")[0]["path"] == "copy.py"
    assert "no chunk" in squire.run("similar", own / "copy.py:99", code=7).stderr
    assert "has no file" in squire.run("similar", own / "none.py:1", code=7).stderr
    squire.run("similar", own / "copy.py:x", code=2)


@pytest.mark.full
def test_a_large_tree_gets_its_indexes_unasked(squire, stub, tmp_path):
    for number in range(4200):
        text = "".join(f"## Part {part} of {number}\n\nwords of place{number}p{part} {'lorem ipsum ' * 12}\n\n"
                       for part in range(8))
        trees.write(tmp_path, f"d{number % 50}/f{number}.md", text)
    squire.run("index", tmp_path, *stub.options)
    status = squire.json("status", tmp_path)
    assert status["chunks"] >= 32_768
    doctor = squire.json("doctor", status["table"])
    assert doctor["live"]["indexes"] > 0 and not doctor["problems"], doctor
    assert squire.json("verify", status["table"], "--deep")["indexes"] == 2
    assert squire.json("index", tmp_path)["version"] == status["version"], "nothing is made twice"
    assert squire.json("search", "place4199p7", tmp_path, "--mode", "text", "-k1")[0]["path"] == "d49/f4199.md"
    trees.write(tmp_path, "new.md", "# New\n\nthe word is quokka\n")
    squire.run("index", tmp_path)
    for mode, first in (("text", 1), ("auto", 2)):  # each of the two rankings has a first of its own
        assert "new.md" in [hit["path"] for hit in squire.json("search", "quokka", tmp_path, "--mode", mode, "-k", first)]


def test_nothing_found_is_exit_code_1(squire, indexed):
    done = squire.run("search", "--mode", "text", "zzyzx", indexed, code=1)
    assert done.stdout == "" and "nothing found" in done.stderr
    assert squire.json("search", "--mode", "text", "zzyzx", indexed, code=1) == []


def test_a_question_may_be_a_commands_name_or_begin_with_a_dash(squire, indexed):
    assert isinstance(squire.json("search", "index", indexed, code=(0, 1)), list)
    assert isinstance(json.loads(squire.run("search", "--json", "--", "-Werror", indexed, code=(0, 1)).stdout), list)


def test_the_tree_is_found_from_below(squire, indexed):
    for below in (indexed / "deep" / "er", indexed):
        assert squire.json("search", "haystack", "-k1", cwd=below)[0]["path"] == "deep/er/needle.py"
        assert squire.json("status", cwd=below)["tree"] == str(indexed)
    assert squire.json("search", "haystack", indexed / "deep", "-k1")[0]["path"] == "deep/er/needle.py"


def test_status(squire, indexed):
    status = squire.json("status", indexed)
    assert_shape(status, STATUS)
    assert status["files"] == 31 and status["chunks"] > 31
    assert status["pending"] == status["stale"] == status["failed"] == 0
    assert status["model"] == "stub" and status["dimension"] == 64 and status["followed"] is False
    assert status["table"] == str(indexed / ".squire" / "chunks.lance")
    assert status["live_bytes"] <= status["bytes_on_disk"] <= status["index_bytes"]
    text = squire.run("status", indexed).stdout
    assert "up to date" in text and "31 files" in text


def test_what_changed_is_told(squire, stub, own):
    trees.write(own, "new.txt", "a new file\n")
    (own / "deep/er/needle.py").write_text("def find_nothing():\n    pass\n")
    status = squire.json("status", own)
    assert (status["pending"], status["stale"]) == (1, 1)
    done = squire.run("search", "haystack", own)
    assert "1 file changed since the last index run, 1 file is not indexed yet: squire index" in done.stderr
    assert squire.run("search", "haystack", own, "--quiet").stderr == ""
    plan = squire.json("index", own, "--dry-run", "--why")
    assert_shape(plan, REPORT)
    assert {(r["path"], r["what"]) for r in plan["reasons"] if r["what"] in ("new", "changed")} == {
        ("new.txt", "new"), ("deep/er/needle.py", "changed")}
    assert squire.json("status", own)["pending"] == 1, "a dry run changes nothing"
    report = squire.json("index", own)
    assert (report["files_new"], report["files_changed"], report["files_gone"], report["commits"]) == (1, 1, 0, 1)
    settle(squire, own)
    again = squire.json("index", own)
    assert again["commits"] == 0 and again["version"] == report["version"]
    assert "nothing changed" in squire.run("index", own).stdout


def test_a_run_after_upkeep_reads_no_rows(squire, own):
    """The state knows the version that upkeep made after the commit: what did not change is not looked for in the table."""
    for number in range(48):
        trees.write(own, f"deep/er/busy_{number}.py", f"def busy_{number}():\n    return {number}\n")
        before = squire.json("table", "info", own / ".squire/chunks.lance")["version"]
        report = squire.json("index", own)
        assert report["commits"] == 1
        if report["version"] > before + 1:
            break
    else:
        pytest.fail("upkeep merged nothing")
    data, aside = own / ".squire/chunks.lance/data", own / ".squire/aside"
    data.rename(aside)
    try:
        assert "nothing changed" in squire.run("index", own).stdout
    finally:
        aside.rename(data)
    trees.write(own, "deep/er/busy_0.py", "def calm():\n    return 0\n")
    assert squire.json("index", own)["files_changed"] == 1


def test_rebuild_embeds_nothing_again(squire, own):
    report = squire.json("index", own, "--rebuild")
    assert report["vectors_embedded"] == 0 and report["vectors_reused"] > 31


def test_include_exclude_and_secrets(squire, stub, tree):
    for path in ("a.py", "b.md", ".env", "out/c.py"):
        trees.write(tree, path, f"content of {path} = 1\n")
    trees.write(tree, ".gitignore", "out/\n")

    def paths():
        return {row["path"] for row in squire.json_lines("table", "scan", tree, "--columns", "path")}

    squire.run("index", tree, *stub.options)
    assert {"a.py", "b.md"} <= paths() and not paths() & {".env", "out/c.py"}
    squire.run("index", tree, "--exclude", "*.md", "--secrets", "--max-file-size", "1K")
    assert "b.md" not in paths() and ".env" in paths()
    squire.run("index", tree, "--include", "out/**")
    assert {"b.md", "out/c.py"} <= paths() and ".env" not in paths()


@pytest.fixture
def somebody(squire):
    """How to run the program as one whom file modes bind, and a folder of theirs: root reads and writes all."""
    with tempfile.TemporaryDirectory() as folder:
        options = {}
        if os.geteuid() == 0:
            options = {"user": 65534, "group": 65534, "extra_groups": [], "env": {**os.environ, "HOME": folder}}
            os.chmod(folder, 0o777)
            if subprocess.run(["test", "-x", squire.path], **options).returncode != 0:
                pytest.skip("others may not run the program")
        yield pathlib.Path(folder), options


def test_files_that_fail_are_told_by_exit_code_3(squire, stub, somebody):
    tree, options = somebody
    trees.write(tree, "good.py", "x = 1\n")
    trees.write(tree, "bad.py", "x = 2\n")
    (tree / "bad.py").chmod(0)
    report = squire.json("index", tree, *stub.options, code=3, **options)
    assert report["files_failed"] == 1 and [r["path"] for r in report["reasons"]] == ["bad.py"]
    assert "failed: bad.py: " in squire.run("index", tree, code=3, **options).stderr
    assert squire.json("status", tree, **options)["failed"] == 1
    (tree / "bad.py").chmod(0o644)
    assert squire.json("index", tree, **options)["files_failed"] == 0


def test_table_commands(squire, own):
    table = own / ".squire" / "chunks.lance"
    info = squire.json("table", "info", table)
    assert_shape(info, INFO)
    names = [column["name"] for column in info["columns"]]
    assert {"id", "path", "start_line", "end_line", "kind", "name", "lang", "text", "content_hash", "vector"} <= set(names)
    assert all(list(column) == ["name", "type", "nullable"] for column in info["columns"])
    assert next(c for c in info["columns"] if c["name"] == "vector")["type"] == "fixed_size_list<float>[64]"
    assert squire.json("table", "count", table) == {"rows": info["rows"]}
    assert squire.run("table", "count", own).stdout == f"{info['rows']}\n"
    assert squire.json("table", "schema", table)["columns"] == info["columns"]
    versions = squire.json("table", "versions", table)
    assert len(versions) == info["versions"] and versions[-1]["version"] == info["version"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", versions[-1]["time"])
    for command in ("info", "schema", "versions"):
        assert squire.run("table", command, table).stdout


def test_table_scan(squire, own):
    table = own / ".squire" / "chunks.lance"
    rows = squire.json_lines("table", "scan", table)
    assert len(rows) == squire.json("table", "count", table)["rows"]
    assert len(rows[0]["vector"]) == 64
    ids = [row["id"] for row in rows]
    some = squire.json_lines("table", "scan", table, "--columns", "start_line,id", "--limit", "3", "--offset", "2")
    assert [list(row) for row in some] == [["start_line", "id"]] * 3 and [row["id"] for row in some] == ids[2:5]
    text = squire.run("table", "scan", table, "--columns", "id", "--columns", "vector", "--limit", 1).stdout
    assert re.fullmatch(r"[^\t\n]+\t\[[^\t\n]+,\.\.\. 64 in all\]\n", text)
    assert squire.run("table", "scan", table, "--limit", 0).stdout == ""
    assert squire.json_lines("table", "scan", table, "--offset", len(rows)) == []
    trees.write(own, "more.txt", "more\n")
    before = squire.json("table", "info", table)["version"]
    squire.run("index", own)
    assert len(squire.json_lines("table", "scan", table, "--version", before)) == len(rows)
    assert squire.json("table", "scan", table, "--version", 999, code=7)["error"]["code"] == "NotFound"
    assert "no column 'nope'" in squire.run("table", "scan", table, "--columns", "nope", code=2).stderr


def test_compact_prune_verify(squire, own):
    table = own / ".squire" / "chunks.lance"
    for number in range(3):
        trees.write(own, f"more{number}.txt", f"more {number}\n")
        squire.run("index", own)
    rows = squire.json("table", "count", own)
    compacted = squire.json("compact", own)
    assert list(compacted) == ["table", "version", "fragments_before", "fragments_after", "rows_dropped", "bytes_written", "put_off"]
    assert compacted["fragments_after"] <= compacted["fragments_before"]
    kept = squire.json("prune", table, "--older-than", "1w")
    assert kept["versions_removed"] == kept["freed_bytes"] == 0 and kept["kept"]["young"] > 0
    planned = squire.json("prune", table, "--keep", 1, "--dry-run")
    done = squire.json("prune", table, "--keep", 1)
    assert planned.pop("would_free_bytes") == done["freed_bytes"] > 0
    assert planned == {**done, "dry_run": True, "freed_bytes": 0}
    assert squire.json("table", "info", table)["versions"] == 1
    assert squire.json("table", "count", own) == rows
    assert squire.json("verify", own, "--deep")["problems"] == []
    assert squire.run("verify", own).stdout.startswith("sound")
    for command in (["compact", own], ["prune", own], ["prune", own, "--dry-run"]):
        assert squire.run(*command).stdout.count("\n") == 1


def test_upkeep_of_a_folder(squire, own):
    squire.run("index", own)
    kept = squire.json("upkeep", own, "--older-than", "0s")
    assert kept["put_off"] == {} and kept["fragments_after"] <= kept["fragments_before"]
    assert squire.json("table", "info", own / ".squire" / "chunks.lance")["versions"] == 1
    (of_folder,) = squire.json("upkeep", own / ".squire")
    assert of_folder["table"].endswith("chunks.lance") and of_folder["versions_removed"] == 0
    assert "removed" in squire.run("upkeep", own).stdout
    assert squire.run("upkeep", own, "--older-than", "long", code=2).stderr


def test_damage_is_found(squire, own):
    table = own / ".squire" / "chunks.lance"
    largest = max((table / "data").iterdir(), key=lambda path: path.stat().st_size)
    os.truncate(largest, largest.stat().st_size // 2)
    report = squire.json("verify", own, code=4)
    assert report["problems"]
    assert "problem" in squire.run("verify", own, code=4).stdout


def test_a_read_only_tree_by_db(squire, stub, somebody):
    folder, options = somebody
    tree, db = folder / "tree", folder / "elsewhere"
    trees.make(tree, 5)
    tree.chmod(0o555)
    try:
        assert "--db" in squire.json("index", tree, *stub.options, code=7, **options)["error"]["message"]
        assert squire.json("index", tree, "--db", db, *stub.options, **options)["files_new"] == 5
        assert not (tree / ".squire").exists()
        assert squire.json("status", tree, "--db", db, **options)["db"] == str(db)
        assert squire.json("--db", db, "search", "commit", cwd=folder, **options), "the index knows its tree"
        assert squire.json("table", "count", "--db", db, tree, **options)["rows"] > 5
    finally:
        tree.chmod(0o755)


def test_help_and_version(squire):
    help_text = squire.run("--help").stdout
    assert "Exit codes" in help_text and "Examples:" in help_text
    commands = re.findall(r"^  (\w+) ", help_text.split("Subcommands:")[1].split("Examples:")[0], re.M)
    assert {"index", "search", "status", "watch", "mcp", "compact", "doctor", "upkeep", "prune", "verify", "repair", "health", "table",
            "version"} <= set(commands)
    for command in commands:
        text = squire.run(command, "--help").stdout
        assert f"Usage: squire {command}" in text and "--json" in text and "--db" in text
        if command != "version":
            assert "Examples:" in text
        assert squire.run("help", command).stdout == text
        assert max(map(len, text.splitlines())) <= 120
    assert "Usage: squire table scan" in squire.run("table", "scan", "--help").stdout
    version = squire.run("--version").stdout
    assert re.fullmatch(r"squire \d+\.\d+\.\d+\n", version)
    assert squire.run("version").stdout == squire.run("search", "--version").stdout == version
    assert squire.json("version")["version"] in version


def test_limits_are_kept_with_the_index_and_hold(squire, own):
    squire.run("index", own, "--max-bytes", "1000x-tree", "--max-versions", 40, "--min-free-disk", "1M")
    status = squire.json("status", own)
    assert status["source_bytes"] > 0 and status["max_bytes"] == max(1000 * status["source_bytes"], 16 << 20)
    assert (status["max_versions"], status["min_free_disk"]) == (40, 1 << 20)
    assert status["health"]["status"] == "green"
    assert "1000 x the tree's own" in squire.run("status", own).stdout
    squire.run("index", own, "--max-bytes", "1000")
    trees.write(own, "more.py", "def more():\n    return 1\n")
    refused = json.loads(squire.run("index", own, "--json", code=7).stdout)["error"]
    assert refused["code"] == "OverBudget" and "max_bytes" in refused["message"]
    assert squire.run("health", own, code=1).stdout.startswith("red")
    assert squire.json("search", "find the haystack", own), "questions are answered"
    (own / "deep/er/needle.py").unlink()
    squire.run("index", own, code=7)
    assert not any("needle" in hit["path"] for hit in squire.json("search", "find the haystack", own)), "what goes, goes"
    squire.run("index", own, "--max-bytes", "none")
    assert squire.run("health", own).stdout.startswith("green")
    squire.run("index", own, "--max-bytes", "3y", code=2)
