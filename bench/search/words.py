"""The rows about words."""
import json
import shutil

import numpy as np

import texts
from worker import Worker, once

SHORT_S, SHORT_ROUNDS = 0.2, 5  # runs that are over sooner are made that often
PEERS = ("tantivy", "lance_fts", "sqlite_fts5")


def run(data, folder, options, report, rounds, peers):
    chunks = data.texts(options["rows"])
    split = [texts.words(text) for text in chunks]
    asked = texts.questions(split, data.questions(), options["queries"])
    (folder / "words.json").write_text(json.dumps(asked))
    exact, workers = texts.Exact(split), {}
    names = ["squire_text", *(peer for peer in PEERS if peer in peers)]
    builds = {}
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)
        builds[name] = once(name, folder, {**options, "core": None}, do="build", threads=1)
        print(f"  built {name:14} {builds[name]['wall']:7.2f} s, {builds[name]['cpu']:7.2f} CPU s, {builds[name]['bytes'] / 1e6:7.1f} MB")
        workers[name] = Worker(name, folder, options)
        workers[name].ask(do="open")
    size = sum(len(text.encode()) for text in chunks)
    if "tantivy" in names:
        report.add("text build", builds["squire_text"]["cpu"], builds["tantivy"]["cpu"], "tantivy", 1 / 1.5, "CPU s", True)
    if builds["squire_text"]["bytes"]:
        report.add("text index bytes", builds["squire_text"]["bytes"] / size, 0.35, "of the chunks' bytes, with positions", 1.0, "share", True)
    for kind in texts.KINDS:
        speeds = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                while True:
                    speeds[name].append(workers[name].ask(do="run", setting={"kind": kind}, count=0, k=10))
                    if len(speeds[name]) % SHORT_ROUNDS == 0 or len(asked[kind]) / speeds[name][-1]["qps"] > SHORT_S:
                        break
        for name in names:
            answers = speeds[name][0]["answers"]
            right = float(np.mean([exact.right(kind, words, answer) for words, answer in zip(asked[kind], answers)]))
            speeds[name] = float(np.median([r["qps"] for r in speeds[name]]))
            print(f"  {kind:12} {name:14} {speeds[name]:9.0f} QPS, agreement {right:.3f}", flush=True)
        peer = max(names[1:], key=speeds.get, default=None)
        report.add(f"text {kind}", speeds["squire_text"], speeds[peer] if peer else 0.0, peer or "none", 1.0, "QPS")
    after_commits(workers["squire_text"], folder, options, report, rounds)
    for worker in workers.values():
        worker.close()


def after_commits(before, folder, options, report, rounds):
    """The speed after 200 commits of 20 texts, nothing called, beside that of the table as it was, in turns."""
    kinds = ("1 term", "5 OR", "2 AND")
    shutil.rmtree(folder / "squire_text_updated", ignore_errors=True)
    shutil.copytree(folder / "squire_text", folder / "squire_text_updated")
    after = Worker("squire_text_updated", folder, options)
    after.ask(do="open")
    spent = after.ask(do="update")["wall"]
    print(f"  {texts.COMMITS} commits of 20 texts: {spent / texts.COMMITS * 1e3:.1f} ms each", flush=True)
    speeds = {}
    for kind in kinds:
        turns = [[worker.ask(do="run", setting={"kind": kind}, count=0, k=10)["qps"] for worker in (after, before)]
                 for _ in range(SHORT_ROUNDS * rounds)]
        speeds[kind] = np.median(turns, axis=0)
    after.close()
    kind = min(kinds, key=lambda kind: speeds[kind][0] / speeds[kind][1])
    report.add("text after 200 commits", *speeds[kind], f"itself before, {kind}", 0.8, "QPS")
