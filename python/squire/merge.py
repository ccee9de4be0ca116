"""The builder of a merge."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Optional

from . import checks
from .data import Data
from .errors import InvalidArgumentError
from .results import MergeResult

if TYPE_CHECKING:
    from .table import Table


@checks.guarded()
class MergeInsertBuilder:
    """Says what a merge does with rows that match, with new ones and with the table's own; `execute` does it.

    Keys are equal when their bytes are; a null key matches nothing.
    """

    def __init__(self, table: "Table", on: list[str]) -> None:
        self._table = table
        self._on = on
        self._update_matched = False
        self._update_where = ""
        self._insert_not_matched = False
        self._delete_not_matched = False
        self._delete_where = ""

    def when_matched_update_all(self, *, where: Optional[str] = None) -> "MergeInsertBuilder":
        """Rows of the table with a new row of their key take over its columns, where `where` holds.

        In `where` columns are named `target.x` (the table's) and `source.x` (the new rows').
        """
        self._update_matched = True
        self._update_where = where or ""
        return self

    def when_not_matched_insert_all(self) -> "MergeInsertBuilder":
        """New rows whose key the table has not are added."""
        self._insert_not_matched = True
        return self

    def when_not_matched_by_source_delete(self, condition: Optional[str] = None) -> "MergeInsertBuilder":
        """Rows of the table whose key no new row has are deleted, where `condition` holds."""
        self._delete_not_matched = True
        self._delete_where = condition or ""
        return self

    def execute(
        self,
        new_data: Data,
        on_bad_vectors: str = "error",
        fill_value: float = 0.0,
        timeout: Optional[timedelta] = None,
    ) -> MergeResult:
        """Merges in one version. A merge that meets another writer is done anew on what he left, up to ten times.

        `timeout` is not kept: a merge ends, or fails by an error.

        Raises:
            InvalidArgumentError: two new rows have the key of one row of the table that is to be updated.
        """
        if not (self._update_matched or self._insert_not_matched or self._delete_not_matched):
            raise InvalidArgumentError("the merge is not told to update, insert or delete anything")
        return self._table._merge(self, new_data, on_bad_vectors, fill_value)
