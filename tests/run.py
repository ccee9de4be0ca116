#!/usr/bin/env python3
"""Runs the tests and counts them.

    run.py quick | all | sanitize  [--build DIR] [--jobs N]

quick: the house, the C++ tests and the quick Python tests. all: these, the long Python tests, and the C++ tests once more
under the address and undefined behaviour sanitizers (in DIR-asan). The last line is the sum over all of them.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.broken = []

    def add(self, stage, code, passed, failed, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        if code or failed or not passed:
            self.broken.append(stage)


def run(stage, command, **kwargs):
    """Runs a command, showing what it prints; returns its exit code and its output."""
    print(f"== {stage}", flush=True)
    started, lines = time.monotonic(), []
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", cwd=ROOT, **kwargs)
    for line in process.stdout:
        lines.append(line)
        sys.stdout.write(line)
        sys.stdout.flush()
    code = process.wait()
    print(f"== {stage}: exit {code}, {time.monotonic() - started:.1f} s", flush=True)
    return code, "".join(lines)


def house(tally):
    code, _ = run("house", [sys.executable, "tests/house/check_house.py"])
    tally.add("house", code, int(code == 0), int(code != 0))


def ctest(tally, stage, build, jobs):
    code, output = run(stage, ["ctest", "--test-dir", build, "-L", "quick", "-j", jobs, "--output-on-failure", "--progress",
                               "--no-tests=error"])
    found = re.search(r"(\d+) tests? failed out of (\d+)", output)
    failed, total = (int(found[1]), int(found[2])) if found else (0, 0)
    tally.add(stage, code, total - failed, failed)


def pytest(tally, stage, marker):
    venv = subprocess.run([ROOT / "tests/setup_venv.sh"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    code, output = run(stage, [f"{venv}/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", marker,
                               "--durations=5", "tests"])
    count = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|error)", output.splitlines()[-1])}
    tally.add(stage, code, count.get("passed", 0), count.get("failed", 0) + count.get("error", 0), count.get("skipped", 0))


def sanitize(tally, build, jobs):
    asan = f"{build}-asan"
    code, _ = run("sanitized build: configure", ["cmake", "-S", ".", "-B", asan, "-G", "Ninja",
                                                 "-DSQUIRE_SANITIZE=address,undefined", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"])
    code = code or run("sanitized build", ["ninja", "-C", asan, f"-j{jobs}", "--quiet"])[0]
    if code:
        return tally.add("sanitized build", code, 0, 1)
    ctest(tally, "C++ tests, sanitized", asan, jobs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["quick", "all", "sanitize"])
    parser.add_argument("--build", default="build")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    tally = Tally()
    if args.what != "sanitize":
        house(tally)
        ctest(tally, "C++ tests", args.build, args.jobs)
        pytest(tally, "Python tests, quick", "not full")
    if args.what == "all":
        pytest(tally, "Python tests, long", "full")
    if args.what in ("all", "sanitize"):
        sanitize(tally, args.build, args.jobs)
    if tally.broken:
        print("failed:", ", ".join(tally.broken))
    print(f"{tally.passed} passed, {tally.failed + (not tally.failed and bool(tally.broken))} failed, {tally.skipped} skipped")
    sys.exit(bool(tally.broken))


if __name__ == "__main__":
    main()
