"""What `search` returns: a query that is told what to look for, then run."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Optional, Union

import pyarrow as pa
import pyarrow.compute as pc

from . import checks, fts, order, vectors
from .errors import InvalidArgumentError, NotFoundError, UnsupportedError
from .rerankers import RRFReranker, fuse, rerank_one

if TYPE_CHECKING:
    from .table import Table

_DEFAULT_LIMIT = 10
DISTANCE_TYPES = ("l2", "cosine", "dot")
_Words = tuple[Optional[str], str, list[fts.Condition]]  # words, their column, and conditions in place of words
_NO_WORDS: _Words = (None, "", [])
_NO_ROW = 2**64 - 1  # where fewer rows were found than asked for
_KINDS = ("auto", "vector", "fts", "hybrid")
_OWN = ("_distance", "_score", "_relevance_score", "_rowid")  # columns that a search adds to the table's


@checks.guarded()
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
        query_type = checks.choice(query_type, "query_type", _KINDS)
        if query_type == "auto":
            query_type = "scan" if query is None else "fts" if _is_text(query) else "vector"
        if query_type == "fts" and not _is_text(query):
            raise InvalidArgumentError("a search for words takes a string or one of squire.fts's queries")
        if query_type == "vector" and (query is None or _is_text(query)):
            raise InvalidArgumentError("a search by vector takes a list or array of numbers")
        self._table = table
        self._kind = query_type
        self._text: Union[str, fts.FullTextQuery, None] = query if _is_text(query) else None
        self._vectors: list[Any] = [] if query is None or _is_text(query) else vectors.read(query)
        self._vector_column: Optional[str] = None
        if vector_column_name is not None:
            self._vector_column = checks.text(vector_column_name, "vector_column_name")
        self._text_columns = checks.names(fts_columns or [], "fts_columns")
        self._name_column = ""
        self._path_column = ""
        self._all_words = False
        self._is_phrase = False
        self._bm25 = (1.2, 0.75)
        self._distance_type = "l2"
        self._limit: Optional[int] = None if query_type == "scan" else _DEFAULT_LIMIT
        self._offset = 0
        self._conditions: list[str] = []
        self._prefilter = True
        self._columns: Optional[dict[str, str]] = None  # name in the answer -> column
        self._with_row_id = False
        self._with_row_address = False
        self._order: list[order.Key] = []
        self._range: tuple[Optional[float], Optional[float]] = (None, None)
        self._use_index = True
        self._nprobes = 0
        self._refine_factor = 0.0
        self._reranker: Any = None
        self._normalize = ""
        self._rerank_words = ""

    # -- what to look for

    def where(self, where: Optional[str], prefilter: Optional[bool] = None) -> "Query":
        """Only rows of which `where` holds, and what was said before; None says nothing. With prefilter=False only those
        of the rows found, so fewer may come: of those found by vector and of those found by words, in a hybrid search."""
        if where is not None:
            self._conditions.append(checks.condition(where))
        if prefilter is not None:
            self._prefilter = bool(prefilter)
        return self

    def select(self, columns: Union[list[str], dict[str, str]]) -> "Query":
        """These columns, in this order, or all of them if none is named; a dict gives new names (name -> column). The
        score comes last unless named."""
        if isinstance(columns, str) or not hasattr(columns, "__iter__"):
            raise InvalidArgumentError("select takes a list of columns, or a dict of new names and columns")
        pairs = columns.items() if isinstance(columns, dict) else [(name, name) for name in columns]
        wanted = {checks.text(name, "a name"): checks.text(column, "a column") for name, column in pairs}
        self._columns = wanted or None
        return self

    def limit(self, limit: Optional[int]) -> "Query":
        """At most so many rows. None or 0: as many as without it, which is all for a plain read and 10 for words."""
        wanted = 0 if limit is None else checks.whole(limit, "limit", -(2**63))
        if wanted > 0:
            self._limit = wanted
        elif self._kind == "vector":
            raise InvalidArgumentError("a search by vector needs a limit above 0")
        else:
            self._limit = None if self._kind == "scan" else _DEFAULT_LIMIT
        return self

    def offset(self, offset: Optional[int]) -> "Query":
        """Leaves out the first so many rows."""
        self._offset = checks.whole(offset or 0, "offset", 0, 2**62)
        return self

    def distance_type(self, distance_type: str) -> "Query":
        """"l2" (the sum of squared differences; the default), "cosine" or "dot" (1 - the product)."""
        self._distance_type = checks.choice(distance_type, "distance type", DISTANCE_TYPES)
        return self

    metric = distance_type

    def distance_range(self, lower_bound: Optional[float] = None, upper_bound: Optional[float] = None) -> "Query":
        """Only rows at lower_bound <= distance < upper_bound; of a hybrid search those found by vector."""
        if self._kind in ("fts", "scan"):
            raise InvalidArgumentError("distance_range is for searches by vector: nothing else has distances")
        self._range = (checks.bound(lower_bound, "lower_bound"), checks.bound(upper_bound, "upper_bound"))
        return self

    def with_row_id(self, with_row_id: bool = True) -> "Query":
        """Adds the column _rowid: the row's address in this version."""
        self._with_row_id = bool(with_row_id)
        return self

    def with_row_address(self, with_row_address: bool = True) -> "Query":
        """Adds the column _rowaddr: the same as _rowid here."""
        self._with_row_address = bool(with_row_address)
        return self

    def order_by(self, ordering: Any) -> "Query":
        """Puts the rows into the order of columns: a list of {"column_name": name, "ascending": True, "nulls_first":
        False}, the first one first, or of lancedb's ColumnOrdering. A plain read orders before it counts offset and limit,
        and holds those columns of all rows; a search orders what it found. None: the order that they come in."""
        self._order = order.read(ordering)
        return self

    def vector(self, vector: Any) -> "Query":
        """The vector of a hybrid search."""
        self._vectors = vectors.read(vector)
        return self

    def text(self, text: Union[str, fts.FullTextQuery]) -> "Query":
        """The words of a hybrid search."""
        if not _is_text(text):
            raise InvalidArgumentError("the text is a string or one of squire.fts's queries")
        self._text = text
        return self

    def all_words(self, all_words: bool = True) -> "Query":
        """Only rows that hold every plain word of a string, not any of them."""
        self._all_words = bool(all_words)
        return self

    def bm25(self, k1: float = 1.2, b: float = 0.75) -> "Query":
        """How soon a word that is said often is enough (k1), and how much the length of a text counts (b)."""
        self._bm25 = (checks.number(k1, "k1"), checks.number(b, "b"))
        return self

    def phrase_query(self, phrase_query: bool = True) -> "Query":
        """The words as one phrase."""
        self._is_phrase = bool(phrase_query)
        return self

    def weigh(self, name_column: str = "", path_column: str = "") -> "Query":
        """Columns whose words count above those of the text: a symbol or heading, and a path."""
        self._name_column = checks.text(name_column, "name_column")
        self._path_column = checks.text(path_column, "path_column")
        return self

    def nprobes(self, nprobes: int) -> "Query":
        """So many partitions of an index are searched (by default enough for a recall of about 0.95)."""
        self._nprobes = checks.whole(nprobes, "nprobes", 1)
        return self

    minimum_nprobes = nprobes

    def refine_factor(self, refine_factor: Optional[float]) -> "Query":
        """So many times the limit are measured exactly of what an index finds. None: by what the index keeps of a vector,
        which is 1.5 for the codes made here (2, 4 and 20 where they have 3, 2 and 1 bits a dimension), 10 for another
        program's product quantization and 1 where it keeps whole vectors."""
        self._refine_factor = 0.0 if refine_factor is None else checks.number(refine_factor, "refine_factor", 0)
        return self

    def bypass_vector_index(self) -> "Query":
        """Looks at all rows."""
        self._use_index = False
        return self

    def rerank(self, reranker: Any = None, normalize: str = "score", query_string: Optional[str] = None) -> "Query":
        """What puts the rows found into another order, by a score of its own (_relevance_score): an object with lancedb's
        methods. A hybrid search asks `rerank_hybrid(query, vector_results, fts_results)`, and without one is as with
        `squire.rerankers.RRFReranker`; each ranking brings limit and offset rows. A search for words asks
        `rerank_fts(query, results)`, one by vector `rerank_vector(query, results)`.

        Args:
            normalize: of a hybrid search: whether the reranker sees distances and scores ("score") or their ranks ("rank"),
                from 0 to 1.
            query_string: the query as words, for a search by vector, where it is the second argument as well.
        """
        if self._kind == "scan":
            raise UnsupportedError("a plain read has nothing to rerank")
        if self._kind == "vector":
            if query_string is None and normalize != "score":
                normalize, query_string = "score", normalize
            if query_string is None:
                raise InvalidArgumentError("rerank of a search by vector needs the query as words: query_string")
            self._rerank_words = checks.text(query_string, "query_string")
        method = {"hybrid": "rerank_hybrid", "fts": "rerank_fts", "vector": "rerank_vector"}[self._kind]
        if not callable(getattr(reranker, method, None)) and (reranker is not None or self._kind != "hybrid"):
            raise InvalidArgumentError(f"a reranker of this search has a method {method}")
        self._reranker, self._normalize = reranker, checks.choice(normalize, "way to normalize", ("score", "rank"))
        return self

    def _tune(self, *_: Any, **__: Any) -> "Query":
        """Taken for compatibility; there is nothing of the kind to tune."""
        return self

    maximum_nprobes = ef = fast_search = _tune

    # -- running it

    def to_arrow(self, *, timeout: Optional[timedelta] = None) -> pa.Table:
        """The rows as a pyarrow Table, best first. `timeout` is not kept, here and below: a search ends, or fails."""
        if self._kind != "scan":
            return self._arrange(order.put(self._found(), self._order))
        if self._order:
            return self._arrange(self._ordered())
        schema, batches = self._scan()
        return pa.Table.from_batches(list(batches), schema)

    def to_batches(
        self, batch_size: Optional[int] = None, *, timeout: Optional[timedelta] = None
    ) -> pa.RecordBatchReader:
        """The rows as a stream of batches; a plain read that is not ordered holds one at a time."""
        size = None if batch_size is None else checks.whole(batch_size, "batch_size", 1)
        if self._kind == "scan" and not self._order:
            schema, batches = self._scan(size or 8192)
            return pa.RecordBatchReader.from_batches(schema, batches)
        return self.to_arrow().to_reader(size)

    def output_schema(self) -> pa.Schema:
        """The columns of the answer, of which nothing is looked for; not where it is reranked."""
        if self._reranker is not None:
            raise UnsupportedError("a reranker gives what columns it likes")
        schema = self._table._schema_of(self._table._reading())
        names = self._native_columns() or schema.names
        for name in names:
            if name not in schema.names:
                raise NotFoundError(f"the table has no column '{name}'")
        fields = [schema.field(name) for name in names]
        if len(self._vectors) > 1:
            fields.insert(0, pa.field("query_index", pa.int32(), False))
        if self._kind != "scan":
            fields.append(pa.field(self._score_column(), pa.float32()))
        empty = pa.schema([*fields, pa.field("_rowid", pa.uint64())], schema.metadata).empty_table()
        return self._arrange(empty).schema

    def to_list(self, *, timeout: Optional[timedelta] = None) -> list[dict[str, Any]]:
        """The rows as dicts."""
        return self.to_arrow().to_pylist()

    def to_pydantic(self, model: Any, *, timeout: Optional[timedelta] = None) -> list[Any]:
        """The rows as objects of a pydantic model, or of any class that takes their columns as keywords."""
        return [model(**row) for row in self.to_list()]

    def to_pandas(self, *, timeout: Optional[timedelta] = None, **kwargs: Any) -> Any:
        """The rows as a pandas DataFrame; keywords are pyarrow's."""
        return self.to_arrow().to_pandas(**kwargs)

    def to_polars(self, *, timeout: Optional[timedelta] = None) -> Any:
        """The rows as a polars DataFrame."""
        import polars

        return polars.from_arrow(self.to_arrow())

    # -- how

    def _score_column(self) -> str:
        if self._reranker is not None:
            return "_relevance_score"
        return {"vector": "_distance", "fts": "_score", "hybrid": "_relevance_score"}[self._kind]

    def _native_columns(self) -> Optional[list[str]]:
        """The table's columns that the answer needs, or None for all."""
        if self._columns is None:
            return None
        own = ("_rowid",) if self._kind == "scan" else _OWN
        needed = [*self._columns.values(), *(key.column for key in self._order)]
        return list(dict.fromkeys(column for column in needed if column not in own))

    def _filter(self) -> str:
        """The conditions as one. Several are looked at one by one before they are put in brackets: half of one, as in
        "false) OR (true", would undo the others."""
        if len(self._conditions) < 2:
            return "".join(self._conditions)
        native = self._table._reading()
        for condition in self._conditions:
            native.scan(self._table._schema_of(native).names[:1], condition, 1, False)
        return " AND ".join(f"({condition}\n)" for condition in self._conditions)  # a comment ends with its line

    def _is_late(self) -> bool:
        return bool(self._conditions) and not self._prefilter

    def _found(self) -> pa.Table:
        """The best rows, _rowid with them; for several vectors those of each, numbered by query_index."""
        want = self._offset + (self._limit or 0)
        if self._kind == "hybrid":
            found = self._by_both(want)
        elif self._kind == "fts":
            found = self._by_words(want)
        elif len(self._vectors) == 1:
            found = self._by_vector(self._vectors[0], want)
        else:
            return self._by_vectors(want)
        found = found.slice(self._offset, self._limit)
        if self._reranker is None or self._kind == "hybrid":
            return found
        words = fts.words_of(self._text) if self._kind == "fts" else self._rerank_words
        return rerank_one(self._reranker, self._kind, words, found)

    def _by_both(self, want: int) -> pa.Table:
        """The best rows of a hybrid search."""
        if not self._vectors or self._text is None:
            raise InvalidArgumentError("a hybrid search needs vector(...) and text(...)")
        if len(self._vectors) > 1:
            raise InvalidArgumentError("a hybrid search takes one vector")
        vector, is_plain = self._vectors[0], self._reranker is None and self._range == (None, None)
        searches = self._searches()
        if is_plain and not self._is_late() and len(searches) == 1:
            return self._ask(vector, searches[0], want, self._filter(), "_relevance_score")
        by_vector, by_words = self._by_vector(vector, want), self._by_words(want)
        words, normalize = fts.words_of(self._text), self._normalize if self._reranker else ""
        ranked = fuse(self._reranker or RRFReranker(), words, by_vector, by_words, normalize)
        return ranked.slice(0, want)

    def _by_vector(self, vector: Any, want: int) -> pa.Table:
        """The rows nearest to a vector, of those in the range of distances."""

        def run(where: str) -> pa.Table:
            return self._in_range(lambda limit: self._ask(vector, _NO_WORDS, limit, where, "_distance"), want)

        return self._filtered(run)

    def _by_words(self, want: int) -> pa.Table:
        """The best rows for the words; where each of several columns is searched, by its best."""
        searches = self._searches()

        def run(where: str) -> pa.Table:
            parts = [self._ask(None, search, want, where, "_score") for search in searches]
            if len(parts) == 1:
                return parts[0]
            found = pa.concat_tables(parts).sort_by([("_score", "descending"), ("_rowid", "ascending")])
            ids = found["_rowid"].to_pylist()
            first = {row: at for at, row in reversed(list(enumerate(ids)))}
            return found.take(sorted(first.values())).slice(0, want)

        return self._filtered(run)

    def _by_vectors(self, want: int) -> pa.Table:
        """The rows nearest to each of several vectors."""
        if self._reranker is not None:
            raise UnsupportedError("what several vectors find cannot be reranked")
        if self._range == (None, None) and not self._is_late():
            return self._nearest(want)
        parts = []
        for index, vector in enumerate(self._vectors):
            part = self._by_vector(vector, want).slice(self._offset, self._limit)
            numbers = pa.array([index] * part.num_rows, pa.int32())
            parts.append(part.add_column(0, pa.field("query_index", pa.int32(), False), numbers))
        return pa.concat_tables(parts)

    def _searches(self) -> list[_Words]:
        """Words, column and conditions of each search for words."""
        words = self._text
        if self._is_phrase and type(words).__name__ != "PhraseQuery":
            if not isinstance(words, str):
                raise InvalidArgumentError("phrase_query is for a string of words; squire.fts has a PhraseQuery")
            words = '"' + words.replace('"', " ") + '"'
        if not isinstance(words, str):
            found = fts.searches_of(words, self._text_columns)
            return [("", column or self._text_name(), conditions) for column, conditions in found]
        checks.text(words, "the text")
        return [(words, column, []) for column in self._text_columns or [self._text_name()]]

    def _ask(self, vector: Any, words: _Words, limit: int, where: str, score_column: str) -> pa.Table:
        """The best rows by the vector, by words, or by both."""
        text, text_column, conditions = words
        table = self._table
        native = table._reading()
        answer = native.search(
            vector=vector,
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

    def _nearest(self, want: int) -> pa.Table:
        """The best rows of several vectors, looked for at once."""
        native = self._table._reading()
        width = len(self._vectors[0])
        joined = memoryview(b"".join(memoryview(vector).cast("B") for vector in self._vectors))
        rows, distances = native.nearest(
            joined.cast("f", (len(self._vectors), width)),
            vector_column=self._vector_name(self._table._schema_of(native), self._vectors[0]),
            distance_type=self._distance_type,
            where=self._filter(),
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

    def _filtered(self, run: Callable[[str], pa.Table]) -> pa.Table:
        """What `run` finds by a filter, or of what it finds without one the rows that pass."""
        if not self._is_late():
            return run(self._filter())
        # A row of the best that passes is among the best of those that pass.
        best, passing = run(""), run(self._filter())
        return best.filter(pc.is_in(best["_rowid"], passing["_rowid"]))

    def _in_range(self, run: Callable[[int], pa.Table], want: int) -> pa.Table:
        low, high = self._range
        if low is None and high is None:
            return run(want)
        limit = want
        while True:
            found = run(limit)
            distances = found["_distance"]
            keep = pc.and_(
                pc.greater_equal(distances, -math.inf if low is None else low),
                pc.less(distances, math.inf if high is None else high),
            )
            kept = found.filter(keep)
            done = found.num_rows < limit or (high is not None and distances[-1].as_py() >= high)
            if done or kept.num_rows >= want:
                return kept
            limit *= 4

    def _arrange(self, found: pa.Table) -> pa.Table:
        """The columns asked for, in the order asked for."""
        has_score = self._kind != "scan"
        if self._columns is None:
            names = {name: name for name in found.column_names if name != "_rowid"}
        else:
            names = {"query_index": "query_index"} if "query_index" in found.column_names and has_score else {}
            names |= self._columns
            if has_score and self._score_column() not in names.values():
                names[self._score_column()] = self._score_column()
        names = self._with_ids(names)
        for column in names.values():
            if column not in found.column_names:
                raise NotFoundError(f"the search has no column '{column}'")
        fields = [found.schema.field(column).with_name(name) for name, column in names.items()]
        return pa.table([found[column] for column in names.values()], schema=pa.schema(fields, found.schema.metadata))

    def _with_ids(self, names: dict[str, str]) -> dict[str, str]:
        """Names in the answer -> columns, those of row ids with them."""
        names = {**names, "_rowaddr": "_rowid"} if self._with_row_address else names
        return {**names, "_rowid": "_rowid"} if self._with_row_id and "_rowid" not in names else names

    def _ordered(self) -> pa.Table:
        """The rows of a plain read in the order asked for, _rowid with them."""
        native = self._table._reading()
        columns = list(dict.fromkeys(key.column for key in self._order if key.column != "_rowid"))
        read = native.scan(columns or None, self._filter(), 16384, True)
        schema = pa.schema(read)
        rows = pa.Table.from_batches(list(_batches(read)), schema).rename_columns([*schema.names[:-1], "_rowid"])
        places = order.places(rows, self._order)
        length = len(places) - self._offset if self._limit is None else self._limit
        addresses = rows["_rowid"].take(places.slice(min(self._offset, len(places)), max(0, length))).to_pylist()
        return self._table._taken(native, addresses, self._native_columns() or None, True)

    def _scan(self, batch_size: int = 16384) -> "tuple[pa.Schema, Iterator[pa.RecordBatch]]":
        """Schema and batches of a plain read."""
        names = self._columns
        with_id = self._with_row_id or self._with_row_address or (names is not None and "_rowid" in names.values())
        native = self._table._reading()
        batches = native.scan(self._native_columns() or None, self._filter(), batch_size, with_id)
        theirs = pa.schema(batches)
        if with_id:
            theirs = theirs.set(len(theirs) - 1, pa.field("_rowid", pa.uint64()))
        if names is None:
            names = {name: name for name in theirs.names if name != "_rowid"}
        names = self._with_ids(names)
        schema = pa.schema([theirs.field(column).with_name(name) for name, column in names.items()], theirs.metadata)
        places = [theirs.get_field_index(column) for column in names.values()]

        def rows() -> Iterator[pa.RecordBatch]:
            for batch in _slices(_batches(batches), self._offset, self._limit):
                yield pa.RecordBatch.from_arrays([batch.column(place) for place in places], schema=schema)

        return schema, rows()

    def _vector_name(self, schema: pa.Schema, vector: Any) -> str:
        name = self._vector_column
        if name is None:
            columns = [field for field in schema if pa.types.is_fixed_size_list(field.type)]
            fitting = [field.name for field in columns if field.type.list_size == len(vector)]
            names = fitting or [field.name for field in columns]
            if len(names) != 1 and "vector" not in names:
                raise InvalidArgumentError(
                    f"vector_column_name must say which column to search: {', '.join(names)}"
                    if names
                    else "the table has no vector column"
                )
            name = names[0] if len(names) == 1 else "vector"
        vectors.check_width(len(vector), schema, name)
        return name

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
