"""A table: rows in, rows out, versions kept."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Optional, TypeVar, Union

import pyarrow as pa

from . import _native, checks
from .data import Data, conform, engine, infer_schema, one_row, peek, to_keys, to_reader
from .errors import ConflictError, InvalidArgumentError, NotFoundError, UnsupportedError
from .health import TableHealth
from .indexes import Indexes
from .merge import MergeInsertBuilder
from .query import Query
from .results import (
    AddColumnsResult,
    AddResult,
    AlterColumnsResult,
    CleanupStats,
    CompactionStats,
    DeleteResult,
    DropColumnsResult,
    FragmentStatistics,
    FragmentSummaryStats,
    MergeResult,
    OptimizeStats,
    TableStatistics,
    UpdateResult,
    VerifyReport,
)
from .tags import Tags
from .take import TakeQuery

if TYPE_CHECKING:
    from .db import DBConnection

_T = TypeVar("_T")

#: How often a write that meets another writer is done anew on what he left.
_ATTEMPTS = 11
_SUFFIX = ".lance"
_SMALL_FRAGMENT_ROWS = 1 << 20
_LEFTOVER_AGE_S = 7 * 24 * 3600


def _compacted(stats: dict[str, Any]) -> CompactionStats:
    gone = stats["fragments_before"] - stats["fragments_after"]
    return CompactionStats(max(0, gone), 0, stats["rows_dropped"], stats["bytes_written"], stats["put_off"])


def _pruned(stats: dict[str, Any]) -> CleanupStats:
    return CleanupStats(stats["bytes_freed"], stats["versions_removed"], stats["files_removed"], stats["put_off"])


@checks.guarded(but=("nearest", "matches"))
class Table(Indexes):
    """A table of a connection. Threads may share it: reads run side by side, writes one at a time.

    What it reads is one version: that of its opening or of its last write, unless the connection's
    `read_consistency_interval` says otherwise. Every write begins on the newest version.
    """

    def __init__(self, connection: "DBConnection", path: str, native: _native.Table) -> None:
        self._connection = connection
        self._path = path
        self._native = native
        self._pinned = False  # at a version that was checked out
        self._looked_at = time.monotonic()

    # -- what it is

    @property
    def name(self) -> str:
        """The table's name."""
        return self._path.replace("\\", "/").rsplit("/", 1)[-1][: -len(_SUFFIX)]

    @property
    def uri(self) -> str:
        """The table's folder."""
        return self._path

    @property
    def version(self) -> int:
        """The version that is read."""
        return self._reading().version

    @property
    def is_pinned(self) -> bool:
        """Whether the version that is read stays as long as it is read, whoever prunes by Squire. Not where the folder
        cannot be written or has no locks, nor on a table of another program."""
        return self._reading().is_pinned

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return self._schema_of(self._reading())

    def __len__(self) -> int:
        return self.count_rows()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, _conn={self._connection!r})"

    def stats(self) -> TableStatistics:
        """The table in numbers."""
        stats = self._reading().stats()
        lengths = stats["fragment_rows"]
        return TableStatistics(
            total_bytes=stats["live_bytes"],
            num_rows=stats["rows"],
            num_indices=len(self.list_indices()),
            fragment_stats=FragmentStatistics(
                num_fragments=stats["fragments"],
                num_small_fragments=sum(rows < _SMALL_FRAGMENT_ROWS for rows in lengths),
                lengths=FragmentSummaryStats.of(lengths),
            ),
            version=stats["version"],
            num_versions=stats["versions"],
            num_files=stats["files"],
            bytes_on_disk=stats["bytes_on_disk"],
            upkeep_seconds=stats["upkeep_seconds"],
            upkeep_versions=stats["upkeep_versions"],
        )

    def health(self) -> TableHealth:
        """Whether all is well - commits, upkeep, limits - and how big the table is now."""
        return TableHealth._of(self._native.health())

    def verify(self) -> VerifyReport:
        """Reads all of this version and tells what is damaged."""
        return VerifyReport(**self._reading().verify())

    # -- reading

    def count_rows(self, filter: Optional[str] = None) -> int:
        """Rows, or rows of which `filter` holds."""
        return self._reading().count_rows("" if filter is None else checks.condition(filter))

    def to_arrow(self) -> pa.Table:
        """All rows as a pyarrow Table."""
        return Query(self).to_arrow()

    def to_pandas(self, **kwargs: Any) -> Any:
        """All rows as a pandas DataFrame; keywords are pyarrow's."""
        return self.to_arrow().to_pandas(**kwargs)

    def to_polars(self) -> Any:
        """All rows as a polars LazyFrame."""
        import polars

        return polars.from_arrow(self.to_arrow()).lazy()

    def head(self, n: int = 5) -> pa.Table:
        """The first `n` rows."""
        return Query(self).limit(n).to_arrow() if n > 0 else self.schema.empty_table()

    def scan(
        self,
        columns: Optional[list[str]] = None,
        where: Optional[str] = None,
        batch_size: int = 8192,
        with_row_id: bool = False,
    ) -> pa.RecordBatchReader:
        """The rows as a stream that holds one batch at a time, in the table's order.

        The stream reads the version of now to its end, whatever is written meanwhile.
        """
        query = Query(self).with_row_id(with_row_id)
        if columns is not None:
            query.select(columns)
        if where is not None:
            query.where(where)
        return query.to_batches(batch_size)

    def take(self, offsets: Iterable[int], columns: Optional[list[str]] = None) -> pa.Table:
        """The rows at these offsets, counted from 0 in the table's order; in the order asked for, repeated if asked."""
        native = self._reading()
        return self._taken(native, native.row_addresses([int(offset) for offset in offsets]), columns, False)

    def take_offsets(self, offsets: Iterable[int]) -> TakeQuery:
        """The rows at these offsets, in the order asked for."""
        return TakeQuery(self, [int(offset) for offset in offsets], True)

    def take_row_ids(self, row_ids: Iterable[int]) -> TakeQuery:
        """The rows of these _rowid values (of this version), in the order asked for."""
        return TakeQuery(self, [int(row) for row in row_ids], False)

    def search(
        self,
        query: Any = None,
        vector_column_name: Optional[str] = None,
        query_type: str = "auto",
        ordering_field_name: Optional[str] = None,
        fts_columns: Union[str, list[str], None] = None,
    ) -> Query:
        """A search for the nearest vectors (a list or array), for words (a string), or a plain read (None).

        Args:
            query: a vector, several of them, words (their syntax: docs/text_search.md), or a query of `squire.fts`.
            vector_column_name: the column of vectors; needed where several could be meant.
            query_type: "auto", "vector", "fts" or "hybrid".
            ordering_field_name: taken and not used.
            fts_columns: the column of words; needed where several could be meant and none is named "text". Of several
                columns each is searched by itself, and a row counts by its best one.
        """
        return Query(self, query, vector_column_name, query_type, fts_columns)

    def text_search(self, query: str, limit: int = 10, column: Optional[str] = None) -> Query:
        """A search for words: search(query, query_type="fts")."""
        return Query(self, query, None, "fts", column).limit(limit)

    def nearest(
        self,
        vectors: Any,
        k: int = 10,
        vector_column_name: str = "vector",
        distance_type: str = "l2",
        where: str = "",
        nprobes: int = 0,
        refine_factor: float = 0.0,
        use_index: bool = True,
        threads: int = 1,
    ) -> tuple[Any, Any]:
        """The k nearest rows of each vector as two numpy arrays: _rowid values (uint64) and distances, a line a vector.

        What search does, without reading the rows, for many vectors at once or for loops that count microseconds. Where
        fewer rows are found, the rest of a line is 2**64 - 1, at an infinite distance.

        Args:
            vectors: an array of float32 of two dimensions, in C order.
            k: rows of each; no more than the table has.
            threads: that share the vectors.
        """
        import numpy

        try:
            rows, distances = self._reading().nearest(
                vectors,
                vector_column=vector_column_name,
                distance_type=distance_type,
                where=where,
                limit=k,
                threads=threads,
                use_index=use_index,
                nprobes=nprobes,
                refine_factor=refine_factor,
            )
        except TypeError:  # looked at only now: checks would cost microseconds
            for number, what in ((k, "k"), (nprobes, "nprobes"), (threads, "threads")):
                checks.whole(number, what)
            for text, what in ((vector_column_name, "the column"), (distance_type, "distance_type"), (where, "where")):
                checks.text(text, what)
            checks.number(refine_factor, "refine_factor")
            raise InvalidArgumentError("vectors are an array of float32 of two dimensions, in C order") from None
        return numpy.asarray(rows), numpy.asarray(distances)

    def matches(
        self,
        words: str,
        k: int = 10,
        fts_column: str = "text",
        where: str = "",
        all_words: bool = False,
        use_index: bool = True,
    ) -> tuple[Any, Any]:
        """The k best rows for words as two numpy arrays: _rowid values (uint64) and scores, best first.

        What search does, without reading the rows, for loops that count microseconds.

        Args:
            words: in the syntax of docs/text_search.md.
            all_words: only rows that hold every plain word.
        """
        import numpy

        # By place: names would cost a microsecond.
        try:
            rows, scores = self._reading().matches(words, fts_column, where, k, all_words, use_index)
        except TypeError:
            checks.whole(k, "k")
            for text, what in ((words, "words"), (fts_column, "fts_column"), (where, "where")):
                checks.text(text, what)
            raise InvalidArgumentError("all_words and use_index are True or False") from None
        return numpy.asarray(rows), numpy.asarray(scores)

    # -- writing

    def add(self, data: Data, mode: str = "append", on_bad_vectors: str = "error", fill_value: float = 0.0) -> AddResult:
        """Adds rows in one version; they go to disk as they are read.

        Args:
            data: rows (see Data); columns that may be null can be missing.
            mode: "append", or "overwrite": replaces all rows and the schema.
            on_bad_vectors: "error", "drop", "fill" or "null" for vectors of another length or with a NaN.
            fill_value: the number to fill with.
        """
        if mode not in ("append", "overwrite"):
            raise InvalidArgumentError(f"mode is 'append' or 'overwrite', not '{mode}'")
        native = self._writing()
        if mode == "append":
            rows = conform(to_reader(data), self._schema_of(native), on_bad_vectors, fill_value)
        else:
            first, everything = peek(to_reader(data))
            rows = conform(everything, infer_schema(first, on_bad_vectors), on_bad_vectors, fill_value)
        return AddResult(engine(lambda: native.append(rows, mode == "overwrite")))

    def merge_insert(self, on: Union[str, Iterable[str]]) -> MergeInsertBuilder:
        """A merge of new rows by the key column or columns `on`, in one version; see MergeInsertBuilder.

        >>> table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(rows)
        """
        return MergeInsertBuilder(self, [on] if isinstance(on, str) else list(on))

    def upsert(self, key: str, data: Data, on_bad_vectors: str = "error", fill_value: float = 0.0) -> MergeResult:
        """Replaces every row whose `key` occurs in `data` by the rows of `data`, in one version.

        Other than in a merge a key may occur any number of times on either side, as the chunks of a file do. All replaced
        rows count as deleted, all new ones as inserted.
        """
        rows = self._gathered(data, on_bad_vectors, fill_value)

        def write(native: _native.Table) -> MergeResult:
            before = native.count_rows("")
            version = native.upsert(key, rows)
            deleted = before + rows.num_rows - native.count_rows("")
            return MergeResult(version, 0, rows.num_rows, deleted, 1, rows.num_rows)

        return self._retried(write)

    def delete(self, where: str) -> DeleteResult:
        """Deletes the rows of which `where` holds, in one version, or in none where there are none."""
        checks.condition(where, "the filter (of which 'true' deletes every row)")

        def write(native: _native.Table) -> DeleteResult:
            version, rows = native.delete(where)
            return DeleteResult(rows, version)

        return self._retried(write)

    def update(
        self,
        where: Optional[str] = None,
        values: Optional[dict[str, Any]] = None,
        *,
        values_sql: Optional[dict[str, str]] = None,
    ) -> UpdateResult:
        """Sets columns of the rows of which `where` holds (of all without it), in one version.

        Args:
            where: a filter.
            values: column -> value, of any type the column takes.
            values_sql: column -> expression over the row's columns, as {"x": "x + 1"}. One of both is given.
        """
        if (values is None) == (values_sql is None) or not (values or values_sql):
            raise InvalidArgumentError("either values or values_sql is given, and names a column")
        condition = "" if where is None else checks.condition(where)
        texts = {"a column": values_sql or {}, "an expression": (values_sql or {}).values()}
        for what, each in texts.items():
            checks.names(each, what)

        def write(native: _native.Table) -> UpdateResult:
            if values is None:
                version, rows = native.update(condition, list((values_sql or {}).items()))
            else:
                version, rows = native.set_values(condition, one_row(values, self._schema_of(native)))
            return UpdateResult(rows, version)

        return self._retried(write)

    def delete_keys(self, column: str, values: Iterable[Any]) -> DeleteResult:
        """Deletes the rows whose `column` is one of `values`, a list or array of any length, in one version."""

        def write(native: _native.Table) -> DeleteResult:
            schema = self._schema_of(native)
            at = schema.get_field_index(column)
            if at < 0:
                raise NotFoundError(f"the table has no column '{column}'")
            keys = to_keys(values, schema.field(at).type)
            version, rows = native.delete_keys(column, keys)
            return DeleteResult(rows, version)

        if isinstance(values, Iterator):
            values = list(values)  # may be needed more than once
        return self._retried(write)

    # -- columns

    def add_columns(self, transforms: Any) -> AddColumnsResult:
        """Adds columns behind the others, in one version.

        Args:
            transforms: name -> expression over the row's columns; or a pyarrow Field, list of Fields or Schema for columns that
                are null throughout.
        """
        expressions: list[tuple[str, str]] = []
        fields = None
        if isinstance(transforms, dict):
            expressions = list(transforms.items())
        elif isinstance(transforms, pa.Field):
            fields = pa.schema([transforms])
        else:
            fields = pa.schema(list(transforms))
        return AddColumnsResult(self._retried(lambda native: native.add_columns(expressions, fields)))

    def alter_columns(self, *alterations: dict[str, Any]) -> AlterColumnsResult:
        """Renames columns: each alteration is {"path": column, "rename": new name}; a version each."""
        for alteration in alterations:
            if set(alteration) != {"path", "rename"}:
                raise UnsupportedError("a column can be renamed ({'path': ..., 'rename': ...}) and not altered otherwise")
        version = self.version
        for alteration in alterations:
            path, name = alteration["path"], alteration["rename"]
            version = self._retried(lambda native, path=path, name=name: native.rename_column(path, name))
        return AlterColumnsResult(version)

    def drop_columns(self, columns: Iterable[str]) -> DropColumnsResult:
        """Drops columns, in one version; older versions keep theirs."""
        names = [columns] if isinstance(columns, str) else list(columns)
        return DropColumnsResult(self._retried(lambda native: native.drop_columns(names)))

    # -- versions

    @property
    def tags(self) -> Tags:
        """Names of versions."""
        return Tags(self)

    def restore(self, version: Union[int, str, None] = None) -> None:
        """Makes the content of a version, by number or tag, the newest version; without one, of that checked out."""
        number = self.tags.get_version(version) if isinstance(version, str) else version
        if number is None:
            if not self._pinned:
                raise InvalidArgumentError("a version must be named, or checked out before")
            number = self._native.version
        self.checkout_latest()
        self._retried(lambda native: native.restore(number))

    def list_versions(self) -> list[dict[str, Any]]:
        """Versions on disk, oldest first: version, timestamp (local time) and metadata."""
        out = []
        for info in self._reading().versions():
            seconds, nanoseconds = divmod(info["timestamp_ns"], 1_000_000_000)
            out.append(
                {
                    "version": info["version"],
                    "timestamp": datetime.fromtimestamp(seconds) + timedelta(microseconds=nanoseconds // 1000),
                    "metadata": {
                        "total_rows": str(info["rows"]),
                        "total_fragments": str(info["fragments"]),
                        "writer": info["writer"],
                    },
                }
            )
        return out

    versions = list_versions

    def checkout(self, version: Union[int, str]) -> None:
        """Moves to a version, by number or tag; the table can then only be read, until `checkout_latest`."""
        number = self.tags.get_version(version) if isinstance(version, str) else version
        self._native = self._connection._open(self._path, number)
        self._pinned = True

    def checkout_latest(self) -> None:
        """Moves to the newest version, and lets the table be written again."""
        self._native.refresh()
        self._pinned = False
        self._looked_at = time.monotonic()

    # -- upkeep

    def compact(self) -> CompactionStats:
        """Merges small fragments and drops the bytes of deleted rows. Old versions stay, but where bytes press.

        What cannot be done now (a full disk, no descriptors, another writer) is put off: `put_off` says why.
        """
        return _compacted(self._writing().compact())

    def compact_files(self) -> CompactionStats:
        """`compact` under its name in lancedb."""
        return self.compact()

    def prune(
        self,
        keep_versions: int = 1,
        older_than: timedelta = timedelta(0),
        delete_unverified: bool = False,
        dry_run: bool = False,
    ) -> CleanupStats:
        """Removes old versions and the files that only they need.

        Args:
            keep_versions: the newest so many stay, at least 1; tagged ones too.
            older_than: younger versions stay.
            delete_unverified: files that no version names go at once, not at the age of 7 days. Only where no other process
                writes: it would take away what a write is about to name.
            dry_run: only tells.
        """
        leftover_age_s = 0 if delete_unverified else _LEFTOVER_AGE_S
        return _pruned(self._native.prune(keep_versions, int(older_than.total_seconds()), leftover_age_s, dry_run))

    def cleanup_old_versions(
        self, older_than: Optional[timedelta] = None, *, delete_unverified: bool = False
    ) -> CleanupStats:
        """`prune` of versions older than two weeks, or than `older_than`."""
        return self.prune(1, timedelta(weeks=2) if older_than is None else older_than, delete_unverified)

    def optimize(
        self,
        *,
        cleanup_older_than: Optional[timedelta] = None,
        delete_unverified: bool = False,
        retrain: bool = False,
    ) -> OptimizeStats:
        """All upkeep that is due: prunes versions older than `cleanup_older_than` (7 days by default; zero: all but the
        newest), merges fragments, takes new rows into indexes, prunes again. Each is done though another had to be put
        off, as `put_off` of its part says. Call it as often as you like; `compact` merges further. With `retrain` the
        vector indexes made here are made anew."""
        older_than = timedelta(days=7) if cleanup_older_than is None else cleanup_older_than
        leftover_age_s = 0 if delete_unverified else _LEFTOVER_AGE_S
        if retrain:
            self._retried(lambda native: native.retrain_vector_indexes(os.cpu_count() or 1))
        stats = self._writing().optimize(1, int(older_than.total_seconds()), leftover_age_s)
        return OptimizeStats(_compacted(stats["compacted"]), _pruned(stats["pruned"]), stats["put_off"])

    # -- life

    def close(self) -> None:
        """Lets go of files and memory; the table can no longer be used."""
        self._native.close()

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- within the package

    def _reading(self) -> _native.Table:
        """The engine's table for a read: looked after first, where the connection asks for that."""
        interval = self._connection.read_consistency_interval
        if interval is not None and not self._pinned:
            now = time.monotonic()
            if now - self._looked_at >= interval.total_seconds():
                self._native.refresh()
                self._looked_at = now
        return self._native

    def _writing(self) -> _native.Table:
        """The engine's table for a write: at the newest version."""
        if self._pinned:
            raise InvalidArgumentError(
                "the table cannot be modified when a specific version is checked out; checkout_latest() allows it"
            )
        self._native.refresh()
        return self._native

    def _retried(self, write: Callable[[_native.Table], _T]) -> _T:
        """Writes; where another writer was first, once more on what he left."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return write(self._writing())
            except ConflictError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("not reached")

    def _gathered(self, data: Data, on_bad_vectors: str, fill_value: float) -> pa.Table:
        """Rows that a write may need more than once."""
        schema = self._schema_of(self._writing())
        if isinstance(data, list) and not data:
            return schema.empty_table()
        return conform(to_reader(data), schema, on_bad_vectors, fill_value).read_all().combine_chunks()

    def _merge(self, merge: MergeInsertBuilder, data: Data, on_bad_vectors: str, fill_value: float) -> MergeResult:
        rows = self._gathered(data, on_bad_vectors, fill_value)
        attempts = 0

        def write(native: _native.Table) -> MergeResult:
            nonlocal attempts
            attempts += 1
            version, updated, inserted, deleted = native.merge_insert(
                on=merge._on,
                update_matched=merge._update_matched,
                update_where=merge._update_where,
                insert_not_matched=merge._insert_not_matched,
                delete_not_matched=merge._delete_not_matched,
                delete_where=merge._delete_where,
                rows=rows,
            )
            return MergeResult(version, updated, inserted, deleted, attempts, updated + inserted)

        return self._retried(write)

    @staticmethod
    def _schema_of(native: _native.Table) -> pa.Schema:
        return pa.schema(native)

    @staticmethod
    def _taken(native: _native.Table, addresses: list[int], columns: Optional[list[str]], with_id: bool) -> pa.Table:
        out = pa.Table.from_batches([pa.record_batch(native.take(addresses, columns))])
        return out.append_column("_rowid", pa.array(addresses, pa.uint64())) if with_id else out
