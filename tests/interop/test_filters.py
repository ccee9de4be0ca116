"""The filter language means what it means to pylance: the same rows pass, of fixed filters and of random ones."""
import datetime
import decimal
import json
import pathlib
import subprocess

import lance
import pyarrow as pa
import pytest

import filter_grammar

CASES = pathlib.Path(__file__).with_name("filter_cases.txt")
# Where we answer otherwise on purpose (docs/filters.md, "Where it differs from pylance").
NEGATIVE_ZERO = {"f16 = f64", "f64 / 0 > 1", "u64 = f64"}
# What pylance answers and we do not.
NOT_OURS = set()


@pytest.fixture(scope="module")
def filter_rows(squire):
    """filter_rows(table, filters): for each the addresses of the rows that pass, or the error as a string."""
    program = pathlib.Path(squire.path).with_name("filter_rows")

    def run(table, filters, small_stack=False):
        # 256 KiB are what recursion on a long filter would not survive.
        command = ["sh", "-c", 'ulimit -s 256 && exec "$@"', "sh"] if small_stack else []
        done = subprocess.run([*command, program, table], input="".join(f + "\n" for f in filters), capture_output=True,
                              text=True, timeout=300)
        assert done.returncode == 0, (done.returncode, done.stderr)
        lines = done.stdout.split("\n")[:-1]
        assert len(lines) == len(filters)
        return [line if line.startswith("error: ") else [int(row) for row in line.split()] for line in lines]

    return run


def theirs(dataset, where):
    """The addresses of pylance's rows, or None when it refuses the filter."""
    try:
        return dataset.scanner(filter=where, columns=[], with_row_address=True).to_table()["_rowaddr"].to_pylist()
    except Exception:  # of many kinds, panics among them
        return None


def assert_same(dataset, filters, answers, differs=frozenset()):
    wrong, refused = [], 0
    for where, ours in zip(filters, answers):
        if where in differs:
            continue
        expected = theirs(dataset, where)
        refused += expected is None
        if expected is not None and ours != expected:
            more = sorted(set(ours) - set(expected))[:9] if isinstance(ours, list) else ours
            wrong.append(f"{where}\n  only ours {more}, only theirs {sorted(set(expected) - set(ours))[:9]}")
    if wrong:
        pytest.fail(f"{len(wrong)} of {len(filters)} differ, first:\n" + "\n".join(wrong[:5]), pytrace=False)
    return refused


def fixed_table():
    nan, inf, day, time = float("nan"), float("inf"), datetime.date, datetime.datetime
    times = [time(2024, 1, 1), time(1969, 12, 31, 23, 59, 59), None, time(2024, 2, 29, 12), time(2000, 1, 1), time(2025, 1, 1)]
    words = ["1", "10", None, "x", "-2", "1.5"]
    number = decimal.Decimal
    return pa.table({
        "i8": pa.array([1, -2, None, 127, -128, 0], pa.int8()),
        "u8": pa.array([1, 2, None, 255, 0, 7], pa.uint8()),
        "i32": pa.array([1, -2, None, 2**31 - 1, -2**31, 0], pa.int32()),
        "i64": pa.array([1, -2, None, 2**63 - 1, -2**63, 0], pa.int64()),
        "u64": pa.array([1, 2, None, 2**64 - 1, 0, 7], pa.uint64()),
        "f16": pa.array([1.5, -2, None, nan, 0.0, 65504.0], pa.float16()),
        "f32": pa.array([1.5, -2, None, nan, -0.0, 0.1], pa.float32()),
        "f64": pa.array([1.5, -2, None, nan, -0.0, inf], pa.float64()),
        "s": pa.array(["a", "B", None, "", "a%b_c", "ü7"]),
        "ls": pa.array(words, pa.large_string()),
        "Up": words,
        "a b": pa.array([1, 2, None, 4, 5, 6], pa.int32()),
        "b": [True, False, None, True, False, None],
        "d": [day(2024, 1, 1), day(1969, 12, 31), None, day(2024, 2, 29), day(1, 1, 1), day(2025, 1, 1)],
        "ts": pa.array(times, pa.timestamp("us")),
        "tz": pa.array(times, pa.timestamp("ms", "UTC")),
        "tn": pa.array([0, -1, None, 5, 10**18, 3], pa.timestamp("ns")),
        "dec": pa.array([number("1.50"), number("-2.00"), None, number("99999999.99"), number("0.00"), number("0.01")],
                        pa.decimal128(10, 2)),
        "bin": [b"a", b"B", None, b"", b"\xff", b"x"],
        "li": [[1], [], None, [1, None], [3], [4]],
        "st": [{"x": 1, "y": "p"}, {"x": None, "y": "q"}, None, {"x": 3, "y": None}, {"x": 4, "y": "r"}, {"x": 5, "y": "s"}],
        "fsb": pa.array([b"ab", b"cd", None, b"ef", b"\0\0", b"zz"], pa.binary(2)),
        "t64": pa.array([1, 2, None, 4, 5, 6], pa.time64("us")),
        "du": pa.array([1, 2, None, 4, 5, 6], pa.duration("us")),
    })


@pytest.fixture(scope="module")
def fixed(tmp_path_factory):
    path = tmp_path_factory.mktemp("fixed") / "t.lance"
    return lance.write_dataset(fixed_table(), str(path))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Every type in three fragments, rows of one deleted."""
    path = str(tmp_path_factory.mktemp("mixed") / "t.lance")
    lance.write_dataset(filter_grammar.table(1), path, max_rows_per_file=150)
    dataset = lance.dataset(path)
    dataset.delete("i8 = 4")
    return lance.dataset(path)


def test_fixed_filters(fixed, filter_rows):
    filters = CASES.read_text().splitlines()
    refused = assert_same(fixed, filters, filter_rows(fixed.uri, filters), NEGATIVE_ZERO | NOT_OURS)
    assert refused < len(filters) / 4


def random_filters(seed, count):
    grammar = filter_grammar.Grammar(seed)
    return [grammar.filter() for _ in range(count)]


def test_random_filters(mixed, filter_rows):
    filters = random_filters(7, 400)
    refused = assert_same(mixed, filters, filter_rows(mixed.uri, filters))
    assert refused < len(filters) / 4


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 110))
def test_many_random_filters(mixed, filter_rows, seed):
    filters = random_filters(seed, 1000)
    assert_same(mixed, filters, filter_rows(mixed.uri, filters))


def key(i):
    return f"notes/{i:07d}/some-file-name.md"


@pytest.fixture(scope="module")
def keyed(tmp_path_factory):
    """Two rows of each of 3,000 keys."""
    path = tmp_path_factory.mktemp("keyed") / "t.lance"
    keys = [key(i // 2) for i in range(6000)]
    return lance.write_dataset(pa.table({"file_path": keys, "rev": pa.array(range(6000), pa.int64())}), str(path))


def check_chains(keyed, filter_rows, arms):
    def chain(between, arm):
        return between.join(arm(i) for i in range(1000, 1000 + arms))

    filters = [f"file_path IN ({chain(', ', lambda i: repr(key(i)))})",
               chain(" OR ", lambda i: f"file_path = '{key(i)}'"),
               chain(" OR ", lambda i: f"(file_path = '{key(i)}')"),
               chain(" OR ", lambda i: f"(file_path = '{key(i)}' AND rev >= 0)"),
               chain(" OR ", lambda i: f"(rev >= {i - 1000} AND file_path = '{key(i)}')"),
               "(" * arms + chain(" OR ", lambda i: f"file_path = '{key(i)}')"),
               "NOT (" + chain(" AND ", lambda i: f"file_path != '{key(i)}'") + ")"]
    answers = filter_rows(keyed.uri, filters, small_stack=True)
    for where, rows in zip(filters, answers):
        assert rows == list(range(2000, 6000)), where[:80]


def test_31985_arms_on_a_small_stack(keyed, filter_rows):
    check_chains(keyed, filter_rows, 31985)


@pytest.mark.full
def test_a_million_arms_on_a_small_stack(keyed, filter_rows):
    check_chains(keyed, filter_rows, 1_000_000)


@pytest.mark.full
def test_a_million_levels_on_a_small_stack(keyed, filter_rows):
    n, computed = 1_000_000, 20_000  # what is computed at each level takes its time for each row
    filters = ["(" * n + "rev < 2" + ")" * n, "NOT " * n + "rev < 2", "rev = " + "- " * n + "1", "(" * n,
               "rev = " + "(" * computed + "rev" + " + 1)" * computed,
               "lower(" * computed + "file_path" + ")" * computed + " = 'x'"]
    parens, nots, minus, unclosed, sums, calls = filter_rows(keyed.uri, filters, small_stack=True)
    assert parens == nots == [0, 1] and minus == [1]
    assert unclosed.startswith("error: InvalidArgument")
    assert sums == [] and calls == []


def test_the_commands(squire, mixed):
    dataset, table = mixed, mixed.uri
    where = "i8 > 2 AND s LIKE 'a%'"
    expected = dataset.to_table(columns=["i8", "s"], filter=where).to_pylist()
    assert expected and squire.json_lines("table", "scan", table, "--columns", "i8,s", "--where", where) == expected
    assert squire.json("table", "count", table, "--where", where) == {"rows": len(expected)}
    assert squire.json("table", "count", table, "--where", "false") == {"rows": 0}
    some = squire.json_lines("table", "scan", table, "--columns", "i8", "--where", where, "--offset", 1, "--limit", 2)
    assert some == [{"i8": row["i8"]} for row in expected[1:3]]
    refused = squire.run("table", "scan", table, "--where", "i8 > AND b", "--json", code=None)
    error = json.loads(refused.stdout)["error"]
    assert refused.returncode > 0 and error["code"] == "InvalidArgument"
    assert "line 1, column 6: found 'AND', expected" in error["message"]


def test_search(squire, stub, tree):
    for i in range(20):
        (tree / f"note{i:02d}.md").write_text(f"# Needle {i}\n\nneedle in note {i}\n")
    squire.run("index", tree, *stub.options)
    for mode in ("text", "vector", "auto"):
        hits = squire.json("search", "needle", tree, "--mode", mode, "-k", 30, "--where",
                           "path IN ('note03.md', 'note07.md') OR ends_with(path, '12.md')")
        assert {hit["path"] for hit in hits} == {"note03.md", "note07.md", "note12.md"}
    refused = squire.run("search", "needle", tree, "--where", "pth = 'x'", "--json", code=None)
    assert "did you mean 'path'?" in json.loads(refused.stdout)["error"]["message"]


def test_lancedb_tables_are_filtered_alike(filter_rows, tmp_path):
    """Rows that others updated and deleted meanwhile."""
    import lancedb
    table = lancedb.connect(str(tmp_path)).create_table("t", pa.table({"id": range(1000), "name": [f"n{i % 7}" for i in range(1000)]}))
    table.delete("id % 5 = 0")
    table.update(where="name = 'n3'", values={"name": "other"})
    filters = ["name = 'other' AND id < 500", "id NOT IN (1, 2, 3) AND name LIKE 'n_'", "NOT (id > 10 OR name = 'n1')"]
    dataset = lance.dataset(str(tmp_path / "t.lance"))
    assert assert_same(dataset, filters, filter_rows(dataset.uri, filters)) == 0
