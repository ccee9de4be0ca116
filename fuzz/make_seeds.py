#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets from small real tables.

    make_seeds.py BIN [CORPUS]     BIN: the folder of the built targets; run by the tests' Python (tests/setup_venv.sh)

The seeds are kept in the repository; this is run again when a target's input changes or a format is added. What the
targets' programs find to add nothing is left out.
"""
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import lance
import pyarrow as pa

HERE = pathlib.Path(__file__).resolve().parent
WORDS = "the quick brown fox jumps over a lazy dog while seven wizards cast bright spells at dawn".split()


def sentence(rng, words):
    return " ".join(rng.choice(WORDS) for _ in range(words))


def vectors(rng, rows, dim, nulls=False):
    return [None if nulls and i % 5 == 4 else [rng.random() for _ in range(dim)] for i in range(rows)]


def columns(rng, rows):
    """name -> array, for each of the types that the targets know, in the forms that writers choose encodings by."""
    some = lambda values: [None if i % 4 == 3 else v for i, v in enumerate(values)]
    ints = [rng.randrange(1000) for _ in range(rows)]
    texts = [sentence(rng, 4) for _ in range(rows)]
    point = pa.struct([("x", pa.int64())])
    return {
        "int32": pa.array(ints, pa.int32()), "int32_null": pa.array(some(ints), pa.int32()),
        "int64": pa.array([v << 30 for v in ints], pa.int64()), "runs": pa.array([i // 50 for i in range(rows)], pa.int64()),
        "constant": pa.array([7] * rows, pa.int64()), "nothing": pa.array([None] * rows, pa.int64()),
        "uint8": pa.array([v % 256 for v in ints], pa.uint8()), "double": pa.array([v / 7 for v in ints], pa.float64()),
        "bool": pa.array([v % 3 == 0 for v in ints]), "text": pa.array(texts), "text_null": pa.array(some(texts)),
        "few_texts": pa.array([WORDS[v % 3] for v in ints]), "same_text": pa.array(["same"] * rows),
        "long_text": pa.array([sentence(rng, 80) if i < 6 else "x" for i in range(rows)]),
        "large_text": pa.array(texts, pa.large_string()), "binary": pa.array([t.encode() for t in texts], pa.binary()),
        "vector": pa.array(vectors(rng, rows, 4), pa.list_(pa.float32(), 4)),
        "vector_null": pa.array(vectors(rng, rows, 4, True), pa.list_(pa.float32(), 4)),
        "wide_vector": pa.array(vectors(rng, rows, 96, True), pa.list_(pa.float32(), 96)),
        "texts": pa.array(some([[WORDS[v % 9]] * (v % 3) for v in ints]), pa.list_(pa.string())),
        "lists": pa.array([[[v, v + 1], []][: v % 3] for v in ints], pa.list_(pa.list_(pa.int32()))),
        "struct": pa.array([{"x": v} for v in ints], point), "structs": pa.array([[{"x": v}] * (v % 3) for v in ints], pa.list_(point)),
        "timestamp": pa.array(ints, pa.timestamp("us")), "half": pa.array([float(v) for v in ints], pa.float16()),
        "date": pa.array(ints, pa.date32()), "fixed": pa.array([bytes([v % 256] * 16) for v in ints], pa.binary(16)),
        "bits": pa.array([[v % 2 == 0] * 12 for v in ints], pa.list_(pa.bool_(), 12)),
    }


def tool(bin_folder, name, *args):
    return subprocess.run([bin_folder / name, *args], check=True, capture_output=True, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})


def put(seeds, target, name, data):
    (seeds / target).mkdir(parents=True, exist_ok=True)
    (seeds / target / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def pages(bin_folder, seeds, scratch):
    for version in ("2.0", "2.1", "2.2"):
        for rows in (5, 300):
            for name, array in columns(random.Random(rows), rows).items():
                path = scratch / f"{name}-{version}-{rows}"
                try:
                    lance.write_dataset(pa.table({"c": array}), path, data_storage_version=version)
                except Exception as error:  # a type that this version cannot hold
                    print(f"{version}: no {name}: {str(error)[:80]}")
                    continue
                file = next((path / "data").iterdir())
                tool(bin_folder, "make_seeds", file, seeds, path.name)
                if rows == 5:
                    types = {"text": 5, "int32": 0, "texts": 10, "structs": 13, "vector": 8}
                    if name in types:
                        kind = types[name] | (0x80 if version == "2.0" else 0)
                        put(seeds, "data_file", path.name, bytes([kind]) + file.read_bytes())


def tables(seeds, scratch):
    rng = random.Random(1)
    path = scratch / "table"
    rows = pa.table({"id": pa.array(range(40), pa.int32()), "text": [f"text {i}" for i in range(40)],
                     "v": pa.array(vectors(rng, 40, 4), pa.list_(pa.float32(), 4))})
    dataset = lance.write_dataset(rows, path)
    dataset.delete("id in (3, 4)")
    dataset = lance.write_dataset(rows, path, mode="append")
    dataset.create_scalar_index("id", "BTREE")
    for i, manifest in enumerate(sorted((path / "_versions").glob("*.manifest"))):
        for target, head in (("manifest", b""), ("table", b"\0"), ("table", b"\1")):
            put(seeds, target, f"manifest-{i}-{len(head)}{head.hex()}", head + manifest.read_bytes())
    for i, transaction in enumerate((path / "_transactions").iterdir()):
        put(seeds, "transaction", f"transaction-{i}", b"\x1d18446744073709551614.manifest" + transaction.read_bytes())
    put(seeds, "transaction", "type", b"\x19fixed_size_list:float:384" + b"")
    deletions(seeds, scratch)


def deletions(seeds, scratch):
    for name, rows, where in (("few", 100, "id % 7 = 3"), ("many", 20000, "id % 3 = 1"), ("runs", 20000, "id < 9000")):
        path = scratch / f"deleted-{name}"
        dataset = lance.write_dataset(pa.table({"id": range(rows)}), path)
        dataset.delete(where)
        file = next((path / "_deletions").iterdir())
        target = "arrow_deletion_file" if file.suffix == ".arrow" else "deletion_file"
        put(seeds, target, name, rows.to_bytes(4, "little") + file.read_bytes())
    runs = bytes.fromhex("3b30 0000 01 0000 0900 0200 0000 0500 0a00 0300".replace(" ", ""))
    put(seeds, "deletion_file", "run-container", (100).to_bytes(4, "little") + runs)
    put(seeds, "deletion_file", "array-container", (100).to_bytes(4, "little") + bytes.fromhex("3a300000010000000000020010000000010005000900"))


def vector_indexes(seeds, scratch):
    """Other programs' kinds; those of Squire's own stay as they are."""
    for seed in (HERE / "corpus/vector_index").glob("of-*"):
        put(seeds, "vector_index", seed.name, seed.read_bytes())
    rng = random.Random(2)
    for name, kind, more in (("flat", "IVF_FLAT", {}), ("sq", "IVF_SQ", {}), ("pq", "IVF_PQ", {"num_sub_vectors": 4, "num_bits": 4}),
                             ("hnsw-sq", "IVF_HNSW_SQ", {}), ("hnsw-flat", "IVF_HNSW_FLAT", {})):
        path = scratch / f"index-{name}"
        dataset = lance.write_dataset(pa.table({"v": pa.array(vectors(rng, 40, 8), pa.list_(pa.float32(), 8))}), path)
        dataset.create_index("v", kind, metric="dot" if name == "flat" else "l2", num_partitions=2, **more)
        folder = next((path / "_indices").iterdir())
        centers = (folder / "index.idx").read_bytes()
        put(seeds, "vector_index", name, struct.pack("<H", len(centers)) + centers + (folder / "auxiliary.idx").read_bytes())


def texts(seeds):
    for i, query in enumerate(('quick fox', '"quick brown" -lazy +fox', '+"a b c" -"d', 'naïve ÜBER ß')):
        put(seeds, "text_query", str(i), query + "\0A lazy dog, a quick brown fox; über naïve people.")
    for i, rules in enumerate(("src/a/b.log\n*.log\n!keep.log\n/build/\ndoc/**/x\n[a-z]?.c\n\\#x\n", "a/b/c\n**/c\na/**\n!a/b\n",
                               "x\n[[:alpha:]][!a-c]\n[]a]\n[z-a]\nfoo\\ \n")):
        put(seeds, "ignore_rules", str(i), rules)
    put(seeds, "json_rpc", "call", '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search_code","arguments":{"query":"x","k":5}}}')
    put(seeds, "json_rpc", "note", '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}')
    put(seeds, "json_rpc", "reply", '{"jsonrpc":"2.0","id":"x","result":[[1.5e3,null,true,"\\u00fc\\ud83d\\ude00"]]}')
    put(seeds, "config", "all", '{"include":["*.md"],"exclude":["a/**"],"file_bytes_max":1048576,"secrets":false}')
    for i, text in enumerate(("id = 'a' OR id = 'b' AND n > 3", "n IN (1, 2, 3) AND NOT (f < 1.5 OR b)", "id LIKE 'a\\_%' ESCAPE '\\\\'",
                              "at >= timestamp '2024-01-01 00:00:00' AND day < date '2024-02-29'", "s.x BETWEEN -1 AND 7 OR s.y IS NULL",
                              "lower(id) = 'x' AND starts_with(id, 'a') AND contains(id, '%')", "CAST(id AS bigint) + n * 2 % 7 > big - 1",
                              "(id = 'a' AND n = 1) OR (id = 'b' AND n = 2) OR (id = 'c' AND n = 3)", "f / 0 = 1 OR -h < 1e308", "d > 1.50 AND u = 18446744073709551615")):
        put(seeds, "filter", str(i), text)
    table = bytes([2, 0, 0, 1]) + b"TSSF" + b"the\0\0\0\0\0" + b"quick fo" + bytes([3, 8])
    put(seeds, "fsst", "two-symbols", len(table).to_bytes(2, "little") + table + bytes([0, 255, 32, 1, 0]))
    put(seeds, "bit_packing", "32-7", bytes([2, 7]) + bytes(range(256)) * 4)
    put(seeds, "bit_packing", "64-64", bytes([3, 64]) + bytes(8192))
    samples = {
        0: "---\ntitle: T\ntags: [a]\n---\n# One\n\ntext\n\n## Two\n\n- a\n- b\n\n```py\ndef f(): pass\n```\n\nSetext\n======\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        1: "import os\n\nclass A:\n    \"\"\"Doc.\"\"\"\n    @property\n    def f(self):\n        return 1\n\nasync def g(x): ...\n",
        2: "export default class A { f() { return `x${1}` } }\nconst g = async (a) => a;\n",
        3: "interface I<T> { a: T }\nenum E { A }\nnamespace N { export function f(): void {} }\n",
        5: "package main\n\ntype T struct{ A int }\n\nfunc (t *T) F() error { return nil }\n",
        6: "impl<T> Foo for Bar<T> { fn f(&self) -> u8 { 0 } }\nmacro_rules! m { () => {} }\n",
        7: "package a;\npublic class A { int f() { return 1; } enum E { X } }\n",
        8: "#define X 1\nstatic int f(int a) {\n  return a;\n}\nstruct s { int x; };\n",
        9: "namespace a { template <class T> class B { void f() const; }; }\nvoid a::B<int>::f() const {}\n",
        10: "Title\n=====\n\nText.\n\nSub\n---\n\n.. code:: py\n\n   x\n",
    }
    for kind, text in samples.items():
        put(seeds, "chunk", str(kind), bytes([kind]) + text.encode())


def health(seeds):
    """Slots of src/upkeep/health_slot.h; the target mends the checksum."""
    text = lambda value: bytes([len(value)]) + value.encode()
    error = text("NoSpace") + struct.pack("<iB", 28, 1) + text("cannot write") + text("t.lance/data/x.lance")
    stage = lambda name, red, error: text(name) + struct.pack("<BqqqqQB", red, 1, 2, 3, 4, 5 * red, bool(error)) + error
    for name, stages in (("green", [stage("commit", 0, b"")]), ("red", [stage("commit", 1, error), stage("prune", 0, error)]), ("none", [])):
        payload = struct.pack("<8Q", *range(8)) + bytes([len(stages)]) + b"".join(stages)
        put(seeds, "health", name, b"SQHEALTH" + bytes(8) + struct.pack("<QII", 7, 1, len(payload)) + payload)


def keep(bin_folder, seeds, corpus):
    """Into the corpus goes what reaches something that no smaller seed reaches."""
    for target in sorted(p.name for p in seeds.iterdir()):
        into = corpus / target
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        if target == "block_codec" or target.endswith("_page"):
            tool(bin_folder, f"{target}_fuzz", "-merge=1", f"-artifact_prefix={seeds}/", into, seeds / target)
        else:
            for seed in (seeds / target).iterdir():
                shutil.copy(seed, into / seed.name)
        print(f"{target}: {len(list(into.iterdir()))} seeds, {sum(p.stat().st_size for p in into.iterdir())} bytes")


def main():
    bin_folder = pathlib.Path(sys.argv[1]).resolve()
    corpus = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else HERE / "corpus")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        seeds = scratch / "seeds"
        pages(bin_folder, seeds, scratch)
        tables(seeds, scratch)
        vector_indexes(seeds, scratch)
        texts(seeds)
        health(seeds)
        keep(bin_folder, seeds, corpus)


if __name__ == "__main__":
    main()
