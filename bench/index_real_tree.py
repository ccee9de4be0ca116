#!/usr/bin/env python3
"""What indexing a real tree with the local model costs, and what asking it costs. Needs the standard library only.

    index_real_tree.py TREE [--squire BIN] [--rounds 1] [--chunks 600] [--embed-bench BIN]

TREE is a folder of code, such as an unpacked package; the index is made in a new temporary folder and removed. With
embed_bench (beside the program when built with -DSQUIRE_BENCH=ON) the bare loop of the model runs over the same chunks
(a sample of --chunks; 0: all) after each of the --rounds runs, so that both meet the machine in the same state.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILT = pathlib.Path(__file__).resolve().parents[1] / "build" / "bin"
QUESTIONS = ("where is the configuration read", "parse a date from text", "retry a request after a timeout",
             "convert a value to bytes", "open a file and read its lines", "compare two versions",
             "print an error and exit", "cache the result of a function", "split a path into its parts",
             "register a callback")
SPEED = re.compile(r"Embed (\d+) tokens .*?bare loop (\d+); ratio ([\d.]+)")


def run(command):
    """Output, wall seconds, CPU seconds and peak resident megabytes of one process."""
    start = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):  # 1: nothing found, 3: some files failed
        sys.exit(f"{' '.join(map(str, command))}: exit {process.returncode}\n{output}")
    return output, time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def index(squire, tree, db):
    output, wall, cpu, rss = run([squire, "index", tree, "--db", db, "--embedder", "local", "--json"])
    report = json.loads(output)
    rate = report["tokens"] / cpu
    print(f"index: {report['files']} files ({report['files_failed']} failed), {report['chunks_written']} chunks, "
          f"{report['vectors_embedded']} embedded, {report['tokens']} tokens")
    print(f"       {wall:.1f} s, {cpu:.1f} CPU s, peak RSS {rss:.0f} MB; {rate:.0f} tokens per CPU second; "
          f"outside the model {100 * (1 - report['embed_seconds'] / report['seconds']):.1f} % of the time")
    return rate


def sample_chunks(squire, db, count, folder):
    """The texts that were embedded, a file each."""
    output, *_ = run([squire, "table", "scan", db / "chunks.lance", "--columns", "name,text", "--json"])
    rows = [json.loads(line) for line in output.splitlines()]
    texts = sorted({f"{row['name']}\n{row['text']}" if row["name"] else row["text"] for row in rows})
    if count:
        texts = random.Random(1).sample(texts, min(count, len(texts)))
    for number, text in enumerate(texts):
        (folder / f"{number}.md").write_text(text)
    return len(texts)


def bare_loop(bench, folder, count):
    """Tokens per CPU second of the bare loop of the model, and our embedder's beside it."""
    output, *_ = run([bench, "speed", folder, count, 1 << 30])
    ours, bare, ratio = zip(*(map(float, found) for found in SPEED.findall(output)))
    print(f"model: bare loop {statistics.median(bare):.0f} tokens per CPU second over {count} of the chunks, "
          f"our embedder {statistics.median(ours):.0f}, ratio {statistics.median(ratio):.3f}")
    return statistics.median(bare)


def ask(squire, tree, db):
    for mode in ("text", "auto"):
        walls = [run([squire, "search", question, tree, "--db", db, "--mode", mode, "--json"])[1]
                 for question in QUESTIONS]
        print(f"search --mode {mode}, a new process each: median {statistics.median(walls):.3f} s, "
              f"most {max(walls):.3f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=pathlib.Path)
    parser.add_argument("--squire", type=pathlib.Path, default=os.environ.get("SQUIRE_BIN", BUILT / "squire"))
    parser.add_argument("--embed-bench", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--chunks", type=int, default=600)
    args = parser.parse_args()
    bench = args.embed_bench or args.squire.parent / "embed_bench"
    with tempfile.TemporaryDirectory(prefix="squire-bench-") as temporary:
        db, texts = pathlib.Path(temporary, "db"), pathlib.Path(temporary, "texts")
        ratios = []
        for _ in range(args.rounds):
            shutil.rmtree(db, ignore_errors=True)
            rate = index(args.squire, args.tree, db)
            if bench.exists():
                shutil.rmtree(texts, ignore_errors=True)
                texts.mkdir()
                ratios.append(rate / bare_loop(bench, texts, sample_chunks(args.squire, db, args.chunks, texts)))
        if ratios:
            print(f"index against the bare loop, tokens per CPU second: {statistics.median(ratios):.3f}")
        else:
            print(f"{bench} is not there: no bare loop to compare with")
        output, wall, cpu, rss = run([args.squire, "index", args.tree, "--db", db, "--json"])
        print(f"nothing changed: {wall:.3f} s, {cpu:.3f} CPU s, peak RSS {rss:.0f} MB, "
              f"{json.loads(output)['commits']} commits")
        ask(args.squire, args.tree, db)


if __name__ == "__main__":
    main()
