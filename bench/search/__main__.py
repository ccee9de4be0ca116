"""Search beside other engines: the same rows, the same questions, in turns, each engine in its own process on one core.

    bench/search [--rows 60000] [--queries 250] [--rounds 3] [--folder build/bench] [--built] [--only vectors|texts] [--peers A,B]
                 [--large 1000000]

Prints what every engine reaches on its grid of settings, then the table, and as the last line JSON: a row's name -> {"ours",
"peer", "name", "ratio" (over 1: ours is better), "need" (the least ratio that is asked for), "ok"}. Speeds are queries a
CPU second of the engine's process. The data is made at the first run (data.py) and kept in the folder.
"""
import argparse
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = pathlib.Path(os.environ.get("SQUIRE_BIN", ROOT / "build" / "bin" / "squire"))
MODULE = str(PROGRAM.parents[1] / "python")
sys.path[:0] = [str(HERE), MODULE]
os.environ["PYTHONPATH"] = MODULE  # of the engines' processes

import data as source  # noqa: E402
import large  # noqa: E402
import vectors  # noqa: E402
import words  # noqa: E402
from report import Report  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--queries", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build" / "bench")
    parser.add_argument("--built", action="store_true", help="the indexes of the last run are used again")
    parser.add_argument("--only", choices=("vectors", "texts"))
    parser.add_argument("--large", type=int, help="instead: ours alone, of so many rows made from the real ones, on 4 GB of disk a million")
    parser.add_argument("--peers", default=",".join((*vectors.PEERS, *words.PEERS)))
    args = parser.parse_args()
    if args.rows < 1000:
        parser.error("conditions that 1 % pass want 1,000 rows at least")
    folder = args.folder.resolve()
    cache, engines = folder / f"data-{args.rows}-{args.queries}", folder / f"engines-{args.rows}"
    source.prepare(cache, args.rows, args.queries, str(PROGRAM))
    engines.mkdir(parents=True, exist_ok=True)
    options = {"data": str(cache), "rows": args.rows, "queries": args.queries, "core": os.cpu_count() - 1,
               "words": str(engines / "words.json")}
    data, report, peers = source.Data(cache, args.rows, args.queries), Report(), args.peers.split(",")
    if args.large:
        large.run(data, engines, options, report, args.large)
        return print(report.last_line())
    if args.only != "texts":
        vectors.Vectors(data, engines, options, report, args.rounds).run(peers, args.built)
    if args.only != "vectors":
        words.run(data, engines, options, report, args.rounds, peers)
    print(report.last_line())


if __name__ == "__main__":
    main()
