#!/usr/bin/env python3
"""How well questions are answered: docstrings of a Python package as questions about its code.

    retrieval.py PACKAGE [--squire BIN] [--questions 300] [--seed 7] [--keep DIR]

The first sentence of each documented function's docstring is a question (5 to 40 words, ASCII, unique), the function is
the answer. The package's .py files are copied with every function's docstring removed, so that a question's words are
there only where the code itself has them; the copy is indexed with the local model and asked in the modes text, vector
and auto, ten hits each. A hit is right when it is in the same file and overlaps at least half of the shorter of both
spans. Intervals are of 95 %, by paired bootstrap over the questions. Needs the standard library only.
"""
import argparse
import ast
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

BUILT = pathlib.Path(__file__).resolve().parents[1] / "build" / "bin"
MODES = ("text", "vector", "auto")
HITS = 10
RESAMPLES = 2000
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
NO_ANSWERS = re.compile(r"(^|/)(tests?|testing|benchmarks?|examples?|fixtures|docs?)(/|$)|(^|/)test_|_test\.py$", re.I)
NO_QUESTION = re.compile(r"(see|same as|todo|fixme|internal|deprecated)\b", re.I)
LINES_MIN = 4  # of an answer


def functions(tree):
    """In source order."""
    return sorted((n for n in ast.walk(tree) if isinstance(n, FUNCTIONS)), key=lambda n: (n.lineno, n.col_offset))


def docstring(function):
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first
    return None


def first_sentence(text):
    text = re.split(r"\n\s*\n|\n\s*(?:@|#|:param|:return|Parameters|Args|Returns|>>>|---)", text.strip())[0]
    text = re.sub(r"\s+", " ", text.replace("`", "")).strip()
    found = re.match(r"(.{15,}?[.!?])(\s|$)", text)
    return (found.group(1) if found else text).strip()


def strip_docstrings(source, tree):
    """The source without any function's docstring; where nothing else would be left stands `...`."""
    lines = source.split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for function in reversed(functions(tree)):
        doc = docstring(function)
        if doc is None:
            continue
        begin = starts[doc.lineno - 1] + doc.col_offset
        end = starts[doc.end_lineno - 1] + doc.end_col_offset
        before, after = source[starts[doc.lineno - 1]:begin], source[end:starts[doc.end_lineno] - 1]
        if len(function.body) > 1 and not before.strip() and not after.strip():
            source = source[:starts[doc.lineno - 1]] + source[starts[doc.end_lineno]:]
        else:
            source = source[:begin] + b"..." + source[end:]
    return source


def make_cases(package, copy):
    """Writes the stripped copy; returns questions with their answers' places in it."""
    cases = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        try:
            source = path.read_bytes()
            source.decode()
            tree = ast.parse(source)
            stripped = strip_docstrings(source, tree)
            after = functions(ast.parse(stripped))
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue  # not in the copy either: its docstrings would give the answers away
        before = functions(tree)
        if [f.name for f in before] != [f.name for f in after]:
            continue
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(stripped)
        if NO_ANSWERS.search(name):
            continue
        for old, new in zip(before, after):
            question = first_sentence(docstring(old).value.value) if docstring(old) else ""
            if (5 <= len(question.split()) <= 40 and question.isascii() and question.isprintable()
                    and new.end_lineno - new.lineno + 1 >= LINES_MIN
                    and not old.name.startswith("test") and not NO_QUESTION.match(question)):
                cases.append({"question": question, "path": name, "start": new.lineno, "end": new.end_lineno})
    count = collections.Counter(case["question"].lower() for case in cases)
    return [case for case in cases if count[case["question"].lower()] == 1]


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
          "MRR": lambda rank: 1 / rank if rank else 0.0}


def mean(values):
    return sum(values) / len(values)


def interval(differences, rng):
    means = sorted(mean(rng.choices(differences, k=len(differences))) for _ in range(RESAMPLES))
    return means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]


def tell(ranks, rng):
    for mode in MODES:
        print(f"{mode:7} " + "  ".join(f"{name} {mean([f(r) for r in ranks[mode]]):.3f}" for name, f in SCORES.items()))
    for name in ("recall@10", "MRR"):
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
