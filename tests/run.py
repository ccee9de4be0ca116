#!/usr/bin/env python3
"""Runs the tests and counts them.

    run.py quick | all | sanitize | fuzz | soak  [--build DIR] [--jobs N] [--seconds S]

quick: the house, the C++ tests and the quick Python tests. sanitize: the C++ tests under the address and undefined
behaviour sanitizers (in DIR-asan), those with threads under the thread sanitizer (in DIR-tsan). fuzz: each target of fuzz/
for S seconds (in DIR-fuzz). all: quick, the long Python tests, sanitize, fuzz. soak: the fuzz targets for a minute each, the
tests of faults, lost power and random use with much more effort, the tests that kill. The last line is the sum.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CLANG = ["-DCMAKE_C_COMPILER=clang-19", "-DCMAKE_CXX_COMPILER=clang++-19"]
LIGHT = ["-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_FLAGS=-O1", "-DCMAKE_CXX_FLAGS=-O1 -g1"]  # half the time to build
ENGINE_ROOMS = "base;io;simd;lance;table;index;query;upkeep;engine"
SOAK_EFFORT = "6"


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


def ctest(tally, stage, build, jobs, leave_out="^$", **kwargs):
    code, output = run(stage, ["ctest", "--test-dir", build, "-L", "quick", "-E", leave_out, "-j", jobs, "--output-on-failure",
                               "--progress", "--no-tests=error"], **kwargs)
    found = re.search(r"(\d+) tests? failed out of (\d+)", output)
    failed, total = (int(found[1]), int(found[2])) if found else (0, 0)
    tally.add(stage, code, total - failed, failed)


def pytest(tally, stage, marker, *paths, jobs=1):
    venv = subprocess.run([ROOT / "tests/setup_venv.sh"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    code, output = run(stage, [f"{venv}/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", marker,
                               *(["-n", jobs, "--dist", "loadfile"] if jobs > 1 else []), "--durations=5", *(paths or ["tests"])])
    count = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|error)", output.splitlines()[-1])}
    tally.add(stage, code, count.get("passed", 0), count.get("failed", 0) + count.get("error", 0), count.get("skipped", 0))


def built(tally, stage, build, jobs, options, targets=()):
    """Configures and builds a variant; False when that failed, which counts as one failed test."""
    code, _ = run(f"{stage}: configure", ["cmake", "-S", ".", "-B", build, "-G", "Ninja", *options])
    code = code or run(stage, ["ninja", "-C", build, f"-j{jobs}", "--quiet", *targets])[0]
    if code:
        tally.add(stage, code, 0, 1)
    return not code


def sanitize(tally, build, jobs):
    if built(tally, "sanitized build", f"{build}-asan", jobs, ["-DSQUIRE_SANITIZE=address,undefined", *LIGHT]):
        ctest(tally, "C++ tests, sanitized", f"{build}-asan", jobs)
    rooms = f"-DSQUIRE_ROOMS={ENGINE_ROOMS};embed;corpus;sync;serve"
    if built(tally, "thread-sanitized build", f"{build}-tsan", jobs, ["-DSQUIRE_SANITIZE=thread", rooms, *LIGHT],
             [f"{room}_test" for room in ("base", "io", "engine", "sync", "serve")]):
        ctest(tally, "C++ tests with threads, sanitized", f"{build}-tsan", jobs, r"FaultTest|PowerLossTest|PowerImagesTest|ModelTest",
              env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1"})


def run_target(binary, seconds, findings):
    """One fuzz target from its corpus and its past findings on; new finds are thrown away, what breaks it is kept."""
    name = binary.name.removesuffix("_fuzz")
    seeds = [folder / name for folder in (ROOT / "fuzz/corpus", ROOT / "fuzz/regressions") if (folder / name).is_dir()]
    words = ROOT / f"fuzz/dictionaries/{name}.dict"
    with tempfile.TemporaryDirectory() as scratch:
        command = [binary, "-seed=1", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=320",
                   "-print_final_stats=1", f"-artifact_prefix={findings}/{name}-", *([f"-dict={words}"] if words.exists() else []),
                   scratch, *seeds]
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stdout)
    return name, done.returncode, int(runs[1]) if runs else 0, done.stdout


def fuzz(tally, build, jobs, seconds):
    folder = pathlib.Path(f"{build}-fuzz")
    rooms = f"-DSQUIRE_ROOMS={ENGINE_ROOMS};corpus"
    if not built(tally, "fuzz build", folder, jobs, ["-DSQUIRE_FUZZ=ON", "-DSQUIRE_TESTS=OFF", rooms, *CLANG, *LIGHT]):
        return
    findings = folder.resolve() / "findings"
    shutil.rmtree(findings, ignore_errors=True)
    findings.mkdir()
    targets = sorted((folder / "bin").resolve().glob("*_fuzz"))
    print(f"== {len(targets)} fuzz targets, {seconds} s each", flush=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for name, code, runs, output in pool.map(lambda t: run_target(t, seconds, findings), targets):
            print(f"{name}: {runs} runs" + (f", exit {code}\n{output[-6000:]}" if code else ""), flush=True)
            tally.add(f"fuzz {name}", code, int(code == 0), int(code != 0))


def soak(tally, build, jobs, seconds):
    more = {**os.environ, "SQUIRE_TEST_EFFORT": SOAK_EFFORT}
    for name in ("Fault", "PowerLoss", "PowerImages", "Model", "TwoWriters"):
        code, output = run(f"soak: {name}", [f"{build}/bin/engine_test", f"--gtest_filter=*{name}Test.*"], env=more)
        tally.add(f"soak: {name}", code, int(code == 0), int(code != 0))
    pytest(tally, "soak: kills", "full", "tests/crash", "tests/interop/test_race.py")
    fuzz(tally, build, jobs, seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["quick", "all", "sanitize", "fuzz", "soak"])
    parser.add_argument("--build", default="build")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=int, help="for each fuzz target")
    args = parser.parse_args()
    tally = Tally()
    if args.what in ("quick", "all"):
        house(tally)
        ctest(tally, "C++ tests", args.build, args.jobs)
        pytest(tally, "Python tests, quick", "not full", jobs=args.jobs)
    if args.what == "all":
        pytest(tally, "Python tests, long", "full")
    if args.what in ("all", "sanitize"):
        sanitize(tally, args.build, args.jobs)
    if args.what in ("all", "fuzz"):
        fuzz(tally, args.build, args.jobs, args.seconds or 3)
    if args.what == "soak":
        soak(tally, args.build, args.jobs, args.seconds or 60)
    if tally.broken:
        print("failed:", ", ".join(tally.broken))
    print(f"{tally.passed} passed, {tally.failed + (not tally.failed and bool(tally.broken))} failed, {tally.skipped} skipped")
    sys.exit(bool(tally.broken))


if __name__ == "__main__":
    main()
