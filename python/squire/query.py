"""What `search` returns: a query that is told what to look for, then run."""

from __future__ import annotations

import array
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Optional, Union

import pyarrow as pa
import pyarrow.compute as pc

from . import fts
from .errors import InvalidArgumentError, UnsupportedError

if TYPE_CHECKING:
    from .table import Table

_DEFAULT_LIMIT = 10
_NO_ROW = 2**64 - 1  # where fewer rows were found than asked for
_KINDS = ("auto", "vector", "fts", "hybrid")


class Query:
    """A search by vector, by words or by both, or a plain read with a condition; nothing runs before `to_...`.

    A search by vector goes through the column's index where there is one of its distance type; distances are exact, and
    without an index it looks at all rows. A search for words goes through a full-text index of just its columns, where
    there is one, else it reads all rows.
    """

    def __init__(
        self,
        table: "Table",
        query: Any = None,
        vector_column_name: Optional[str] = None,
        query_type: str = "auto",
        fts_columns: Union[str, list[str], None] = None,
    ) -> None:
        if query_type not in _KINDS:
            raise InvalidArgumentError(f"query_type is one of {', '.join(_KINDS)}, not '{query_type}'")
        if query_type == "auto":
            query_type = "scan" if query is None else "fts" if _is_text(query) else "vector"
        if query_type == "fts" and not _is_text(query):
            raise InvalidArgumentError("a search for words takes a string or one of squire.fts's queries")
        if query_type == "vector" and (query is None or _is_text(query)):
            raise InvalidArgumentError("a search by vector takes a list or array of numbers")
        self._table = table
        self._kind = query_type
        self._text: Union[str, fts.FullTextQuery, None] = query if _is_text(query) else None
        self._vector: Any = None if _is_text(query) else query
        self._vector_column = vector_column_name
        self._text_columns = [fts_columns] if isinstance(fts_columns, str) else list(fts_columns or [])
        self._name_column = ""
        self._path_column = ""
        self._all_words = False
        self._bm25 = (1.2, 0.75)
        self._distance_type = "l2"
        self._limit: Optional[int] = None if query_type == "scan" else _DEFAULT_LIMIT
        self._offset = 0
        self._where = ""
        self._prefilter = True
        self._columns: Optional[dict[str, str]] = None  # name in the answer -> column
        self._with_row_id = False
        self._range: tuple[Optional[float], Optional[float]] = (None, None)
        self._use_index = True
        self._nprobes = 0
        self._refine_factor = 0.0
        self._reranker: Any = None

    # -- what to look for

    def where(self, where: str, prefilter: bool = True) -> "Query":
        """Only rows of which `where` holds; with prefilter=False only those of the rows found, so fewer may come."""
        self._where = where
        self._prefilter = prefilter
        return self

    def select(self, columns: Union[list[str], dict[str, str]]) -> "Query":
        """These columns, in this order; a dict gives new names (name -> column). The score comes last unless named."""
        self._columns = dict(columns) if isinstance(columns, dict) else {name: name for name in columns}
        return self

    def limit(self, limit: Optional[int]) -> "Query":
        """At most so many rows (10 by default; a plain read has no limit)."""
        if limit is not None and limit <= 0:
            limit = None
        if limit is None and self._kind != "scan":
            raise InvalidArgumentError("a search needs a limit")
        self._limit = limit
        return self

    def offset(self, offset: int) -> "Query":
        """Leaves out the first so many rows."""
        if offset < 0:
            raise InvalidArgumentError("an offset is not negative")
        self._offset = offset
        return self

    def distance_type(self, distance_type: str) -> "Query":
        """"l2" (the sum of squared differences; the default), "cosine" or "dot" (1 - the product)."""
        name = distance_type.lower()
        if name not in ("l2", "cosine", "dot"):
            raise InvalidArgumentError(f"'{distance_type}' is no distance type; l2, cosine and dot are")
        self._distance_type = name
        return self

    metric = distance_type

    def distance_range(self, lower_bound: Optional[float] = None, upper_bound: Optional[float] = None) -> "Query":
        """Only rows at lower_bound <= distance < upper_bound."""
        self._range = (lower_bound, upper_bound)
        return self

    def with_row_id(self, with_row_id: bool = True) -> "Query":
        """Adds the column _rowid: the row's address in this version."""
        self._with_row_id = with_row_id
        return self

    def vector(self, vector: Any) -> "Query":
        """The vector of a hybrid search."""
        self._vector = vector
        return self

    def text(self, text: Union[str, fts.FullTextQuery]) -> "Query":
        """The words of a hybrid search."""
        self._text = text
        return self

    def all_words(self, all_words: bool = True) -> "Query":
        """Only rows that hold every plain word of a string, not any of them."""
        self._all_words = all_words
        return self

    def bm25(self, k1: float = 1.2, b: float = 0.75) -> "Query":
        """How soon a word that is said often is enough (k1), and how much the length of a text counts (b)."""
        self._bm25 = (k1, b)
        return self

    def phrase_query(self, phrase_query: bool = True) -> "Query":
        """The words as one phrase."""
        if phrase_query and self._text is not None:
            if not isinstance(self._text, str):
                raise InvalidArgumentError("phrase_query is for a string of words; squire.fts has a PhraseQuery")
            self._text = '"' + self._text.replace('"', " ") + '"'
        return self

    def weigh(self, name_column: str = "", path_column: str = "") -> "Query":
        """Columns whose words count above those of the text: a symbol or heading, and a path."""
        self._name_column, self._path_column = name_column, path_column
        return self

    def nprobes(self, nprobes: int) -> "Query":
        """So many partitions of an index are searched (by default enough for a recall of about 0.95)."""
        if nprobes <= 0:
            raise InvalidArgumentError("nprobes is above 0")
        self._nprobes = nprobes
        return self

    minimum_nprobes = nprobes

    def refine_factor(self, refine_factor: float) -> "Query":
        """So many times the limit are measured exactly of what an index finds (by default 1.5)."""
        if refine_factor <= 0:
            raise InvalidArgumentError("a refine factor is above 0")
        self._refine_factor = float(refine_factor)
        return self

    def bypass_vector_index(self) -> "Query":
        """Looks at all rows."""
        self._use_index = False
        return self

    def rerank(self, reranker: Any = None, normalize: str = "score") -> "Query":
        """What puts the rows of a hybrid search into one order: `squire.rerankers.RRFReranker` (the default), or any
        object with lancedb's `rerank_hybrid(query, vector_results, fts_results)`. Each ranking brings `limit` rows."""
        if self._kind != "hybrid":
            raise UnsupportedError("rerank is for a hybrid search")
        if normalize not in ("score", "rank"):
            raise InvalidArgumentError("normalize is score or rank")
        self._reranker = reranker
        return self

    def _tune(self, *_: Any, **__: Any) -> "Query":
        """Taken for compatibility; there is nothing of the kind to tune."""
        return self

    maximum_nprobes = ef = fast_search = _tune

    # -- running it

    def to_arrow(self) -> pa.Table:
        """The rows as a pyarrow Table, best first."""
        if self._kind == "scan":
            return pa.Table.from_batches(*_reversed_pair(self._scan()))
        return self._arrange(self._found())

    def to_batches(self, batch_size: Optional[int] = None) -> pa.RecordBatchReader:
        """The rows as a stream of batches; a plain read holds one at a time."""
        if self._kind == "scan":
            schema, batches = self._scan(batch_size or 8192)
            return pa.RecordBatchReader.from_batches(schema, batches)
        return self.to_arrow().to_reader(batch_size)

    def to_list(self) -> list[dict[str, Any]]:
        """The rows as dicts."""
        return self.to_arrow().to_pylist()

    def to_pandas(self, **kwargs: Any) -> Any:
        """The rows as a pandas DataFrame; keywords are pyarrow's."""
        return self.to_arrow().to_pandas(**kwargs)

    def to_polars(self) -> Any:
        """The rows as a polars DataFrame."""
        import polars

        return polars.from_arrow(self.to_arrow())

    # -- how

    def _score_column(self) -> str:
        return {"vector": "_distance", "fts": "_score", "hybrid": "_relevance_score"}[self._kind]

    def _native_columns(self) -> Optional[list[str]]:
        """The table's columns that the answer needs, or None for all."""
        if self._columns is None:
            return None
        own = {self._score_column() if self._kind != "scan" else "", "_rowid"}
        return list(dict.fromkeys(column for column in self._columns.values() if column not in own))

    def _search(self, vector: Any, limit: int, where: str) -> pa.Table:
        if self._reranker is None:
            return self._ask(vector, self._text, limit, where, self._score_column())
        by_vector = self._ask(vector, None, limit, where, "_distance")
        by_words = self._ask(None, self._text, limit, where, "_score")
        ranked = self._reranker.rerank_hybrid(fts.words_of(self._text), by_vector, by_words)
        if "_relevance_score" not in ranked.column_names:
            raise InvalidArgumentError("the reranker's answer has no _relevance_score")
        return ranked.slice(0, limit)

    def _ask(self, vector: Any, text: Any, limit: int, where: str, score_column: str) -> pa.Table:
        """The best rows by the vector, by words, or by both; where each of several columns is searched, by its best."""
        searches = self._searches(text)
        if len(searches) == 1:
            return self._ask_one(vector, *searches[0], limit, where, score_column)
        if vector is not None:
            raise UnsupportedError("a hybrid search of words in several columns takes a reranker: rerank(RRFReranker())")
        found = pa.concat_tables([self._ask_one(None, *search, limit, where, score_column) for search in searches])
        found = found.sort_by([(score_column, "descending"), ("_rowid", "ascending")])
        ids = found["_rowid"].to_pylist()
        first = {row: at for at, row in reversed(list(enumerate(ids)))}
        return found.take(sorted(first.values())).slice(0, limit)

    def _searches(self, text: Any) -> list[tuple[Optional[str], str, list[fts.Condition]]]:
        """Words, column and conditions of each search for words; one without any where there are no words."""
        if text is None:
            return [(None, "", [])]
        if not isinstance(text, str):
            found = fts.searches_of(text, self._text_columns)
            return [("", column or self._text_name(), conditions) for column, conditions in found]
        return [(text, column, []) for column in self._text_columns or [self._text_name()]]

    def _ask_one(
        self,
        vector: Any,
        text: Optional[str],
        text_column: str,
        conditions: list[fts.Condition],
        limit: int,
        where: str,
        score_column: str,
    ) -> pa.Table:
        table = self._table
        native = table._reading()
        answer = native.search(
            vector=None if vector is None else _floats(vector),
            vector_column="" if vector is None else self._vector_name(table._schema_of(native), vector),
            distance_type=self._distance_type,
            text=text,
            text_column=text_column,
            name_column=self._name_column,
            path_column=self._path_column,
            conditions=conditions,
            all_words=self._all_words,
            k1=self._bm25[0],
            b=self._bm25[1],
            where=where,
            limit=min(limit, max(1, native.count_rows(""))),
            columns=self._native_columns(),
            score_column=score_column,
            with_row_id=True,
            threads=os.cpu_count() or 1,
            use_index=self._use_index,
            nprobes=self._nprobes,
            refine_factor=self._refine_factor,
        )
        return pa.Table.from_batches([pa.record_batch(answer)])

    def _found(self) -> pa.Table:
        """The best rows, _rowid with them; for several vectors those of each, numbered by query_index."""
        if self._kind == "hybrid" and (self._vector is None or self._text is None):
            raise InvalidArgumentError("a hybrid search needs vector(...) and text(...)")
        want = self._offset + (self._limit or 0)
        vectors = self._vector if self._kind == "vector" and _is_nested(self._vector) else None
        if vectors is None:
            return self._in_range(lambda limit: self._filtered(self._vector, limit), want).slice(self._offset, self._limit)
        if self._range == (None, None) and (self._prefilter or not self._where):
            return self._nearest(vectors, want)
        parts = []
        for index, vector in enumerate(vectors):
            part = self._in_range(lambda limit, vector=vector: self._filtered(vector, limit), want)
            part = part.slice(self._offset, self._limit)
            numbers = pa.array([index] * part.num_rows, pa.int32())
            parts.append(part.add_column(0, pa.field("query_index", pa.int32(), False), numbers))
        return pa.concat_tables(parts)

    def _nearest(self, vectors: Any, want: int) -> pa.Table:
        """The best rows of several vectors, looked for at once."""
        native = self._table._reading()
        schema = self._table._schema_of(native)
        flat = [_floats(vector) for vector in vectors]
        width = len(flat[0])
        if any(len(vector) != width for vector in flat):
            raise InvalidArgumentError("the vectors have several lengths")
        joined = memoryview(b"".join(memoryview(vector).cast("B") for vector in flat))
        rows, distances = native.nearest(
            joined.cast("f", (len(flat), width)),
            vector_column=self._vector_name(schema, flat[0]),
            distance_type=self._distance_type,
            where=self._where,
            limit=want,
            threads=os.cpu_count() or 1,
            use_index=self._use_index,
            nprobes=self._nprobes,
            refine_factor=self._refine_factor,
        )
        found = [
            (query, row, distance)
            for query, line in enumerate(zip(rows.tolist(), distances.tolist()))
            for row, distance in list(zip(*line))[self._offset :]
            if row != _NO_ROW
        ]
        numbers, ids, scores = zip(*found) if found else ((), (), ())
        taken = pa.table(pa.record_batch(native.take(list(ids), self._native_columns() or None)))
        fields = [pa.field("query_index", pa.int32(), False), *taken.schema, pa.field("_distance", pa.float32())]
        arrays = [pa.array(numbers, pa.int32()), *taken.columns, pa.array(scores, pa.float32()), pa.array(ids, pa.uint64())]
        return pa.table(arrays, schema=pa.schema([*fields, pa.field("_rowid", pa.uint64())], taken.schema.metadata))

    def _filtered(self, vector: Any, limit: int) -> pa.Table:
        if self._prefilter or not self._where:
            return self._search(vector, limit, self._where)
        # A row of the best that passes is among the best of those that pass.
        best = self._search(vector, limit, "")
        passing = self._search(vector, limit, self._where)
        return best.filter(pc.is_in(best["_rowid"], passing["_rowid"]))

    def _in_range(self, run: Callable[[int], pa.Table], want: int) -> pa.Table:
        low, high = self._range
        if low is None and high is None:
            return run(want)
        limit = want
        while True:
            found = run(limit)
            distances = found[self._score_column()]
            keep = pc.and_(
                pc.greater_equal(distances, float("-inf") if low is None else low),
                pc.less(distances, float("inf") if high is None else high),
            )
            kept = found.filter(keep)
            done = found.num_rows < limit or (high is not None and distances[-1].as_py() >= high)
            if done or kept.num_rows >= want:
                return kept
            limit *= 4

    def _arrange(self, found: pa.Table) -> pa.Table:
        """The columns asked for, in the order asked for."""
        score = self._score_column()
        if self._columns is None:
            return found if self._with_row_id else found.drop_columns(["_rowid"])
        names = {"query_index": "query_index"} if "query_index" in found.column_names else {}
        names |= self._columns
        if score not in names.values():
            names[score] = score
        if self._with_row_id and "_rowid" not in names.values():
            names["_rowid"] = "_rowid"
        fields = [found.schema.field(column).with_name(name) for name, column in names.items()]
        return pa.table([found[column] for column in names.values()], schema=pa.schema(fields, found.schema.metadata))

    def _scan(self, batch_size: int = 16384) -> "tuple[pa.Schema, Iterator[pa.RecordBatch]]":
        """Schema and batches of a plain read."""
        names = self._columns
        with_id = self._with_row_id or (names is not None and "_rowid" in names.values())
        native = self._table._reading()
        batches = native.scan(self._native_columns() or None, self._where, batch_size, with_id)
        theirs = pa.schema(batches)
        if with_id:
            theirs = theirs.set(len(theirs) - 1, pa.field("_rowid", pa.uint64()))
        if names is None:
            names = {name: name for name in theirs.names}
        elif self._with_row_id and "_rowid" not in names.values():
            names = {**names, "_rowid": "_rowid"}
        schema = pa.schema([theirs.field(column).with_name(name) for name, column in names.items()], theirs.metadata)
        places = [theirs.get_field_index(column) for column in names.values()]

        def rows() -> Iterator[pa.RecordBatch]:
            for batch in _slices(_batches(batches), self._offset, self._limit):
                yield pa.RecordBatch.from_arrays([batch.column(place) for place in places], schema=schema)

        return schema, rows()

    def _vector_name(self, schema: pa.Schema, vector: Any) -> str:
        if self._vector_column is not None:
            return self._vector_column
        vectors = [field for field in schema if pa.types.is_fixed_size_list(field.type)]
        fitting = [field.name for field in vectors if field.type.list_size == len(vector)]
        names = fitting or [field.name for field in vectors]
        if len(names) == 1:
            return names[0]
        if "vector" in names:
            return "vector"
        raise InvalidArgumentError(
            f"vector_column_name must say which column to search: {', '.join(names)}"
            if names
            else "the table has no vector column"
        )

    def _text_name(self) -> str:
        schema = self._table._schema_of(self._table._reading())
        names = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
        if len(names) == 1:
            return names[0]
        if "text" in names:
            return "text"
        raise InvalidArgumentError(f"fts_columns must say which column to search: {', '.join(names) or 'none holds text'}")


def _is_text(query: Any) -> bool:
    return isinstance(query, str) or fts.is_query(query)


def _floats(vector: Any) -> Any:
    """A vector as a buffer of 32-bit floats."""
    if hasattr(vector, "to_pylist"):
        vector = vector.to_pylist()
    if hasattr(vector, "astype"):
        return vector.astype("float32", copy=False).reshape(-1).copy(order="C")
    try:
        return array.array("f", vector)
    except (TypeError, OverflowError) as error:
        raise InvalidArgumentError(f"a vector is a list of numbers: {error}") from error


def _is_nested(vector: Any) -> bool:
    """Whether these are several vectors."""
    if hasattr(vector, "ndim"):
        return bool(vector.ndim == 2)
    return len(vector) > 0 and hasattr(vector[0], "__len__")


def _batches(native: Any) -> Iterator[pa.RecordBatch]:
    while (batch := native.next()) is not None:
        yield pa.record_batch(batch)


def _slices(batches: Iterator[pa.RecordBatch], skip: int, limit: Optional[int]) -> Iterator[pa.RecordBatch]:
    """Rows [skip, skip + limit) of the batches."""
    left = limit
    for batch in batches:
        if left is not None and left <= 0:
            return
        if skip >= batch.num_rows:
            skip -= batch.num_rows
            continue
        batch = batch.slice(skip, left)
        skip = 0
        left = None if left is None else left - batch.num_rows
        yield batch


def _reversed_pair(pair: "tuple[pa.Schema, Iterator[pa.RecordBatch]]") -> "tuple[list[pa.RecordBatch], pa.Schema]":
    return list(pair[1]), pair[0]
