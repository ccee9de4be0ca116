"""Arrays to the engine and back by the Arrow C data interface: every type equal, nothing copied, nothing kept."""
import datetime
import decimal
import gc

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from squire import UnsupportedError, _native

D = decimal.Decimal
ZONED = datetime.datetime(2024, 2, 29, 12, 30, 1, 5, datetime.timezone.utc)
COLUMNS = {
    "null": pa.nulls(4),
    "bool": pa.array([True, None, False, True]),
    **{str(t): pa.array([1, None, 2, 3], t) for t in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(),
                                                       pa.uint32(), pa.int64(), pa.uint64())},
    "half": pa.array(np.array([1, 2, 3, 4], np.float16)),
    "float": pa.array([1.5, None, float("inf"), -0.0], pa.float32()),
    "double": pa.array([1.5, None, 2.5, 3.5]),
    "date32": pa.array([datetime.date(1969, 1, 2), None, datetime.date(2024, 2, 29), datetime.date(1, 1, 1)]),
    "date64": pa.array([0, None, 86_400_000, -86_400_000], pa.date64()),
    "time32": pa.array([1, None, 2, 3], pa.time32("ms")),
    "time64": pa.array([1, None, 2, 3], pa.time64("ns")),
    "timestamp": pa.array([1, None, 2, 3], pa.timestamp("us")),
    "zoned": pa.array([ZONED, None, ZONED, ZONED], pa.timestamp("ns", "Europe/Berlin")),
    "duration": pa.array([1, None, 2, 3], pa.duration("s")),
    "decimal128": pa.array([D("1.25"), None, D("-99999.99"), D("0")], pa.decimal128(19, 2)),
    "decimal256": pa.array([D("1.25"), None, D("-99999.99"), D("0")], pa.decimal256(50, 2)),
    "fixed": pa.array([b"abc", None, b"def", b"ghi"], pa.binary(3)),
    "string": pa.array(["a", None, "", "longer than twelve bytes"]),
    "large_string": pa.array(["a", None, "", "b"], pa.large_string()),
    "binary": pa.array([b"a", None, b"", b"\0b"]),
    "large_binary": pa.array([b"a", None, b"", b"b"], pa.large_binary()),
    "vector": pa.array([[1, 2], None, [3, None], [5, 6]], pa.list_(pa.float32(), 2)),
    "list": pa.array([[1], None, [], [2, None, 3]]),
    "large_list": pa.array([["a"], None, [], ["b", None]], pa.large_list(pa.string())),
    "struct": pa.array([{"a": 1, "b": ["x"]}, None, {"a": None, "b": []}, {"a": 2, "b": None}]),
    "deep": pa.array([[[{"v": [1.0]}]], [], None, [[], [{"v": None}]]]),
}
TABLE = pa.table(COLUMNS)


def through(rows):
    return pa.record_batch(_native.Batch(rows))


@pytest.mark.parametrize("start, length", [(0, 4), (1, 3), (2, 1), (4, 0)])
def test_every_type_is_equal_whole_and_sliced(start, length):
    batch = TABLE.to_batches()[0].slice(start, length)
    back = through(batch)
    back.validate(full=True)
    assert back.schema == batch.schema
    for name in batch.schema.names:
        assert back[name].to_pylist() == batch[name].to_pylist(), name


def test_metadata_and_nullability_cross():
    field = pa.field("x", pa.int64(), nullable=False, metadata={"unit": "m", "empty": ""})
    batch = pa.record_batch([pa.array([1])], schema=pa.schema([field], {"k": "v"}))
    assert through(batch).schema.equals(batch.schema, check_metadata=True)


def test_nothing_is_copied():
    numbers, texts = pa.array(range(1000)), pa.array(["text %d" % i for i in range(1000)])
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(4000, dtype=np.float32)), 4)
    back = through(pa.record_batch([numbers, texts, vectors], ["n", "t", "v"]))
    assert back["n"].buffers()[1].address == numbers.buffers()[1].address
    assert [b.address for b in back["t"].buffers()[1:]] == [b.address for b in texts.buffers()[1:]]
    assert back["v"].values.buffers()[1].address == vectors.values.buffers()[1].address


def test_memory_is_released_with_the_last_that_shares_it():
    pool = pa.default_memory_pool()
    gc.collect()
    before = pool.bytes_allocated()
    source = pa.record_batch([pa.array(np.ones(1 << 18)).take(pa.array(range(1 << 18)))], ["x"])
    held = _native.Batch(source)
    view = pa.record_batch(held)
    del source, held
    gc.collect()
    assert pool.bytes_allocated() >= before + (1 << 21), "the view keeps it"
    assert view["x"][1].as_py() == 1
    del view
    gc.collect()
    assert pool.bytes_allocated() == before


def test_an_export_that_nobody_takes_is_freed():
    batch = _native.Batch(pa.record_batch([pa.array([1])], ["x"]))
    for _ in range(100):
        batch.__arrow_c_array__()


def test_views_and_dictionaries_come_in_plain():
    texts = ["short", None, "longer than twelve bytes", ""]
    batch = pa.record_batch(
        [pa.array(texts, pa.string_view()), pa.array([b"x", None, b"y" * 40, b""], pa.binary_view()),
         pa.array(texts).dictionary_encode(), pa.array([7, None, 7, 8]).dictionary_encode()], ["s", "b", "d", "n"])
    for rows in (batch, batch.slice(1, 3)):
        back = through(rows)
        assert back.schema.types == [pa.string(), pa.binary(), pa.string(), pa.int64()]
        assert back.to_pylist() == rows.to_pylist()


def test_polars_hands_over_its_own():
    frame = pl.DataFrame({"s": ["a", None, "longer than twelve bytes"], "n": [1, 2, None], "l": [["x"], [], None]})
    frame = frame.with_columns(pl.col("s").cast(pl.Categorical).alias("c"))
    back = through(frame)
    assert back.to_pylist() == frame.to_arrow().to_pylist()
    assert pl.DataFrame(pa.Table.from_batches([back])).equals(frame.with_columns(pl.col("c").cast(pl.String)))


@pytest.mark.parametrize("column, name", [
    (pa.array([1, 2]).cast(pa.int64()).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.int64())), None),
    (pa.UnionArray.from_sparse(pa.array([0, 0], pa.int8()), [pa.array([1, 2])]), "sparse union"),
    (pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())), "map"),
    (pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array([1])), "run-end"),
    (pa.array([[1], [2]], pa.list_view(pa.int64())), "list view"),
    (pa.array([(1, 2, 3), (4, 5, 6)], pa.month_day_nano_interval()), "interval"),
    (pa.array([D("1"), D("2")], pa.decimal64(5, 2)), "64 bits"),
])
def test_other_types_are_refused_by_name(column, name):
    batch = pa.record_batch([column], ["col"])
    if name is None:
        assert through(batch).num_rows == 2
        return
    with pytest.raises(UnsupportedError, match=f"'col'.*{name}"):
        _native.Batch(batch)


def test_a_stream_is_read_batch_by_batch_and_its_error_told():
    def batches():
        yield pa.record_batch([pa.array([1])], ["x"])
        raise KeyError("the source broke")

    reader = pa.RecordBatchReader.from_batches(pa.schema([("x", pa.int64())]), batches())
    with pytest.raises(OSError, match="the source broke"):
        _native.Batch(reader)
    chunks = pa.chunked_array([[1, 2], [3], []])
    assert through(pa.table({"x": chunks})).to_pylist() == [{"x": 1}, {"x": 2}, {"x": 3}]
