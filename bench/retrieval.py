#!/usr/bin/env python3
"""How well questions are answered: doc comments of a package's functions as questions about its code.

    retrieval.py PACKAGE [--squire BIN] [--questions 300] [--seed 7] [--keep DIR]

The questions and a copy of the package without these comments come of documented.py; the copy is indexed with the local
model and asked in the modes text, vector and auto, ten hits each. A hit is right when it is in the same file and overlaps
at least half of the shorter of both spans. Intervals are of 95 %, by paired bootstrap over the questions. Needs the
standard library only.
"""
import argparse
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from documented import make_cases

BUILT = pathlib.Path(__file__).resolve().parents[1] / "build" / "bin"
MODES = ("text", "vector", "auto")
HITS = 10
RESAMPLES = 2000


class Server:
    """`squire mcp`: one process for all questions."""

    def __init__(self, squire, tree, db):
        self.process = subprocess.Popen([str(squire), "mcp", str(tree), "--db", str(db)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.number = 0
        self.call("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                 "clientInfo": {"name": "retrieval", "version": "1"}})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def call(self, method, params):
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]
        sys.exit("the server ended")

    def search(self, question, mode):
        arguments = {"query": question, "mode": mode, "limit": HITS}
        result = self.call("tools/call", {"name": "search_code", "arguments": arguments})
        if result.get("isError"):
            sys.exit(f"{question!r}: {result['content']}")
        return result["structuredContent"]["hits"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)


def is_right(hit, case):
    overlap = min(hit["end_line"], case["end"]) - max(hit["start_line"], case["start"]) + 1
    shorter = min(hit["end_line"] - hit["start_line"], case["end"] - case["start"]) + 1
    return hit["path"] == case["path"] and overlap >= 0.5 * shorter


def rank_of(hits, case):
    """From 1; 0: not among them."""
    return next((rank for rank, hit in enumerate(hits, 1) if is_right(hit, case)), 0)


SCORES = {"S@1": lambda rank: float(rank == 1), "recall@10": lambda rank: float(rank > 0),
          "MRR": lambda rank: 1 / rank if rank else 0.0,
          "nDCG@10": lambda rank: 1 / math.log2(rank + 1) if rank else 0.0}


def mean(values):
    return sum(values) / len(values)


def interval(differences, rng):
    means = sorted(mean(rng.choices(differences, k=len(differences))) for _ in range(RESAMPLES))
    return means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]


def tell(ranks, rng):
    for mode in MODES:
        print(f"{mode:7} " + "  ".join(f"{name} {mean([f(r) for r in ranks[mode]]):.3f}" for name, f in SCORES.items()))
    for name in ("recall@10", "MRR", "nDCG@10"):
        score = SCORES[name]
        part = max(("text", "vector"), key=lambda mode: mean([score(r) for r in ranks[mode]]))
        differences = [score(a) - score(b) for a, b in zip(ranks["auto"], ranks[part])]
        low, high = interval(differences, rng)
        verdict = "below" if high < 0 else "above" if low > 0 else "not told apart"
        print(f"{name}: auto - {part} = {mean(differences):+.3f}, 95 % [{low:+.3f}, {high:+.3f}]: {verdict}")


def run(squire, package, work, questions, seed):
    copy, db = work / "tree", work / "db"
    cases = make_cases(package, copy)
    rng = random.Random(seed)
    rng.shuffle(cases)
    print(f"{package.name}: {len(cases)} questions pass, {min(questions, len(cases))} asked (seed {seed})")
    cases = cases[:questions]
    if not cases:
        sys.exit("no documented functions here")
    started = time.monotonic()
    command = [squire, "index", copy, "--db", db, "--embedder", "local", "--json"]
    made = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True)
    report = json.loads(made.stdout)
    print(f"indexed {report['files']} files, {report['chunks_written']} chunks in {time.monotonic() - started:.1f} s")
    server = Server(squire, copy, db)
    ranks = {mode: [] for mode in MODES}
    started = time.monotonic()
    for case in cases:
        for mode in MODES:
            ranks[mode].append(rank_of(server.search(case["question"], mode), case))
    print(f"{len(cases) * len(MODES)} searches in {time.monotonic() - started:.1f} s")
    server.stop()
    tell(ranks, rng)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=pathlib.Path)
    parser.add_argument("--squire", type=pathlib.Path, default=os.environ.get("SQUIRE_BIN", BUILT / "squire"))
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=pathlib.Path, help="work in this new folder and keep it")
    args = parser.parse_args()
    if args.keep:
        args.keep.mkdir(parents=True)
        return run(args.squire, args.package, args.keep, args.questions, args.seed)
    with tempfile.TemporaryDirectory(prefix="squire-bench-") as temporary:
        run(args.squire, args.package, pathlib.Path(temporary), args.questions, args.seed)


if __name__ == "__main__":
    main()
