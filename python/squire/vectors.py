"""Vectors to search for, as callers have them, made into 32-bit floats."""

from __future__ import annotations

import array
from collections.abc import Mapping, Set
from typing import Any

import pyarrow as pa

from .errors import InvalidArgumentError

_NUMBERS = "fiubO"  # numpy's kinds of numbers; what objects are shows when they are converted


def _one(vector: Any) -> Any:
    """A vector as a buffer of 32-bit floats."""
    if hasattr(vector, "to_pylist"):
        vector = vector.to_pylist()
    elif hasattr(vector, "to_numpy"):
        vector = vector.to_numpy()
    try:
        if hasattr(vector, "astype"):
            if vector.ndim != 1 or vector.dtype.kind not in _NUMBERS:
                raise TypeError(f"this is an array of {vector.dtype} of {vector.ndim} dimensions")
            return vector.astype("float32", copy=False).copy(order="C")
        _refuse_others(vector)
        return array.array("f", vector)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidArgumentError(f"a vector is a list or array of numbers: {error}") from None


def _refuse_others(vector: Any) -> None:
    if isinstance(vector, (str, bytes, bytearray, Mapping, Set)) or not hasattr(vector, "__len__"):
        raise TypeError(f"this is of type {type(vector).__name__}")


def read(query: Any) -> list[Any]:
    """The vector, or the vectors, of a search, all of one length: buffers of 32-bit floats."""
    if hasattr(query, "to_pylist"):
        query = query.to_pylist()
    if hasattr(query, "ndim"):
        if query.ndim > 2:
            raise InvalidArgumentError(f"vectors come as arrays of one or two dimensions, not of {query.ndim}")
        is_nested = query.ndim == 2
    else:
        sequence = query if isinstance(query, (list, tuple)) else ()
        is_nested = len(sequence) > 0 and hasattr(sequence[0], "__len__")
    found = [_one(vector) for vector in query] if is_nested else [_one(query)]
    if not found or len(found[0]) == 0:
        raise InvalidArgumentError("the query vector has no dimensions" if found else "no vector is given")
    if any(len(vector) != len(found[0]) for vector in found):
        raise InvalidArgumentError("the vectors have several lengths")
    return found


def check_width(width: int, schema: pa.Schema, column: str) -> None:
    """Whether the column's vectors are so wide; what else it may hold is for the engine to say."""
    at = schema.get_field_index(column)
    kind = schema.field(at).type if at >= 0 else None
    if kind is not None and pa.types.is_fixed_size_list(kind) and kind.list_size != width:
        raise InvalidArgumentError(f"the query has {width} dimensions, column '{column}' {kind.list_size}")
