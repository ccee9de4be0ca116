"""Compaction and pruning, killed or beside others: no row is lost, and who asks meanwhile gets an answer."""
import itertools
import json
import random
import threading
import time

import pytest

from support import rows, trees


@pytest.fixture
def index(squire, stub, tree):
    """Several versions and fragments, deleted rows in most of them."""
    paths = trees.make(tree, 60)
    squire.run("index", tree, *stub.options)
    for number in range(6):
        for path in paths[number * 5:number * 5 + 5]:
            trees.write(tree, path, trees.content(number + 1, path))
        squire.run("index", tree)
    return tree


@pytest.mark.parametrize("rounds", [5, pytest.param(40, marks=pytest.mark.full)])
def test_killed_upkeep(squire, stub, index, tmp_path, rounds):
    rng = random.Random(rounds)
    path = rows.table_path(index)
    full_seconds = {"compact": 0.05, "prune": 0.05}
    kills = 0
    for number in range(rounds):
        before = rows.by_lance(path)
        for command in ("compact", "prune"):
            process = squire.start(command, index)
            time.sleep(rng.uniform(0, full_seconds[command]))  # the moment of the kill
            kills += process.poll() is None
            process.kill()
            process.communicate()
            rows.assert_equal_indexes(rows.assert_sound(squire, path), before)
            if rng.random() < 0.4:
                start = time.monotonic()
                squire.run(command, index)
                full_seconds[command] = time.monotonic() - start
                rows.assert_equal_indexes(rows.assert_sound(squire, path), before)
        trees.change(index, rng)
        squire.run("index", index)
    rows.assert_equal_indexes(rows.assert_sound(squire, path), rows.fresh_rows(squire, stub, index, tmp_path / "fresh"))
    squire.run("prune", index)
    assert len(squire.json("table", "versions", path)) == 1
    assert kills > 0


def test_questions_beside_runs_and_upkeep(squire, stub, index, tmp_path):
    """A file that never changes is found whatever the others do."""
    trees.write(index, "lasting.md", "# Lasting\n\nlastingword\n")
    squire.run("index", index)
    done, failures, asked = threading.Event(), [], itertools.count()

    def ask():
        while not done.is_set():
            answer = squire.run("search", "lastingword", index, "--mode", "text", "--json", code=None)
            next(asked)
            if answer.returncode != 0 or [hit["path"] for hit in json.loads(answer.stdout)] != ["lasting.md"]:
                failures.append((answer.returncode, answer.stdout[-500:], answer.stderr[-500:]))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    rng = random.Random(3)
    try:
        for _ in range(8):
            trees.change(index, rng, but=["lasting.md"])
            squire.run("index", index)
            squire.run("compact", index)
            squire.run("prune", index)
    finally:
        done.set()
        for thread in asking:
            thread.join()
    assert not failures, failures[:3]
    assert next(asked) > 5
    rows.assert_equal_indexes(rows.assert_sound(squire, rows.table_path(index)),
                              rows.fresh_rows(squire, stub, index, tmp_path / "fresh"))
