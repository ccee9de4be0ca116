"""Rows in the order of their columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Optional

import pyarrow as pa
import pyarrow.compute as pc

from . import checks
from .errors import InvalidArgumentError, NotFoundError


_NAMES = ("column_name", "ascending", "nulls_first")


class Key(NamedTuple):
    """A column to order by."""

    column: str
    ascending: bool
    nulls_first: bool


def read(ordering: Optional[Any]) -> list[Key]:
    """Keys, the first one first, of dicts or of lancedb's ColumnOrdering."""
    if ordering is None:
        return []
    if isinstance(ordering, (str, Mapping)) or not isinstance(ordering, Iterable):
        ordering = [ordering]
    keys = []
    for each in ordering:
        found = each if isinstance(each, Mapping) else {name: getattr(each, name) for name in _NAMES if hasattr(each, name)}
        if found.get("column_name") is None:
            raise InvalidArgumentError(f"an order is a list of columns, as dicts of {', '.join(_NAMES)}")
        name = checks.text(found["column_name"], "column_name")
        keys.append(Key(name, bool(found.get("ascending", True)), bool(found.get("nulls_first", False))))
    return keys


def places(rows: pa.Table, keys: list[Key]) -> pa.Array:
    """The rows' places in that order; equal rows stay as they are. NaN is above all numbers."""
    columns, order = [], []

    def add(values: Any, is_up: bool) -> None:
        columns.append(values)
        order.append((str(len(order)), "ascending" if is_up else "descending"))

    for key in keys:
        if key.column not in rows.column_names:
            raise NotFoundError(f"there is no column '{key.column}' to order by")
        values = rows[key.column]
        add(pc.is_null(values), not key.nulls_first)
        if pa.types.is_floating(values.type):
            add(pc.fill_null(pc.is_nan(values), False), key.ascending)
        add(values, key.ascending)
    try:
        return pc.sort_indices(pa.table(columns, names=[name for name, _ in order]), order)
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError, pa.ArrowInvalid) as error:
        named = ", ".join(key.column for key in keys)
        raise InvalidArgumentError(f"rows cannot be ordered by {named}: {error}") from None


def put(rows: pa.Table, keys: list[Key]) -> pa.Table:
    """The rows in that order."""
    return rows.take(places(rows, keys)) if keys else rows
