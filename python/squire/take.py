"""Rows by their place in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import pyarrow as pa

from . import checks

if TYPE_CHECKING:
    from .table import Table


@checks.guarded()
class TakeQuery:
    """Rows by place, once told which columns; nothing is read before `to_...`."""

    def __init__(self, table: Table, places: list[int], are_offsets: bool) -> None:
        self._table = table
        self._places = places
        self._are_offsets = are_offsets
        self._columns: Optional[list[str]] = None
        self._with_row_id = False

    def select(self, columns: list[str]) -> TakeQuery:
        """These columns, in this order."""
        self._columns = checks.names(columns, "a column")
        return self

    def with_row_id(self, with_row_id: bool = True) -> TakeQuery:
        """Adds the column _rowid."""
        self._with_row_id = bool(with_row_id)
        return self

    def to_arrow(self) -> pa.Table:
        """The rows as a pyarrow Table."""
        native = self._table._reading()
        addresses = native.row_addresses(self._places) if self._are_offsets else self._places
        return self._table._taken(native, addresses, self._columns, self._with_row_id)

    def to_batches(self) -> pa.RecordBatchReader:
        """The rows as a stream of one batch."""
        return self.to_arrow().to_reader()

    def to_list(self) -> list[dict[str, Any]]:
        """The rows as dicts."""
        return self.to_arrow().to_pylist()

    def to_pandas(self, **kwargs: Any) -> Any:
        """The rows as a pandas DataFrame; keywords are pyarrow's."""
        return self.to_arrow().to_pandas(**kwargs)
