"""Columns of every type that the clients write, in the shapes that make them choose every encoding: names -> arrays."""
import datetime
import decimal
import random

import numpy as np
import pyarrow as pa

WORDS = "alpha beta gamma delta vector table lance column search engine index chunk".split()


def floats(n, width, seed):
    return pa.array(np.random.default_rng(seed).standard_normal(n * width, dtype=np.float32))


def flat(n, seed=1):
    """Columns that are their own leaf."""
    rng = random.Random(seed)
    day = datetime.date(2020, 1, 1)
    moment = datetime.datetime(2024, 5, 6, 7, 8, 9)
    columns = {
        "id": pa.array([f"row-{i:06d}" for i in range(n)]),
        "path": pa.array([f"src/d{i % 7}/f{i % 31}.cc" for i in range(n)]),
        "words": pa.array([" ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 9))) for _ in range(n)]),
        "long": pa.array([None if i % 9 == 4 else " ".join(rng.choice(WORDS) for _ in range(rng.randint(5, 200))) for i in range(n)]),
        "large": pa.array([None if i % 5 == 1 else f"large {rng.randint(0, 999)}" for i in range(n)], pa.large_string()),
        "bytes": pa.array([bytes([i % 256]) * (i % 40) for i in range(n)], pa.binary()),
        "large_bytes": pa.array([None if i % 3 == 0 else rng.randbytes(i % 20) for i in range(n)], pa.large_binary()),
        "same_text": pa.array(["same"] * n),
        "same_number": pa.array([42] * n, pa.int32()),
        "all_null": pa.array([None] * n, pa.string()),
        "mostly_null": pa.array([None if i % 4 else "x" for i in range(n)]),
        "runs": pa.array([i // 50 for i in range(n)], pa.int64()),
        "small": pa.array([i * 7 % 1000 for i in range(n)], pa.int32()),
        "random": pa.array([rng.getrandbits(62) for _ in range(n)], pa.int64()),
        "negative": pa.array([-i * 3 for i in range(n)], pa.int64()),
        "nullable": pa.array([None if i % 5 == 0 else i for i in range(n)], pa.int64()),
        "bool": pa.array([None if i % 11 == 0 else i % 3 == 0 for i in range(n)]),
        "float": pa.array([None if i % 13 == 0 else rng.random() for i in range(n)], pa.float32()),
        "double": pa.array([rng.random() for _ in range(n)], pa.float64()),
        "half": pa.array(np.arange(n).astype(np.float16)),
        "date": pa.array([day + datetime.timedelta(days=i % 300) for i in range(n)], pa.date32()),
        "time": pa.array([i * 1000 for i in range(n)], pa.time64("us")),
        "stamp": pa.array([moment + datetime.timedelta(seconds=i) for i in range(n)], pa.timestamp("us")),
        "stamp_utc": pa.array([None if i % 6 == 0 else moment for i in range(n)], pa.timestamp("ns", "UTC")),
        "duration": pa.array([datetime.timedelta(seconds=i) for i in range(n)], pa.duration("s")),
        "decimal": pa.array([decimal.Decimal(i * 7 - 300).scaleb(-2) for i in range(n)], pa.decimal128(20, 2)),
        "uuid": pa.array([rng.randbytes(16) for _ in range(n)], pa.binary(16)),
        "vector": pa.FixedSizeListArray.from_arrays(floats(n, 96, seed), 96),
        "null_items": pa.array([None if i % 10 == 0 else [float(i)] * 100 for i in range(n)], pa.list_(pa.float32(), 100)),
        "short_items": pa.array([None if i % 10 == 3 else [float(i)] * 8 for i in range(n)], pa.list_(pa.float32(), 8)),
    }
    for name, kind in (("i8", pa.int8()), ("u8", pa.uint8()), ("i16", pa.int16()), ("u16", pa.uint16()), ("u32", pa.uint32()),
                       ("u64", pa.uint64())):
        columns[name] = pa.array([i % 100 for i in range(n)], kind)
    return columns


def nested(n, null_structs=True, seed=2):
    """Lists and structs within one another."""
    rng = random.Random(seed)

    def maybe(value, share=0.15):
        return None if rng.random() < share else value

    def many(make, most=4):
        return [make() for _ in range(rng.randint(0, most))]

    def point():
        value = {"x": maybe(rng.random()), "tags": maybe(many(lambda: maybe(rng.choice(WORDS))))}
        return maybe(value) if null_structs else value

    of_point = pa.struct([("x", pa.float64()), ("tags", pa.list_(pa.string()))])
    return {
        "texts": pa.array([maybe(many(lambda: maybe(rng.choice(WORDS)))) for _ in range(n)], pa.list_(pa.string())),
        "numbers": pa.array([maybe(many(lambda: rng.randint(0, 9))) for _ in range(n)], pa.large_list(pa.int32())),
        "flags": pa.array([many(lambda: maybe(rng.random() < 0.5)) for _ in range(n)], pa.list_(pa.bool_())),
        "lists": pa.array([maybe(many(lambda: maybe(many(lambda: rng.random())))) for _ in range(n)],
                          pa.list_(pa.list_(pa.float64()))),
        "point": pa.array([point() for _ in range(n)], of_point),
        "points": pa.array([maybe(many(point)) for _ in range(n)], pa.list_(of_point)),
        "long_texts": pa.array([maybe(many(lambda: maybe("text " * rng.randint(60, 120)), 2)) for _ in range(n)],
                               pa.list_(pa.string())),
        "wide_lists": pa.array([maybe(many(lambda: maybe([float(rng.randint(0, 9))] * 72), 2)) for _ in range(n)],
                            pa.list_(pa.list_(pa.float32(), 72))),
    }


def table(n, version="2.2", seed=1):
    """All columns that a file version takes, `n` rows."""
    return pa.table({**flat(n, seed), **nested(n, null_structs=version != "2.0", seed=seed + 1)})
