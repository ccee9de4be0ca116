"""Rows as callers have them, made into Arrow batches of a table's types. Nothing is copied that need not be."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, TypeVar, Union

import pyarrow as pa
import pyarrow.compute as pc

from . import _native
from .errors import InvalidArgumentError, IoError

#: Rows as `add` and its like take them: pyarrow Table, RecordBatch, RecordBatchReader or an iterable of batches; anything
#: with __arrow_c_stream__ or __arrow_c_array__ (polars, DuckDB, nanoarrow); pandas; a list of dicts; a dict of lists.
Data = Any

#: What to do with a vector of another length or with a NaN: "error", "drop" its row, "fill" it or make it "null".
BAD_VECTORS = ("error", "drop", "fill", "null")

_T = TypeVar("_T")
_failure = threading.local()  # .error: what a source of rows raised while the engine was reading it

_VECTOR_NAME = re.compile("vector|embedding", re.IGNORECASE)


def _stream(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    """The batches as a stream that the engine can read; what they raise is kept for `engine`."""

    def guarded() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except Exception as error:
            _failure.error = error
            raise

    return pa.RecordBatchReader.from_batches(schema, guarded())


def engine(call: Callable[[], _T]) -> _T:
    """Runs a call that reads rows; where they fail, their own exception is raised and not what the engine saw of it."""
    _failure.error = None
    try:
        return call()
    except IoError:
        if _failure.error is not None:
            raise _failure.error from None
        raise
    finally:
        _failure.error = None


def to_reader(data: Data) -> pa.RecordBatchReader:
    """The rows of `data` as a stream, with the types that they come in."""
    if isinstance(data, pa.RecordBatchReader):
        return data
    if isinstance(data, pa.Table):
        return data.to_reader()
    if isinstance(data, pa.RecordBatch):
        return pa.RecordBatchReader.from_batches(data.schema, [data])
    if isinstance(data, Mapping):
        return _from_columns(data).to_reader()
    kind = type(data).__module__.partition(".")[0]
    if kind == "pandas" and hasattr(data, "columns"):
        return pa.Table.from_pandas(data, preserve_index=False).replace_schema_metadata(None).to_reader()
    if kind == "polars" and hasattr(data, "collect"):
        data = data.collect()
    if hasattr(data, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(data)
    if hasattr(data, "__arrow_c_array__"):
        return to_reader(pa.record_batch(data))
    if isinstance(data, Iterable) and not isinstance(data, (str, bytes)):
        return _from_items(iter(data))
    raise InvalidArgumentError(f"rows cannot be made of a {type(data).__name__}")


def _from_items(items: Iterator[Any]) -> pa.RecordBatchReader:
    """Rows of an iterable: all dicts, or all batches."""
    first = next(items, None)
    if first is None:
        raise InvalidArgumentError("no rows were given, and an empty list does not say of which columns")
    if isinstance(first, (pa.RecordBatch, pa.Table)):

        def batches() -> Iterator[pa.RecordBatch]:
            for item in _chain(first, items):
                yield from item.to_batches() if isinstance(item, pa.Table) else (item,)

        return _stream(first.schema, batches())
    rows = list(_chain(first, items))
    if not all(isinstance(row, Mapping) for row in rows):
        raise InvalidArgumentError(f"a row is a dict of its columns, not a {type(first).__name__}")
    names = dict.fromkeys(name for row in rows for name in row)
    return _from_columns({name: [row.get(name) for row in rows] for name in names}).to_reader()


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _from_columns(columns: Mapping[str, Any]) -> pa.Table:
    return pa.table({name: _array(values) for name, values in columns.items()})


def _array(values: Any) -> Union[pa.Array, pa.ChunkedArray]:
    """One column of a dict: a sequence, an Arrow array or a numpy array of one or two dimensions."""
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values
    if getattr(values, "ndim", 1) == 2:  # numpy: a vector a row
        return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
    return pa.array(values)


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind)


def infer_schema(first: pa.RecordBatch, on_bad_vectors: str) -> pa.Schema:
    """The columns of a new table by its first rows: lists of numbers in a column whose name speaks of vectors or
    embeddings become vectors of 32-bit floats; string views and dictionaries become what they stand for."""
    fields = []
    for field, column in zip(first.schema, first.columns):
        kind = _plain(field.type)
        if _VECTOR_NAME.search(field.name) and _is_list(kind) and _is_number(kind.value_type):
            sizes = pc.value_counts(pc.list_value_length(column).drop_null()).to_pylist()
            if len(sizes) > 1 and on_bad_vectors == "error":
                raise InvalidArgumentError(
                    f"column '{field.name}' holds vectors of several lengths; on_bad_vectors='drop', 'fill' or 'null' "
                    "says what to do with those unlike most"
                )
            size = max(sizes, key=lambda entry: entry["counts"])["values"] if sizes else 0
            if size > 0:
                kind = pa.list_(pa.float32(), size)
        elif _VECTOR_NAME.search(field.name) and pa.types.is_fixed_size_list(kind) and _is_number(kind.value_type):
            kind = pa.list_(pa.float32(), kind.list_size)
        fields.append(field.with_type(kind))
    return pa.schema(fields, first.schema.metadata)


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type that a column is kept as."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if kind == pa.string_view():
        return pa.string()
    if kind == pa.binary_view():
        return pa.binary()
    return kind


def read_schema(schema: Any) -> pa.Schema:
    """A schema as callers give it: pyarrow's, or anything with __arrow_c_schema__."""
    return schema if isinstance(schema, pa.Schema) else pa.schema(schema)


def peek(reader: pa.RecordBatchReader) -> tuple[pa.RecordBatch, pa.RecordBatchReader]:
    """The first batch with rows (or an empty one) and a reader of everything."""
    seen: list[pa.RecordBatch] = []
    for batch in reader:
        seen.append(batch)
        if batch.num_rows:
            break
    first = seen[-1] if seen else pa.RecordBatch.from_pylist([], schema=reader.schema)

    def everything() -> Iterator[pa.RecordBatch]:
        yield from seen
        yield from reader

    return first, _stream(reader.schema, everything())


def conform(reader: pa.RecordBatchReader, schema: pa.Schema, on_bad_vectors: str, fill_value: float) -> pa.RecordBatchReader:
    """The rows with the types of `schema`'s columns of the same names; columns may be missing."""
    if on_bad_vectors not in BAD_VECTORS:
        raise InvalidArgumentError(f"on_bad_vectors is one of {', '.join(BAD_VECTORS)}, not '{on_bad_vectors}'")
    fields = []
    for name in reader.schema.names:
        at = schema.get_field_index(name)
        if at < 0:
            raise InvalidArgumentError(f"the table has no column '{name}'")
        fields.append(schema.field(at))
    wanted = pa.schema(fields)
    checks = [_converter(theirs, ours, on_bad_vectors, fill_value) for theirs, ours in zip(reader.schema, wanted)]
    if not any(checks):
        return reader

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns, keep = [], None
            for column, check in zip(batch.columns, checks):
                column, bad = check(column) if check else (column, None)
                columns.append(column)
                if bad:
                    keep = [row not in bad and (keep is None or keep[row]) for row in range(batch.num_rows)]
            out = pa.RecordBatch.from_arrays(columns, schema=wanted)
            yield out.filter(pa.array(keep)) if keep is not None else out

    return _stream(wanted, batches())


def complete(rows: "pa.RecordBatchReader | None", schema: pa.Schema) -> pa.RecordBatchReader:
    """The rows with every column of the schema, in its order; those that they lack are null."""
    if rows is None:
        return pa.RecordBatchReader.from_batches(schema, [])
    if rows.schema.equals(schema):
        return rows
    reader = rows

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = [
                batch.column(field.name) if field.name in batch.schema.names else pa.nulls(batch.num_rows, field.type)
                for field in schema
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return _stream(schema, batches())


#: Makes a column right: the column, and rows to be dropped.
_Check = Callable[[pa.Array], "tuple[pa.Array, set[int] | None]"]


def _converter(theirs: pa.Field, ours: pa.Field, on_bad_vectors: str, fill_value: float) -> "_Check | None":
    """What to do to a column of `theirs` to make it one of `ours`; None for nothing."""
    if pa.types.is_fixed_size_list(ours.type) and _is_number(ours.type.value_type):
        return lambda column: _vectors(column, ours, on_bad_vectors, fill_value)
    if _plain(theirs.type) == ours.type:
        return None
    return lambda column: (_cast(column, ours), None)


def _cast(column: pa.Array, field: pa.Field) -> pa.Array:
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidArgumentError(f"column '{field.name}': {error}") from error


def _bad_vectors(column: pa.Array, size: int) -> set[int]:
    """Rows whose vector has another length or holds a NaN."""
    bad: set[int] = set()
    if not (pa.types.is_fixed_size_list(column.type) and column.type.list_size == size):
        other = pc.fill_null(pc.not_equal(pc.list_value_length(column), size), False)
        bad.update(pc.indices_nonzero(other).to_pylist())
    values = column.flatten()
    if pa.types.is_float32(values.type) or pa.types.is_float64(values.type):
        is_nan = pc.is_nan(values)
        if pc.any(is_nan).as_py():
            bad.update(pc.list_parent_indices(column).filter(is_nan).to_pylist())
    return bad


def _vectors(column: pa.Array, field: pa.Field, on_bad_vectors: str, fill_value: float) -> "tuple[pa.Array, set[int] | None]":
    kind = field.type
    if not (_is_list(column.type) or pa.types.is_fixed_size_list(column.type)):
        return _cast(column, field), None
    bad = _bad_vectors(column, kind.list_size)
    if not bad:
        return (column if column.type == kind else _cast(column, field)), None
    if on_bad_vectors == "error":
        raise InvalidArgumentError(
            f"column '{field.name}': {len(bad)} vectors, the first in row {min(bad)} of a batch, are not of "
            f"{kind.list_size} numbers or hold a NaN; on_bad_vectors='drop', 'fill' or 'null' says what to do with them"
        )
    stand_in = [fill_value] * kind.list_size if on_bad_vectors == "fill" else None
    rows = [stand_in if row in bad else vector for row, vector in enumerate(column.to_pylist())]
    return pa.array(rows, kind), bad if on_bad_vectors == "drop" else None


def one_row(values: Mapping[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    """One value a column, with the types of the table's columns."""
    columns, fields = [], []
    for name, value in values.items():
        at = schema.get_field_index(name)
        if at < 0:
            raise InvalidArgumentError(f"the table has no column '{name}'")
        value = value.tolist() if hasattr(value, "tolist") else value
        columns.append(_typed([value], schema.field(at)))
        fields.append(schema.field(at))
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def to_keys(values: Any, kind: pa.DataType) -> "pa.Array | _native.Column":
    """Values of a key column as one array of its type."""
    if isinstance(values, list) and (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        try:  # pyarrow would load pandas, where it is installed, to look at the list
            return _native.Column.of_texts(values)
        except TypeError as error:
            raise InvalidArgumentError(f"a key is no {kind}: {error}") from error
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if not isinstance(values, pa.Array):
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise InvalidArgumentError(f"keys are a list of values, not a {type(values).__name__}")
        is_sequence = isinstance(values, Sequence) or hasattr(values, "dtype")
        return _typed(values if is_sequence else list(values), pa.field("keys", kind))
    return values if values.type == kind else _cast(values, pa.field("keys", kind))


def _typed(values: Any, field: pa.Field) -> pa.Array:
    """Python values as an array of the field's type; what does not fit is refused, not rounded."""
    try:
        array = pa.array(values)
        return array if array.type == field.type else array.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
        raise InvalidArgumentError(f"column '{field.name}': {error}") from error
