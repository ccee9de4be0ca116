"""One engine in a process of its own, on one core: commands come as lines of JSON, answers go the same way."""
import contextlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

from base import cpu_seconds

HERE = pathlib.Path(__file__).resolve().parent


class Worker:
    """The measuring process's end: what a process that runs one engine is asked."""

    def __init__(self, engine, folder, options):
        command = [sys.executable, str(HERE / "worker.py"), engine, str(folder), json.dumps(options)]
        self.name = engine
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended: exit {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


def once(engine, folder, options, **command):
    """One command in a process that is gone afterwards."""
    worker = Worker(engine, folder, options)
    try:
        return worker.ask(**command)
    finally:
        worker.close()


def timed(work):
    wall, cpu = time.perf_counter(), cpu_seconds()
    answer = work()
    return answer, time.perf_counter() - wall, cpu_seconds() - cpu


def run(engine, queries, setting, k):
    """Every query by itself: CPU seconds of all, and the time of each."""
    answers, times = [], []
    engine.set(setting)
    if isinstance(queries, dict):
        queries = queries[setting["kind"]]
    for query in queries[:20]:
        engine.search(query, k)
    begin = cpu_seconds()
    for query in queries:
        started = time.perf_counter()
        answers.append(engine.search(query, k))
        times.append(time.perf_counter() - started)
    spent = cpu_seconds() - begin
    times.sort()
    return {"qps": len(times) / spent, "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100],
            "answers": [[int(i) for i in engine.ids(a)] for a in answers]}


def serve(engine, queries):
    for line in sys.stdin:
        command = json.loads(line)
        try:
            yield handle(engine, queries, command.pop("do"), command)
        except Exception as error:  # noqa: BLE001 - told to who asked
            yield {"error": f"{type(error).__name__}: {error}"}


def handle(engine, queries, what, command):
    if what == "build":
        _, wall, cpu = timed(lambda: engine.build(command["threads"]))
        return {"wall": getattr(engine, "build_wall", wall), "cpu": getattr(engine, "build_cpu", cpu), "bytes": engine.size(),
                "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    if what == "first":
        answer, wall, cpu = timed(lambda: (engine.open(), engine.set(command["setting"]), engine.search(queries[0], 10)))
        return {"wall": wall, "cpu": cpu}
    if what == "open":
        engine.open()
        return {}
    if what == "run":
        return run(engine, queries[: command["count"]] if command["count"] else queries, command["setting"], command["k"])
    if what == "update":
        _, wall, cpu = timed(engine.update)
        return {"wall": wall, "cpu": cpu}
    if what == "reindex":
        engine.reindex()
        return {}
    raise ValueError(what)


def main():
    name, folder, options = sys.argv[1], pathlib.Path(sys.argv[2]), json.loads(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what engines print is no answer
    if options.get("core") is not None:
        os.sched_setaffinity(0, {options["core"]})
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LANCE_CPU_THREADS", "RAYON_NUM_THREADS"):
        os.environ[variable] = str(options.get("threads", 1))
    os.environ.setdefault("LANCE_LOG", "error")
    import engines

    engine, queries = engines.make(name, folder, options)
    for answer in serve(engine, queries):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
