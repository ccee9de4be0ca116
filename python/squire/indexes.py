"""What a table does with its indexes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, TypeVar, Union

import pyarrow as pa

from . import _native, checks
from .errors import AlreadyExistsError, NotFoundError, UnsupportedError
from .query import DISTANCE_TYPES
from .results import IndexConfig

_T = TypeVar("_T")
_BITS = 5  # kept of a dimension
_LENGTH_MAX = 2**31 - 1
_METRICS = (*DISTANCE_TYPES, "hamming")
#: lancedb's kinds of indexes of vectors, and its classes that describe them.
_VECTOR_TYPES = ("IVF_RQ", "IVF_PQ", "IVF_SQ", "IVF_FLAT", "IVF_HNSW_PQ", "IVF_HNSW_SQ", "IVF_HNSW_FLAT")
_VECTOR_CONFIGS = ("IvfRq", "IvfPq", "IvfSq", "IvfFlat", "HnswPq", "HnswSq", "HnswFlat")
_TEXT_OPTIONS = (
    "with_position",
    "base_tokenizer",
    "language",
    "max_token_length",
    "lower_case",
    "stem",
    "remove_stop_words",
    "custom_stop_words",
    "ascii_folding",
    "ngram_min_length",
    "ngram_max_length",
    "prefix_only",
    "block_size",
    "document_granularity",
)


class _Vectors(NamedTuple):
    """An index of vectors as it is asked for."""

    distance_type: str
    num_partitions: Optional[int]
    num_bits: Optional[int]
    target_partition_size: Optional[int]

    @classmethod
    def of(cls, config: Any) -> _Vectors:
        """As one of lancedb's classes describes it. What of them is not looked at is of other ways to keep vectors."""
        bits = config.num_bits if type(config).__name__ == "IvfRq" else None
        return cls(config.distance_type, config.num_partitions, bits, getattr(config, "target_partition_size", None))

    def partitions(self, rows: int) -> int:
        """How many; 0 for as many as suit the rows."""
        if self.num_partitions is not None:
            return checks.whole(self.num_partitions, "num_partitions", 1)
        if self.target_partition_size is not None:
            return max(1, rows // checks.whole(self.target_partition_size, "target_partition_size", 1))
        return 0


@checks.guarded()
class Indexes:
    """A table's indexes: the part of Table that makes, lists and drops them."""

    if TYPE_CHECKING:

        def _reading(self) -> _native.Table: ...
        def _retried(self, write: Callable[[_native.Table], _T]) -> _T: ...
        @staticmethod
        def _schema_of(native: _native.Table) -> pa.Schema: ...

    def create_index(
        self,
        metric: str = "l2",
        num_partitions: Optional[int] = None,
        num_sub_vectors: Optional[int] = None,
        vector_column_name: str = "vector",
        replace: bool = True,
        accelerator: Optional[str] = None,
        index_cache_size: Optional[int] = None,
        num_bits: Optional[int] = None,
        index_type: str = "IVF_RQ",
        max_iterations: int = 50,
        sample_rate: int = 256,
        m: int = 20,
        ef_construction: int = 300,
        *,
        config: Any = None,
        wait_timeout: Optional[timedelta] = None,
        name: Optional[str] = None,
        train: bool = True,
        target_partition_size: Optional[int] = None,
    ) -> None:
        """Makes an index, "<column>_idx" unless named. Rows written later are found at once, and writes keep it up.

        Called as `create_index("column", config=...)` it makes what lancedb's object describes: `FTS` an index of words,
        `BTree` one of keys, `IvfRq`, `IvfPq`, `IvfFlat`, `HnswSq` and their like one of vectors; without a config one of
        vectors or keys, as the column is. Called as `create_index("cosine", ...)` it makes one of vectors. Of these there
        is one kind here, IVF_RQ (docs/vector_index.md), which is made whichever is asked for.

        Args:
            metric: the column; or the distance type, "l2", "cosine" or "dot", of an index of vector_column_name.
            num_partitions: by the number of rows unless given.
            vector_column_name: the column, where metric is the distance type.
            replace: in place of an index of that name.
            num_bits: kept of a dimension by IVF_RQ, 1 to 9 (5 unless given); of another index_type it is something else.
            index_type: one of lancedb's.
            config: lancedb's description of an index. Its other options must not be given beside it.
            name: the index's name.
            target_partition_size: rows of a partition, where num_partitions is not given.
            train: True: an index is never made without its rows.
            num_sub_vectors, accelerator, index_cache_size, max_iterations, sample_rate, m, ef_construction, wait_timeout:
                taken, and without effect: IVF_RQ has nothing of the kind, and is made when the call returns.
        """
        checks.text(metric, "the column or distance type")
        if not train:
            raise UnsupportedError("an index is made of the rows that there are: train is True")
        old_style = (num_partitions, num_sub_vectors, accelerator, index_cache_size) != (None,) * 4
        if config is None and (old_style or vector_column_name != "vector" or metric.lower() in _METRICS):
            column, distance_type = checks.text(vector_column_name, "vector_column_name"), metric
        else:
            column, distance_type = metric, "l2"
        if config is None and column == metric and not self._holds_vectors(column):
            return self.create_scalar_index(column, replace=replace, name=name)
        if config is not None and type(config).__name__ not in _VECTOR_CONFIGS:
            return self._create_other(column, config, replace, name)
        if config is None:
            kind = checks.choice(index_type, "index_type of vectors", _VECTOR_TYPES)
            bits = num_bits if kind == "IVF_RQ" else None
            wanted = _Vectors(distance_type, num_partitions, bits, target_partition_size)
        else:
            wanted = _Vectors.of(config)
        self._create_vector_index(column, wanted, replace, name)

    def _create_vector_index(self, column: str, wanted: _Vectors, replace: bool, name: Optional[str]) -> None:
        distance_type = checks.choice(wanted.distance_type, "distance type", DISTANCE_TYPES)
        bits = _BITS if wanted.num_bits is None else checks.whole(wanted.num_bits, "num_bits", 1, 9)
        partitions = wanted.partitions(self._reading().count_rows(""))
        threads = os.cpu_count() or 1

        def make(native: _native.Table, own: str) -> None:
            native.create_vector_index(column, own, distance_type, partitions, bits, threads)

        self._make_index([column], name, replace, _is_of_vectors, make)

    def _holds_vectors(self, column: str) -> bool:
        schema = self._schema_of(self._reading())
        at = schema.get_field_index(column)
        if at < 0:
            raise NotFoundError(f"'{column}' is neither a distance type ({', '.join(DISTANCE_TYPES)}) nor a column")
        kind = schema.field(at).type
        return pa.types.is_fixed_size_list(kind) and pa.types.is_floating(kind.value_type)

    def _create_other(self, column: str, config: Any, replace: bool, name: Optional[str]) -> None:
        """The index of words or keys that one of lancedb's classes describes."""
        kind = type(config).__name__
        if kind == "BTree":
            return self.create_scalar_index(column, replace=replace, name=name)
        if kind != "FTS":
            able = ", ".join(("FTS", "BTree", *_VECTOR_CONFIGS))
            raise UnsupportedError(f"an index of type {kind} cannot be made here; {able} can")
        options = {option: getattr(config, option) for option in _TEXT_OPTIONS if hasattr(config, option)}
        self.create_fts_index(column, replace=replace, name=name, **options)

    def create_scalar_index(
        self, column: str, *, replace: bool = True, index_type: str = "BTREE", name: Optional[str] = None
    ) -> None:
        """Makes an index of a column's values, "<column>_idx" unless named: deletes, upserts and merges of few keys then do
        not read the whole column. Writes keep it up.

        Args:
            column: the column.
            replace: in place of an index of that name.
            index_type: "BTREE".
            name: the index's name.
        """
        if not isinstance(index_type, str) or index_type.upper() != "BTREE":
            raise UnsupportedError(f"an index of type {index_type} cannot be made here; BTREE can")
        checks.text(column, "the column")
        self._make_index([column], name, replace, _is_of_keys, lambda native, own: native.create_key_index(column, own))

    def create_fts_index(
        self,
        field_names: Union[str, Sequence[str]],
        *,
        ordering_field_names: Any = None,
        replace: bool = False,
        writer_heap_size: Optional[int] = None,
        use_tantivy: bool = False,
        tokenizer_name: Optional[str] = None,
        with_position: bool = False,
        base_tokenizer: str = "simple",
        language: str = "English",
        max_token_length: Optional[int] = 40,
        lower_case: bool = True,
        stem: bool = True,
        remove_stop_words: bool = True,
        custom_stop_words: Optional[Sequence[str]] = None,
        ascii_folding: bool = True,
        ngram_min_length: int = 3,
        ngram_max_length: int = 3,
        prefix_only: bool = False,
        block_size: int = 128,
        document_granularity: Any = "row",
        boosts: Optional[Sequence[int]] = None,
        name: Optional[str] = None,
    ) -> None:
        """Makes a full-text index, "<first column>_idx" unless named. Rows written later are found at once, and writes
        keep the index up.

        Args:
            field_names: a column of text, or several, which make one document a row.
            replace: in place of an index of that name.
            with_position: keeps where words stand.
            base_tokenizer: "simple", "whitespace", "raw", "ngram", or "code1": identifiers of code whole and in parts,
                by rules of its own, so that the options below do not count.
            language: of stems and stop words.
            max_token_length: longer words are left out; None: none is too long.
            lower_case: folds capitals.
            stem: keeps the stems of words.
            remove_stop_words: leaves out the commonest words.
            custom_stop_words: in place of the language's own.
            ascii_folding: drops accents.
            ngram_min_length, ngram_max_length: of "ngram".
            prefix_only: of "ngram": those alone that begin a word.
            boosts: of each column: its words count so many times.
            name: the index's name.
            ordering_field_names, writer_heap_size, block_size: taken, and without effect.
            use_tantivy, tokenizer_name, document_granularity: taken where they ask for nothing else than this index.
        """
        columns = checks.names(field_names, "field_names")
        if use_tantivy or tokenizer_name is not None:
            raise UnsupportedError("an index of tantivy cannot be made here; base_tokenizer and what follows can be set")
        if str(getattr(document_granularity, "value", document_granularity)).lower() != "row":
            raise UnsupportedError("a document is a row here: document_granularity cannot be another")
        kept = {"with_position": with_position, "prefix_only": prefix_only, "boosts": boosts or []}
        rules = {"base_tokenizer": base_tokenizer, "language": language, "max_token_length": max_token_length}
        folds = {"lower_case": lower_case, "stem": stem, "ascii_folding": ascii_folding}
        stops = {"remove_stop_words": remove_stop_words, "custom_stop_words": custom_stop_words}
        lengths = {"ngram_min_length": ngram_min_length, "ngram_max_length": ngram_max_length}
        options: dict[str, Any] = {**kept, **rules, **folds, **stops, **lengths}
        _check_text_options(options)

        def make(native: _native.Table, own: str) -> None:
            native.create_text_index(columns, own, options)

        self._make_index(columns, name, replace, _is_of_words, make)

    def _make_index(
        self,
        columns: list[str],
        name: Optional[str],
        replace: bool,
        is_alike: Callable[[str], bool],
        make: Callable[[_native.Table, str], object],
    ) -> None:
        """Makes an index. Unless it is named it leaves those alone that are of another kind."""

        def write(native: _native.Table) -> None:
            there = {index["name"]: is_alike(index["kind"]) for index in native.indexes()}
            wanted = checks.text(name, "the name") if name else _free_name(columns, there)
            if not replace and wanted in there:
                raise AlreadyExistsError(f"index '{wanted}' already exists")
            make(native, wanted)

        self._retried(write)

    def list_indices(self) -> list[IndexConfig]:
        """The indexes, whoever made them."""
        found: dict[str, list[dict[str, Any]]] = {}
        for index in self._reading().indexes():
            found.setdefault(index["name"], []).append(index)
        return [
            IndexConfig(name, parts[0]["kind"], parts[0]["columns"], parts[0]["uuid"], len(parts))
            for name, parts in found.items()
        ]

    def wait_for_index(self, index_names: Iterable[str], timeout: timedelta = timedelta(seconds=300)) -> None:
        """Looks whether the indexes are there: they are whole when the call that makes them returns.

        Raises:
            NotFoundError: one of them is not there.
        """
        there = {index.name for index in self.list_indices()}
        for name in checks.names(index_names, "index_names"):
            if name not in there:
                raise NotFoundError(f"the table has no index '{name}'")

    def drop_index(self, name: str) -> None:
        """Drops an index of any kind.

        Raises:
            NotFoundError: there is no such index.
        """
        checks.text(name, "the name")
        self._retried(lambda native: native.drop_index(name))


def _is_of_vectors(kind: str) -> bool:
    return kind.startswith("IVF") or kind == "Vector"


def _is_of_words(kind: str) -> bool:
    return kind in ("Inverted", "Text")


def _is_of_keys(kind: str) -> bool:
    return kind == "BTree"


def _check_text_options(options: dict[str, Any]) -> None:
    """Makes options of an index of words what the engine takes, or says what is wrong with one."""
    for name in ("with_position", "lower_case", "stem", "remove_stop_words", "ascii_folding", "prefix_only"):
        options[name] = bool(options[name])
    for name in ("base_tokenizer", "language"):
        checks.text(options[name], name)
    for name in ("max_token_length", "ngram_min_length", "ngram_max_length"):
        if name != "max_token_length" or options[name] is not None:
            options[name] = checks.whole(options[name], name, 1, _LENGTH_MAX)
    if options["custom_stop_words"] is not None:
        options["custom_stop_words"] = checks.names(options["custom_stop_words"], "custom_stop_words")
    options["boosts"] = [checks.whole(boost, "a boost", 1, 100) for boost in options["boosts"]]


def _free_name(columns: list[str], there: dict[str, bool]) -> str:
    """The usual name, with a number behind it where an index of another kind has it."""
    name = f"{columns[0]}_idx" if columns else ""
    candidate, number = name, 1
    while not there.get(candidate, True):
        number += 1
        candidate = f"{name}_{number}"
    return candidate
