"""Ways to put what a hybrid search finds by vector and by words into one order. Any object with `rerank_hybrid(query,
vector_results, fts_results)`, as lancedb's rerankers have it, will do."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .errors import InvalidArgumentError

__all__ = ["RRFReranker"]


class RRFReranker:
    """By the sum of weight / (K + rank) over both rankings, equal sums by row (Cormack, Clarke and Buettcher, SIGIR 2009)."""

    def __init__(self, K: int = 60, vector_weight: float = 1.0, text_weight: float = 1.0) -> None:
        if K <= 0:
            raise InvalidArgumentError("K is above 0")
        for weight in (vector_weight, text_weight):
            if not (math.isfinite(weight) and weight >= 0):
                raise InvalidArgumentError("a weight is a number from 0 on")
        self.K, self.vector_weight, self.text_weight = K, vector_weight, text_weight

    def rerank_hybrid(self, query: str, vector_results: pa.Table, fts_results: pa.Table) -> pa.Table:
        """Both tables have _rowid, best first; the answer has _relevance_score instead of their own scores."""
        scores: dict[int, float] = {}
        for results, weight in ((vector_results, self.vector_weight), (fts_results, self.text_weight)):
            for rank, row in enumerate(results["_rowid"].to_pylist(), 1):
                scores[row] = scores.get(row, 0.0) + weight / (self.K + rank)
        words = fts_results.drop_columns(["_score"])
        both = pa.concat_tables([vector_results.drop_columns(["_distance"]).select(words.column_names), words])
        first = {row: place for place, row in reversed(list(enumerate(both["_rowid"].to_pylist())))}
        order = sorted(scores, key=lambda row: (-scores[row], row))
        found = both.take(pa.array([first[row] for row in order], pa.int64()))
        relevance = pa.array([scores[row] for row in order], pa.float32())
        return found.append_column("_relevance_score", relevance)


def fuse(reranker: Any, words: str, by_vector: pa.Table, by_words: pa.Table, normalize: str) -> pa.Table:
    """What a reranker makes of both rankings. It sees distances and scores from 0 to 1 where `normalize` says by what
    ("score" or "rank"); the answer has them as they were found."""
    if by_vector.num_rows == by_words.num_rows == 0:
        return by_words.drop_columns(["_score"]).append_column("_relevance_score", pa.array([], pa.float32()))
    found = ((by_vector, "_distance"), (by_words, "_score"))
    seen = [_scaled(rows, column, normalize) if normalize else rows for rows, column in found]
    ranked = _ranked(reranker.rerank_hybrid(words, *seen))
    for rows, column in found:
        if normalize and column in ranked.column_names and "_rowid" in ranked.column_names:
            values = rows[column].take(pc.index_in(ranked["_rowid"], rows["_rowid"]))
            ranked = ranked.set_column(ranked.column_names.index(column), rows.schema.field(column), values)
    return ranked


def rerank_one(reranker: Any, kind: str, words: str, found: pa.Table) -> pa.Table:
    """What a reranker makes of the rows found by vector or by words."""
    return _ranked((reranker.rerank_fts if kind == "fts" else reranker.rerank_vector)(words, found))


def _ranked(answer: Any) -> pa.Table:
    if not isinstance(answer, pa.Table) or "_relevance_score" not in answer.column_names:
        raise InvalidArgumentError("a reranker answers with a pyarrow Table that has a column _relevance_score")
    return answer


def _scaled(rows: pa.Table, column: str, normalize: str) -> pa.Table:
    """The rows with their scores, or the ranks of those, spread over 0 to 1."""
    values = rows[column]
    if normalize == "rank":
        values = pc.rank(values, "ascending", tiebreaker="first").cast(pa.float32())
    low, high = pc.min_max(values).values()
    span = pc.subtract(high, low)
    values = pc.subtract(values, low)
    if span.is_valid and span.as_py() > 0:
        values = pc.divide(values, span)
    return rows.set_column(rows.column_names.index(column), rows.schema.field(column), values)
