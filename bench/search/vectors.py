"""The rows about vectors: what is run, and how it is judged."""
import shutil

import numpy as np

import data as source
from worker import Worker, once

K = 10
MARKS = (0.90, 0.95, 0.99)
PEERS = ("faiss_pq", "usearch_bf16", "hnswlib", "zvec_hnsw", "lance_rq", "lance_hnsw_sq")
FILTERED = ("zvec_hnsw", "lance_rq")
WARM_ROUNDS = 5  # rows come into memory with the first ones
BUILDERS = ("faiss_pq", "faiss_ivf")


class Vectors:
    def __init__(self, data, folder, options, report, rounds):
        self.data, self.folder, self.options, self.report, self.rounds = data, folder, options, report, rounds
        self.bounds = source.exact(data.rows, data.queries, K)
        self.workers = {}

    def run(self, peers, is_built):
        peers = [peer for peer in PEERS if peer in peers]
        if not is_built:
            self.build(peers)
        self.first_answers()
        for name in ("squire", *peers):
            self.workers[name] = Worker(name, self.folder, self.options)
            self.workers[name].ask(do="open")
        self.search(peers)
        self.exact()
        self.filters([peer for peer in FILTERED if peer in peers])
        self.update()
        for worker in self.workers.values():
            worker.close()

    def build(self, peers):
        builds = {}
        for name in dict.fromkeys(("squire", "squire_flat", *BUILDERS, "faiss_flat", *peers)):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            builds[name] = once(name, self.folder, {**self.options, "core": None, "threads": 2}, do="build", threads=2)
            print(f"  built {name:14} {builds[name]['wall']:7.2f} s, {builds[name]['cpu']:7.2f} CPU s, "
                  f"{builds[name]['bytes'] / 1e6:7.1f} MB", flush=True)
        peer = min(BUILDERS, key=lambda name: builds[name]["wall"])
        self.report.add("vector build", builds["squire"]["wall"], builds[peer]["wall"], peer, 1 / 1.5, "s", True)
        raw = self.data.rows.nbytes
        self.report.add("vector index bytes", builds["squire"]["bytes"] / raw, 0.25, "a quarter of the vectors", 1.0, "share", True)

    def first_answers(self):
        times = [once("squire", self.folder, self.options, do="first", setting={})["wall"] for _ in range(7)]
        self.report.add("open, first answer", float(np.median(times)) * 1e3, 20.0, "20 ms in a fresh process", 1.0, "ms", True)

    def judged(self, name, setting, count=None, bounds=None, k=K, rows=None):
        count = count or len(self.data.queries)
        run = self.workers[name].ask(do="run", setting=setting, count=count, k=k)
        rows = self.data.rows if rows is None else rows
        bounds = self.bounds if bounds is None else bounds
        run["recall"] = source.recall(rows, self.data.queries[:count], bounds[:count], run.pop("answers"), k)
        return run

    def turns(self, settings):
        """Engines and settings in turn, round by round: medians, with the lowest p99."""
        runs = {key: [] for key in settings}
        for _ in range(self.rounds):
            for key, (name, setting, more) in settings.items():
                runs[key].append(self.judged(name, setting, **more))
        return {key: {"qps": float(np.median([r["qps"] for r in some])), "recall": some[0]["recall"],
                      "p50": min(r["p50"] for r in some), "p99": min(r["p99"] for r in some)} for key, some in runs.items()}

    def search(self, peers):
        """The grid once, with few queries; of each engine and mark what may be best, in turns with all of them."""
        from engines import KINDS

        tried = []
        for name in ("squire", *peers):
            for setting in KINDS[name].settings:
                tried.append((name, setting, self.judged(name, setting, count=min(250, len(self.data.queries)))))
        settings = {}
        for name in ("squire", *peers):
            for mark in MARKS:
                for least in (mark - 0.005, mark):  # few queries tell the recall of all to some thousandths
                    fit = sorted((r["qps"], i) for i, (n, _, r) in enumerate(tried) if n == name and r["recall"] >= least)
                    for _, i in fit[-2:]:
                        settings[(name, str(tried[i][1]))] = (name, tried[i][1], {})
        measured = self.turns(settings)
        best = {}
        for mark in MARKS:
            for (name, text), run in measured.items():
                if run["recall"] >= mark and run["qps"] > best.get((name, mark), (0,))[0]:
                    best[name, mark] = (run["qps"], run, settings[name, text][1])
            for name in ("squire", *peers):
                if (name, mark) in best:
                    qps, run, setting = best[name, mark]
                    print(f"  recall >= {mark:.2f} {name:14} {qps:9.0f} QPS, recall {run['recall']:.4f}, p50 {run['p50'] * 1e3:.3f} ms, "
                          f"p99 {run['p99'] * 1e3:.3f} ms, {setting}", flush=True)
            others = [(best[name, mark][0], name) for name in peers if (name, mark) in best]
            ours = best.get(("squire", mark), (0.0, None, {}))
            peer = max(others, default=(0.0, "none reaches it"))
            self.report.add(f"vector@{mark:.2f}", ours[0], peer[0], peer[1], 1.0, "QPS")
            if mark == 0.95 and ours[1]:
                self.report.add("vector p99@0.95", ours[1]["p99"] * 1e3, 0.3, "0.3 ms", 1.0, "ms", True)

    def exact(self):
        """Beside a plain read of as many bytes, in turns: numpy adds them up as whole numbers."""
        import os
        import time

        os.sched_setaffinity(0, {self.options["core"]})
        words, reads, searches = self.data.rows.copy().view(np.uint64), [], []
        self.workers["squire_flat"] = Worker("squire_flat", self.folder, self.options)
        self.workers["squire_flat"].ask(do="open")
        for _ in range(max(5, self.rounds)):
            begin = time.process_time()
            for _ in range(20):
                words.sum()
            reads.append(20 / (time.process_time() - begin))
            searches.append(self.judged("squire_flat", {}, count=40)["qps"])
        os.sched_setaffinity(0, range(os.cpu_count()))
        self.report.add("vector exact", float(np.median(searches)), float(np.median(reads)), "a plain read of the bytes", 0.85, "QPS")

    def filters(self, peers):
        from engines import KINDS

        for share in (0.10, 0.01):
            first = int(len(self.data.rows) * (1 - share))
            bounds = source.exact(self.data.rows, self.data.queries, K, np.arange(first, len(self.data.rows)))
            settings = {}
            for name in ("squire", *peers):
                for setting in [{}] if name == "squire" else KINDS[name].settings[-6:]:
                    settings[(name, str(setting))] = (name, {**setting, "where": f"number >= {first}"}, {"bounds": bounds, "count": min(250, len(bounds))})
            best = {}
            for (name, text), run in self.turns(settings).items():
                print(f"  filter {share:.0%} {name:14} {run['qps']:9.0f} QPS, recall {run['recall']:.4f}, {text}", flush=True)
                if run["recall"] >= 0.95:
                    best[name] = max(best.get(name, 0.0), run["qps"])
            others = [(best[name], name) for name in peers if name in best]
            peer = max(others, default=(0.0, "none reaches 0.95"))
            self.report.add(f"vector filter {share:.0%}", best.get("squire", 0.0), peer[0], peer[1], 1.0, "QPS")

    def update(self):
        """1,000 rows deleted and 1,000 replaced or new: QPS against before, recall against an index made anew, both as a search
        is without options."""
        shutil.rmtree(self.folder / "squire_updated", ignore_errors=True)
        shutil.copytree(self.folder / "squire", self.folder / "squire_updated")
        self.workers["squire_updated"] = Worker("squire_updated", self.folder, self.options)
        self.workers["squire_updated"].ask(do="open")
        before = [self.judged("squire_updated", {})["qps"] for _ in range(self.rounds + WARM_ROUNDS)][WARM_ROUNDS:]
        spent = self.workers["squire_updated"].ask(do="update")["wall"]
        gone, replaced, added = self.workers_changes()
        rows = np.concatenate([self.data.rows, np.zeros((len(added), self.data.rows.shape[1]), np.float32)])
        rows[gone] = 0
        rows[np.concatenate([replaced, added])] = self.data.fresh
        bounds = source.exact(rows, self.data.queries, K)
        runs = [self.judged("squire_updated", {}, bounds=bounds, rows=rows) for _ in range(self.rounds + WARM_ROUNDS)][WARM_ROUNDS:]
        print(f"  update of 2,000 rows: {spent:.2f} s; recall {runs[0]['recall']:.4f} after", flush=True)
        self.report.add("vector after update", float(np.median([r["qps"] for r in runs])), float(np.median(before)), "itself before", 0.9, "QPS")
        self.workers["squire_updated"].ask(do="reindex")
        again = self.judged("squire_updated", {}, bounds=bounds, rows=rows)
        self.report.add("vector recall after", 1 - abs(min(0.0, runs[0]["recall"] - again["recall"])), 1.0, "an index made anew", 0.995, "share")

    def workers_changes(self):
        from base import Engine

        return Engine(self.folder, self.data, self.options).data_changes()
