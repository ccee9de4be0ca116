"""A folder of tables."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Optional, Union

import pyarrow as pa

from . import _native, checks
from .data import Data, complete, conform, engine, infer_schema, peek, read_schema, to_reader
from .errors import AlreadyExistsError, InvalidArgumentError, NotFoundError, UnsupportedError
from .health import Limits, TableHealth
from .table import Table

_SUFFIX = ".lance"
_DROPPED = ".dropped-"
_NAME = re.compile(r"[A-Za-z0-9_\-.]+")


def connect(
    uri: Union[str, os.PathLike[str]],
    *,
    read_consistency_interval: Optional[timedelta] = None,
    synced: bool = True,
    max_bytes: Union[int, str, None] = None,
    max_versions: Optional[int] = None,
    min_free_disk: Union[int, str, None] = None,
) -> "DBConnection":
    """Opens a folder of tables; each is a folder NAME.lance in it. The folder is made with its first table.

    Args:
        uri: a folder of the local disk.
        read_consistency_interval: how old what a table reads may be. None: a table reads the version it has, which moves by
            its own writes and by `checkout_latest`. Zero: every read looks for a newer version first. Writes always do.
        synced: a write that returned survives a crash of the machine. Without it, one of the program: the machine's may take
            it, and tear it.
        max_bytes: what a table's folder may take: bytes, a text like "2G", or "3x" for three times the bytes that its rows
            take. At this limit, as at those below, upkeep runs at once; where that does not help, rows are refused with
            OverBudgetError. Reads, deletes and upkeep go on.
        max_versions: how many versions of a table may lie on the disk.
        min_free_disk: what is to stay free on the disk: bytes, or a text like "1G".
    """
    text = os.fspath(uri)
    if text.startswith("file://"):
        text = text[len("file://") :]
    if "://" in text:
        raise UnsupportedError(f"only folders of the local disk can be opened, not {text}")
    limits = Limits.of(max_bytes, max_versions, min_free_disk)
    return DBConnection(os.path.expanduser(text), read_consistency_interval, synced, limits)


@dataclass(frozen=True)
class ListTablesResponse:
    """Names of tables, and what to ask with for those that follow."""

    tables: list[str]
    page_token: Optional[str] = None


@checks.guarded()
class DBConnection:
    """A folder of tables. Any thread may use it; it holds nothing open."""

    def __init__(
        self,
        uri: str,
        read_consistency_interval: Optional[timedelta] = None,
        synced: bool = True,
        limits: Limits = Limits(),
    ) -> None:
        self._uri = uri
        self._interval = read_consistency_interval
        self._synced = synced
        self._limits = limits

    @property
    def uri(self) -> str:
        """The folder."""
        return self._uri

    @property
    def read_consistency_interval(self) -> Optional[timedelta]:
        """How old what a table reads may be; None: as old as it is."""
        return self._interval

    @property
    def synced(self) -> bool:
        """Whether a write that returned survives a crash of the machine."""
        return self._synced

    @property
    def limits(self) -> Limits:
        """What writes to its tables are held to."""
        return self._limits

    def health(self, name: str) -> TableHealth:
        """The health of a table, also of one that cannot be opened.

        Raises:
            NotFoundError: there is no such table.
        """
        return TableHealth._of(_native.read_health(self._path(name)))

    def table_names(self, page_token: Optional[str] = None, limit: Optional[int] = 10) -> list[str]:
        """Names of the tables, sorted: `limit` of them after `page_token`; None: all."""
        names = [name for name in self._names() if page_token is None or name > page_token]
        return names if limit is None else names[:limit]

    def list_tables(self, page_token: Optional[str] = None, limit: Optional[int] = None) -> ListTablesResponse:
        """The same with a token for the names that follow; all of them by default."""
        tables = self.table_names(page_token, limit)
        more = limit is not None and len(tables) == limit > 0 and len(self.table_names(tables[-1], 1)) > 0
        return ListTablesResponse(tables, tables[-1] if more else None)

    def create_table(
        self,
        name: str,
        data: Optional[Data] = None,
        schema: Any = None,
        mode: str = "create",
        exist_ok: bool = False,
        on_bad_vectors: str = "error",
        fill_value: float = 0.0,
        *,
        upkeep: bool = True,
    ) -> Table:
        """Makes a table of `schema`, of `data`, or of both.

        Args:
            name: letters, digits, "_", "-" and ".".
            data: rows (see Data); without a schema their types are the table's.
            schema: a pyarrow Schema, or anything with __arrow_c_schema__.
            mode: "create", or "overwrite": replaces rows and schema of a table that is there, in one version.
            exist_ok: opens the table that is there, as it is; with a schema given, only if it has the same.
            on_bad_vectors: "error", "drop", "fill" or "null" for vectors of another length or with a NaN.
            fill_value: the number to fill with.
            upkeep: of a table that is made: keeps it small unasked, from then on and whoever writes. Without it all
                versions stay until somebody prunes. One that is there stays as it is.

        Raises:
            AlreadyExistsError: the table is there, and neither mode nor exist_ok allows it.
        """
        path = self._path(name)
        if mode.lower() not in ("create", "overwrite"):
            raise InvalidArgumentError("mode must be either 'create' or 'overwrite'")
        if data is None and schema is None:
            raise InvalidArgumentError("either data or schema must be provided")
        wanted = None if schema is None else read_schema(schema)
        there = name in self
        if there and mode.lower() == "create":
            if not exist_ok:
                raise AlreadyExistsError(f"table '{name}' already exists", path)
            table = self.open_table(name)
            if wanted is not None and not table.schema.equals(wanted):
                raise InvalidArgumentError(f"table '{name}' exists with another schema")
            return table
        return self._write_table(path, there, data, wanted, on_bad_vectors, fill_value, upkeep)

    def _write_table(
        self,
        path: str,
        there: bool,
        data: Any,
        schema: Optional[pa.Schema],
        on_bad_vectors: str,
        fill_value: float,
        upkeep: bool,
    ) -> Table:
        rows = None
        if data is not None and not (isinstance(data, list) and not data and schema is not None):
            first, rows = peek(to_reader(data))
            schema = schema or infer_schema(first, on_bad_vectors)
            rows = conform(rows, schema, on_bad_vectors, fill_value)
        assert schema is not None
        if there:
            native = self._open(path)
            engine(lambda: native.append(complete(rows, schema), overwrite=True))
            return Table(self, path, native)
        is_new = not os.path.lexists(path)
        native = _native.Table.create(path, schema, self._synced, self._native_limits(), upkeep)
        try:
            if rows is not None:
                engine(lambda: native.append(rows, overwrite=False))
        except BaseException:
            native.close()
            if is_new:
                self._remove(path)
            raise
        return Table(self, path, native)

    def open_table(self, name: str, *, version: Optional[int] = None) -> Table:
        """Opens a table; at `version` it can only be read until `checkout_latest`.

        Raises:
            NotFoundError: there is no such table, or no such version of it.
        """
        path = self._path(name)
        if name not in self:
            raise NotFoundError(f"table '{name}' was not found", path)
        table = Table(self, path, self._open(path))
        if version is not None:
            table.checkout(version)
        return table

    def drop_table(self, name: str, ignore_missing: bool = False) -> None:
        """Deletes a table with all its versions. Whoever has it open can no longer read what is not in memory.

        Raises:
            NotFoundError: there is no such table, unless `ignore_missing`.
        """
        if name in self:
            self._remove(self._path(name))
        elif not ignore_missing:
            raise NotFoundError(f"table '{name}' was not found", self._path(name))

    def drop_all_tables(self) -> None:
        """Deletes every table; other files in the folder stay."""
        for name in self._names():
            self.drop_table(name, ignore_missing=True)

    drop_database = drop_all_tables

    def rename_table(self, cur_name: str, new_name: str) -> None:
        """Gives a table another name. Tables that are open go by the old one and fail.

        Raises:
            NotFoundError, AlreadyExistsError: of the old and the new name.
        """
        if cur_name not in self:
            raise NotFoundError(f"table '{cur_name}' was not found", self._path(cur_name))
        if os.path.lexists(self._path(new_name)):
            raise AlreadyExistsError(f"table '{new_name}' already exists", self._path(new_name))
        os.rename(self._path(cur_name), self._path(new_name))

    def _open(self, path: str, version: Optional[int] = None) -> _native.Table:
        return _native.Table.open(path, version, self._synced, self._native_limits())

    def _native_limits(self) -> tuple[int, float, int, int]:
        return astuple(self._limits)

    def _names(self) -> list[str]:
        try:
            entries = os.listdir(self._uri)
        except FileNotFoundError:
            return []
        names = (entry[: -len(_SUFFIX)] for entry in entries if entry.endswith(_SUFFIX) and not entry.startswith("."))
        return sorted(name for name in names if _NAME.fullmatch(name) and name in self)

    def _path(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise InvalidArgumentError(
                f'invalid table name ("{name}"): a name is made of letters, digits, underscores, hyphens and periods'
            )
        return os.path.join(self._uri, name + _SUFFIX)

    def _remove(self, path: str) -> None:
        """Takes a table out of sight in one step, then deletes it; what an interrupted call left goes too."""
        folder, name = os.path.split(path)
        os.rename(path, os.path.join(folder, f"{_DROPPED}{name}-{uuid.uuid4().hex}"))
        for entry in Path(folder).glob(f"{_DROPPED}*"):
            shutil.rmtree(entry, ignore_errors=True)

    def __contains__(self, name: str) -> bool:
        return os.path.isdir(os.path.join(self._path(name), "_versions"))

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __getitem__(self, name: str) -> Table:
        return self.open_table(name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(uri={self._uri!r})"

    def close(self) -> None:
        """Does nothing: a connection holds nothing open. Tables are closed by themselves."""

    def __enter__(self) -> "DBConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
