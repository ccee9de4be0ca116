"""What the program says and where: errors, exit codes, colours, pipes, signals."""
import json
import os
import pty
import re
import signal
import subprocess
import time

import pytest

from support import program, trees


@pytest.fixture(scope="module")
def indexed(squire, stub, tmp_path_factory):
    root = tmp_path_factory.mktemp("talk")
    trees.make(root, 10, seed=6)
    squire.run("index", root, *stub.options)
    return root


def clean_environment(**more):
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CLICOLOR_FORCE", "TERM")}
    return {**environment, "TERM": "xterm", **more}


@pytest.mark.parametrize("arguments, told", [
    (["nonsense"], "nonsense"),
    (["search"], "QUERY"),
    (["search", "several", "words", "unquoted"], "quotes"),
    (["search", "x", "-k", "0"], "--limit"),
    (["search", "x", "-k", "many"], "many"),
    (["search", "x", "--mode", "best"], "best"),
    (["search", "x", "--unknown"], "--unknown"),
    (["status", "--color", "green"], "green"),
    (["prune", ".", "--older-than", "soon"], "soon"),
    (["prune", ".", "--keep", "0"], "--keep"),
    (["index", ".", "--embedder", "http://localhost"], "--model"),
    (["index", ".", "--max-file-size", "big"], "big"),
    (["table"], "table --help"),
    (["table", "scan", ".", "--limit", "-1"], "--limit"),
])
def test_usage_errors(squire, indexed, arguments, told):
    done = squire.run(*arguments, code=2, cwd=indexed)
    assert done.stdout == "" and told in done.stderr and done.stderr.startswith("squire: ")
    assert done.stderr.count("\n") == 1
    document = squire.json(*arguments, code=2, cwd=indexed)
    assert list(document) == ["error"] and list(document["error"]) == ["code", "message", "path"]
    assert document["error"]["code"] == "InvalidArgument"


def test_no_arguments_show_the_help(squire):
    assert "Usage: squire" in squire.run(code=2).stdout


def test_no_index(squire, tree, tmp_path):
    for command in (["search", "x", tree], ["status", tree]):
        done = squire.run(*command, code=7)
        assert "squire index" in done.stderr and done.stdout == ""
        assert squire.json(*command, code=7)["error"]["code"] == "NotFound"
    assert not (tree / ".squire").exists(), "a question makes nothing"
    assert squire.json("status", tmp_path / "none", code=7)["error"]["path"].endswith("none")
    assert squire.json("table", "info", tmp_path / "none.lance", code=7)["error"]["code"] == "NotFound"
    assert squire.run("table", "info", tree, code=7).stderr


def test_a_table_of_nonsense_is_corrupt(squire, tmp_path):
    table = tmp_path / "t.lance"
    (table / "_versions").mkdir(parents=True)
    (table / "_versions" / "18446744073709551614.manifest").write_bytes(b"nonsense" * 100)
    assert squire.json("table", "info", table, code=4)["error"]["code"] == "Corruption"


@pytest.mark.parametrize("environment, arguments, colours", [
    ({}, [], False),  # a pipe
    ({"CLICOLOR_FORCE": "1"}, [], True),
    ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, [], False),
    ({"CLICOLOR_FORCE": "1"}, ["--color", "never"], False),
    ({"NO_COLOR": "1"}, ["--color", "always"], True),
    ({}, ["--json", "--color", "always"], False),
])
def test_colours_through_a_pipe(squire, indexed, environment, arguments, colours):
    done = squire.run("search", "commit", indexed, *arguments, env=clean_environment(**environment))
    assert ("\x1b[" in done.stdout) == colours


def on_terminal(command, environment):
    """What the command prints when all its streams are a terminal."""
    parent, child = pty.openpty()
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment)
    os.close(child)
    output = b""
    while True:
        try:
            data = os.read(parent, 65536)
        except OSError:
            break
        if not data:
            break
        output += data
    os.close(parent)
    return process.wait(), output.decode()


def test_a_terminal_gets_colours_and_marks(squire, indexed):
    _, shown = on_terminal([squire.path, "search", "commit", str(indexed)], clean_environment())
    assert re.search("\x1b\\[1;31mcommit\x1b\\[0m", shown, re.I)
    for plain in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in on_terminal([squire.path, "search", "commit", str(indexed)], clean_environment(**plain))[1]


def test_progress(squire, start_stub, tree):
    trees.make(tree, 40)
    slow = start_stub(delay=0.05)
    command = [squire.path, "index", str(tree), *slow.options]
    code, shown = on_terminal(command, clean_environment())
    assert code == 0 and "\r\x1b[K[" in shown and "of 40 files" in shown
    code, shown = on_terminal([*command, "--rebuild", "--progress", "none"], clean_environment())
    assert code == 0 and "\r\x1b[K" not in shown
    assert squire.run("index", tree, "--rebuild").stderr == "", "no progress in a pipe"
    assert "of 40 files" in squire.run("index", tree, "--rebuild", "--progress", "plain").stderr


def test_a_reader_may_go_away(squire, indexed):
    for command in (["table", "scan", indexed, "--json"], ["search", "commit", indexed, "-q", "-k", "50"]):
        process = subprocess.Popen([squire.path, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(timeout=60) == 0 and process.stderr.read() == b""
        process.stderr.close()


def test_output_that_cannot_be_written_is_told(squire, indexed):
    with open("/dev/full", "w") as full:
        done = subprocess.run([squire.path, "status", str(indexed)], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 5 and "cannot write the output" in done.stderr


ODD_NAMES = ["-rf.txt", "sp ace.txt", "quo\"te'.txt", "漢字.txt", "\u202eright.txt", "*glob?.txt", "a" * 200 + ".txt"]
LEFT_OUT_NAMES = ["new\nline.txt", "esc\x1b[31mred.txt", "ta\tb.txt", b"bad\xff.txt"]


def test_hostile_names_and_content(squire, stub, tree):
    for name in ODD_NAMES + LEFT_OUT_NAMES:
        with open(os.path.join(os.fsencode(tree), os.fsencode(name)), "wb") as file:
            file.write("needle in a file\x1b]0;title\x07 \x9b31m of some more words\n".encode())
    squire.run("index", tree, *stub.options, code=(0, 3))
    for command in (["search", "needle", "-k", "50"], ["search", "needle", "--color", "always", "-k", "50"],
                    ["index", "--dry-run", "--why"], ["table", "scan"], ["status"]):
        done = squire.run(*command, tree, code=(0, 3))
        shown = re.sub("\x1b\\[[0-9;]*m", "", done.stdout + done.stderr) if "always" in command else done.stdout + done.stderr
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown), command
    found = {hit["path"] for hit in squire.json("search", "needle", tree, "-k", 50)}
    assert found == set(ODD_NAMES)
    reasons = squire.json("index", tree, "--dry-run", "--why")["reasons"]
    assert len([r for r in reasons if r["why"] == "bad_name"]) == len(LEFT_OUT_NAMES)
    assert squire.json("search", "needle", tree, "--path", "-rf.txt", "-k", 50)[0]["path"] == "-rf.txt"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_resumed(squire, start_stub, tree, number):
    trees.make(tree, 120, seed=9)
    slow = start_stub(delay=0.05)
    with squire.running("index", tree, *slow.options) as process:
        program.wait_until(lambda: slow.texts() >= 150 or process.poll() is not None, what="some embedding")
        process.send_signal(number)
        output, talk = process.communicate(timeout=30)
    assert process.returncode == 130, talk
    assert "what was embedded is kept" in talk
    made = slow.texts()
    report = squire.json("index", tree)
    assert report["vectors_resumed"] + report["vectors_reused"] >= 100
    assert report["vectors_embedded"] + report["vectors_resumed"] + report["vectors_reused"] >= report["chunks_written"]
    again = slow.texts() - made
    assert again == report["vectors_embedded"] or again - report["vectors_embedded"] <= 1
    status = squire.json("status", tree)
    assert status["pending"] == status["stale"] == 0 and status["files"] == 120


def test_the_second_signal_ends_at_once(squire, start_stub, tree):
    trees.make(tree, 20)
    stuck = start_stub(delay=60)
    with squire.running("index", tree, *stuck.options) as process:
        program.wait_until(lambda: (tree / ".squire" / "write.lock").exists(), what="the run's beginning")
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        line = process.stderr.readline()
        assert "stopping" in line
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) in (-signal.SIGINT, 130)


def test_watch_follows_and_ends(squire, stub, tree):
    trees.make(tree, 5)
    with squire.running("watch", tree, "--json", *stub.options) as process:
        first = json.loads(process.stdout.readline())
        assert first["event"] == "updated" and first["files_new"] == 5
        assert squire.json("status", tree)["followed"] is True
        trees.write(tree, "fresh.txt", "a word called quuxfrob\n")
        program.wait_until(lambda: squire.json("search", "--mode", "text", "quuxfrob", tree, code=(0, 1)),
                           what="the edit in the index")
        second = json.loads(process.stdout.readline())
        assert second["event"] == "updated" and second["files_new"] == 1
        done = squire.run("watch", tree, code=6)
        assert "follows" in done.stderr
        assert squire.json("index", tree)["commits"] == 0, "an index run goes on beside it"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 130
    assert squire.json("status", tree)["followed"] is False


def test_watch_ends_when_nobody_listens(squire, stub, tree):
    trees.make(tree, 2)
    with squire.running("watch", tree, *stub.options) as process:
        assert "2 new" in process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        trees.write(tree, "x.txt", "something\n")
        assert process.wait(timeout=30) == 0


def test_the_log_goes_to_stderr(squire, indexed):
    assert squire.run("status", indexed, "--log-level", "debug").stdout == squire.run("status", indexed).stdout
